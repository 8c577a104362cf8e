package provider

import (
	"crypto"
	_ "crypto/sha256" // the hashes of at_hash
	_ "crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// maxSubject is Core section 2's bound for sub, in bytes.
const maxSubject = 255

// checkClaims holds a verified payload to OpenID Connect Core sections 2 and
// 3.1.3.7. issuer is the one whose keys verified it, alg what signed it.
func (p *Provider) checkClaims(c identity.Claims, issuer, alg string, want expectation) (*proof, *Error) {
	found := &proof{claims: c}
	if iss, _ := c["iss"].(string); iss != issuer {
		return nil, refuse(ReasonIDTokenIssuer, "expected issuer %q, the token says %q", p.Issuers(), brief(iss))
	}
	if err := checkAudience(c, p.o.ClientID); err != nil {
		return nil, refuse(ReasonIDTokenAudience, "%w", err)
	}
	if err := p.checkTimes(c, want, found); err != nil {
		return nil, err
	}
	if err := checkSubject(c["sub"]); err != nil {
		return nil, refuse(ReasonIDTokenSubject, "%w", err)
	}
	// The nonce binds the token to this browser's attempt (replay, code
	// injection: RFC 9700 section 4.5).
	nonce, _ := c["nonce"].(string)
	if !want.refreshed && (want.nonce == "" || subtle.ConstantTimeCompare([]byte(nonce), []byte(want.nonce)) != 1) {
		return nil, refuse(ReasonIDTokenNonce, "nonce is missing or not this sign-in's")
	}
	if hash, present := c["at_hash"]; present && !hashMatches(hash, want.accessToken, alg) {
		return nil, refuse(ReasonIDTokenAtHash, "at_hash is not the access token's")
	}
	if sid, present := c["sid"]; present && sid != nil {
		s, ok := sid.(string)
		if !ok || len(s) > maxSubject {
			return nil, refuse(ReasonIDTokenMalformed, "sid is no string of at most %d bytes", maxSubject)
		}
		found.sid = s
	}
	return found, nil
}

// checkAudience wants us among aud, and if there are several or azp names
// somebody, us in azp. (Core 3.1.3.7 points 3 to 5.)
func checkAudience(c identity.Claims, clientID string) error {
	audience, err := audienceOf(c)
	if err != nil {
		return err
	}
	if !slices.Contains(audience, clientID) {
		return errors.New("aud does not hold our client_id")
	}
	azp, present := c["azp"]
	if !present && len(audience) > 1 {
		return errors.New("aud holds several clients and azp is missing")
	}
	if present && azp != clientID {
		return errors.New("azp is another client")
	}
	return nil
}

// audienceOf reads aud: a string, or a list of strings and nothing else
// (RFC 7519 section 4.1.3). Readers differ on what a list with a number in it
// says, so none is believed.
func audienceOf(c identity.Claims) ([]string, error) {
	if one, ok := c["aud"].(string); ok {
		return []string{one}, nil
	}
	list, ok := c["aud"].([]any)
	if _, present := c["aud"]; present && !ok {
		return nil, errors.New("aud is neither a string nor a list")
	}
	audience := make([]string, len(list))
	for i, member := range list {
		if audience[i], ok = member.(string); !ok {
			return nil, errors.New("aud holds something else than strings")
		}
	}
	return audience, nil
}

// checkSubject wants a sub that stays itself wherever it is shown or sent.
// Blanks around it would vanish from a header, and U+FFFD stands for whatever
// broken characters a provider wrote: both would make two people one.
func checkSubject(v any) error {
	sub, ok := v.(string)
	switch {
	case !ok || sub == "":
		return errors.New("sub is missing, empty or no string")
	case len(sub) > maxSubject:
		return errors.New("sub is longer than 255 bytes")
	case strings.TrimSpace(sub) != sub:
		return errors.New("sub has blanks around it")
	case strings.ContainsFunc(sub, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }):
		return errors.New("sub holds control or broken characters")
	}
	return nil
}

// checkTimes holds exp, nbf, iat and auth_time to the clock.
func (p *Provider) checkTimes(c identity.Claims, want expectation, found *proof) *Error {
	now, skew := p.o.Now(), p.o.ClockSkew
	times := map[string]time.Time{}
	for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
		v, present := c[name]
		if !present || v == nil && name == "auth_time" {
			continue
		}
		t, ok := numericDate(v)
		if !ok {
			return refuse(ReasonIDTokenTimes, "%s is no sensible number of seconds", name)
		}
		times[name] = t
	}
	exp, iat, authTime := times["exp"], times["iat"], times["auth_time"]
	switch {
	case exp.IsZero() || iat.IsZero():
		return refuse(ReasonIDTokenTimes, "exp or iat is missing")
	case !now.Before(exp.Add(skew)):
		return refuse(ReasonIDTokenExpired, "expired at %s, it is %s", stamp(exp), stamp(now))
	}
	for _, name := range []string{"iat", "nbf", "auth_time"} {
		if times[name].After(now.Add(skew)) {
			return refuse(ReasonIDTokenEarly, "%s is %s, it is %s", name, stamp(times[name]), stamp(now))
		}
	}
	if want.authTime {
		if authTime.IsZero() {
			return refuse(ReasonIDTokenAuthTime, "max_age was asked and auth_time is missing")
		}
		if now.After(authTime.Add(want.maxAge + skew)) {
			return refuse(ReasonIDTokenAuthTime, "authenticated at %s, max_age is %v", stamp(authTime), want.maxAge)
		}
	}
	found.authTime, found.expires = authTime, exp
	return nil
}

// numericDate reads seconds since 1970 (RFC 7519 section 2), fractions
// allowed, between 1970 and the year 9999. Strings are refused, and so is
// what overflows: a far future that wraps around would be the past.
func numericDate(v any) (time.Time, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(n.String(), 64)
	const year9999 = 253402300799
	if err != nil || !(seconds > 0 && seconds <= year9999) {
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// hashMatches checks at_hash: the left half of the access token's hash under
// the hash of the token's own algorithm (Core section 3.1.3.6), for EdDSA
// SHA-512, which Ed25519 uses.
func hashMatches(claim any, accessToken, alg string) bool {
	got, ok := claim.(string)
	if !ok || accessToken == "" {
		return false
	}
	h := crypto.SHA512
	switch {
	case strings.HasSuffix(alg, "256"):
		h = crypto.SHA256
	case strings.HasSuffix(alg, "384"):
		h = crypto.SHA384
	}
	w := h.New()
	w.Write([]byte(accessToken))
	sum := w.Sum(nil)
	return subtle.ConstantTimeCompare([]byte(got), []byte(base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]))) == 1
}
