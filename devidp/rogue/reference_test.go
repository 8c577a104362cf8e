package rogue_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// broken is the rule that an answer breaks, in the word of Attack.Breaks.
type broken string

func (b broken) Error() string { return string(b) + " is wrong" }

const (
	callback = "https://app.example.com/callback"
	state    = "s-1"
	nonce    = "n-1"
	skew     = 60
)

// party is a relying party with every check in the order of the specification
// and none of the gateway's code, but for its strict reading of JSON. It says
// which check refused.
type party struct {
	t   *testing.T
	idp *rogue.Provider
	now time.Time
}

// signIn is a whole sign-in; nil means that a session would begin.
func (p *party) signIn() error {
	metadata, err := p.get(p.idp.Issuer()+"/.well-known/openid-configuration", "")
	if err != nil {
		return err
	}
	if err := p.checkMetadata(metadata); err != nil {
		return err
	}
	answer := p.authorize(text(metadata, "authorization_endpoint"))
	if err := p.checkResponse(answer, metadata); err != nil {
		return err
	}
	tokens, err := p.redeem(text(metadata, "token_endpoint"), answer.Get("code"))
	if err != nil {
		return err
	}
	keys, err := p.get(text(metadata, "jwks_uri"), "")
	if err != nil {
		return err
	}
	claims, err := verify(tokens, keys)
	if err != nil {
		return err
	}
	if err := p.checkClaims(claims, tokens); err != nil {
		return err
	}
	if claims["email"] != nil && claims["groups"] != nil {
		return nil
	}
	info, err := p.get(text(metadata, "userinfo_endpoint"), text(tokens, "access_token"))
	if err != nil || info["sub"] != claims["sub"] {
		return broken("userinfo")
	}
	return nil
}

func (p *party) checkMetadata(m identity.Claims) error {
	if text(m, "issuer") != p.idp.Issuer() {
		return broken("issuer")
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri"} {
		u, err := url.Parse(text(m, name))
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
			return broken("endpoint")
		}
	}
	return nil
}

// authorize follows the one redirect by hand.
func (p *party) authorize(endpoint string) url.Values {
	p.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	query := url.Values{"redirect_uri": {callback}, "state": {state}, "nonce": {nonce}, "client_id": {rogue.ClientID}, "response_type": {"code"}, "scope": {"openid"}}
	res, err := client.Get(endpoint + "?" + query.Encode())
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	location, err := res.Location()
	if err != nil {
		p.t.Fatalf("no redirect: %s", res.Status)
	}
	return location.Query()
}

func (p *party) checkResponse(a url.Values, metadata identity.Claims) error {
	if len(a["state"]) != 1 || a.Get("state") != state {
		return broken("state")
	}
	if iss := a["iss"]; len(iss) > 1 || len(iss) == 1 && iss[0] != p.idp.Issuer() ||
		len(iss) == 0 && metadata["authorization_response_iss_parameter_supported"] == true {
		return broken("iss")
	}
	if a.Has("error") {
		return broken("error")
	}
	if len(a["code"]) != 1 || a.Get("code") == "" {
		return broken("code")
	}
	return nil
}

func (p *party) redeem(endpoint, code string) (identity.Claims, error) {
	res, err := http.PostForm(endpoint, url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.read(res)
}

func (p *party) get(address, bearer string) (identity.Claims, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.read(res)
}

func (p *party) read(res *http.Response) (identity.Claims, error) {
	defer res.Body.Close()
	const limit = 1 << 20
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s, %v", res.Status, err)
	}
	if len(body) > limit {
		return nil, broken("size")
	}
	return identity.DecodeClaims(body)
}

// verify checks form, header, key and signature of the ID token.
func verify(tokens, set identity.Claims) (identity.Claims, error) {
	raw, _ := tokens["id_token"].(string)
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, broken("form")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, broken("form")
		}
	}
	header, err := identity.DecodeClaims(decoded[0])
	if err != nil {
		return nil, broken("form")
	}
	if header["alg"] != "RS256" {
		return nil, broken("alg")
	}
	if header["crit"] != nil {
		return nil, broken("crit")
	}
	key, err := choose(set, header["kid"])
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], decoded[2]) != nil {
		return nil, broken("signature")
	}
	claims, err := identity.DecodeClaims(decoded[1])
	if err != nil && strings.Contains(err.Error(), "twice") {
		return nil, broken("duplicate")
	}
	if err != nil {
		return nil, broken("form")
	}
	return claims, nil
}

// choose finds the key of the id, or the only one, and says whether it may sign.
func choose(set identity.Claims, kid any) (*rsa.PublicKey, error) {
	keys, _ := set["keys"].([]any)
	for _, k := range keys {
		k := identity.Claims(k.(map[string]any))
		if k["kid"] != kid && (kid != nil || len(keys) != 1) {
			continue
		}
		if use := k["use"]; use != nil && use != "sig" {
			return nil, broken("key")
		}
		if alg := k["alg"]; alg != nil && alg != "RS256" {
			return nil, broken("key")
		}
		n, err := base64.RawURLEncoding.DecodeString(text(k, "n"))
		if err != nil || len(n) < 256 {
			return nil, broken("key")
		}
		e, err := base64.RawURLEncoding.DecodeString(text(k, "e"))
		if err != nil {
			return nil, broken("key")
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	}
	return nil, broken("signature") // no key, no signature
}

func (p *party) checkClaims(c, tokens identity.Claims) error {
	if c["iss"] != p.idp.Issuer() {
		return broken("iss")
	}
	audiences := identity.Strings(c["aud"])
	ours := false
	for _, aud := range audiences {
		ours = ours || aud == rogue.ClientID
	}
	if !ours {
		return broken("aud")
	}
	if azp, ok := c["azp"]; ok && azp != rogue.ClientID || !ok && len(audiences) > 1 {
		return broken("azp")
	}
	now := float64(p.now.Unix())
	if exp, ok := seconds(c["exp"]); !ok || now >= exp+skew {
		return broken("exp")
	}
	if nbf, ok := seconds(c["nbf"]); ok && nbf > now+skew {
		return broken("nbf")
	}
	if iat, ok := seconds(c["iat"]); !ok || iat > now+skew {
		return broken("iat")
	}
	if c["nonce"] != nonce {
		return broken("nonce")
	}
	if sub, ok := c["sub"].(string); !ok || sub == "" {
		return broken("sub")
	}
	sum := sha256.Sum256([]byte(text(tokens, "access_token")))
	if hash, ok := c["at_hash"]; ok && hash != base64.RawURLEncoding.EncodeToString(sum[:16]) {
		return broken("at_hash")
	}
	return nil
}

func seconds(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func text(c identity.Claims, name string) string {
	s, _ := c[name].(string)
	return s
}
