package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// lies are what a provider might say besides the rogue's own attacks: the
// siblings of each that a second look finds. An empty reason is a benign twin.
var lies = []struct {
	name, reason string
	script       func(*rogue.Script)
}{
	{"an access token for an ID token", "id_token_type", header("typ", "at+jwt")},
	{"an access token by its whole type", "id_token_type", header("typ", "application/at+jwt")},
	{"a logout token for an ID token", "id_token_type", header("typ", "logout+jwt")},
	{"a type that is no string", "id_token_type", header("typ", 7)},
	{"benign: the type in small letters", "", header("typ", "jwt")},
	{"benign: the whole type", "", header("typ", "application/JWT")},
	{"a token in a token", "id_token_signature", compact(nested)},
	{"an encrypted token", "id_token_malformed", compact(func(token string) string { return token + ".AAAA.AAAA" })},
	{"the algorithm twice", "id_token_malformed", headed(`{"alg":"none","alg":"RS256","kid":"` + rogue.KeyID + `"}`)},
	{"the key id as a number", "id_token_malformed", header("kid", 7)},
	{"an unencoded payload", "id_token_critical", header("b64", false)},
	{"padding behind the signature", "id_token_malformed", compact(func(token string) string { return token + "==" })},
	{"a line break in the signature", "provider_answer_malformed", compact(func(token string) string { return token[:len(token)-4] + "\n" + token[len(token)-4:] })},
	{"blanks around the token", "provider_answer_malformed", compact(func(token string) string { return " " + token })},

	{"a shared key in the set", "id_token", both(algorithm("HS256", sharedSecret), addKey(pairs{"kty": "oct", "kid": rogue.KeyID, "k": base64.RawURLEncoding.EncodeToString([]byte(rogue.ClientSecret))}))},
	{"only a shared key in the set", "id_token_key_unknown", keySet(pairs{"kty": "oct", "kid": rogue.KeyID, "k": "AAAA"})},
	{"a key for wrapping only", "id_token_key_unknown", changeKey("key_ops", []string{"wrapKey"})},
	{"a key of no type", "id_token_key_unknown", changeKey("kty", "rsa")},
	{"a key of another curve's algorithm", "id_token_key_unknown", changeKey("alg", "ES256")},
	{"benign: two keys of one id", "", sameKidTwice},
	{"benign: a key of another type under the same id", "", addKey(ecKey(rogue.KeyID))},
	{"benign: an unreadable key beside it", "", addKey(pairs{"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"})},
	{"benign: certificates that come along", "", changeKey("x5c", []string{"AAAA"})},

	{"an authorized party in a list", "id_token_audience", claims("azp", []string{rogue.ClientID})},
	{"an authorized party in other letters", "id_token_audience", claims("azp", strings.ToUpper(rogue.ClientID))},
	{"an audience in other letters", "id_token_audience", claims("aud", strings.ToUpper(rogue.ClientID))},
	{"an audience that begins like ours", "id_token_audience", claims("aud", rogue.ClientID+"-2")},
	{"an audience that holds a number", "id_token_audience", claims("aud", []any{rogue.ClientID, 7})},
	{"an audience that is an object", "id_token_audience", claims("aud", pairs{rogue.ClientID: true})},
	{"the issuer in other letters", "id_token_issuer", change(func(c pairs) { c["iss"] = strings.Replace(c["iss"].(string), "http", "HTTP", 1) })},
	{"an expiry in a string", "id_token_times", change(func(c pairs) { c["exp"] = "4102444800" })},
	{"an expiry beyond all years", "id_token_times", claims("exp", 1e300)},
	{"an expiry before all time", "id_token_times", claims("exp", -1)},
	{"an issue time in a string", "id_token_times", claims("iat", "1")},
	{"a validity that is a word", "id_token_times", claims("nbf", "now")},
	{"a nonce in other letters", "id_token_nonce", change(func(c pairs) { c["nonce"] = swapCase(c["nonce"].(string)) })},
	{"a nonce with a blank", "id_token_nonce", change(func(c pairs) { c["nonce"] = c["nonce"].(string) + " " })},
	{"a subject with a line end", "id_token_subject", claims("sub", "a\r\nX-Forwarded-User: root")},
	{"a subject of 300 bytes", "id_token_subject", claims("sub", strings.Repeat("a", 300))},
	{"a subject that is blank", "id_token_subject", claims("sub", " ")},
	{"a hash that is empty", "id_token_at_hash", claims("at_hash", "")},
	{"a hash that is null", "id_token_at_hash", change(func(c pairs) { c["at_hash"] = nil })},

	{"a token type of its own", "token_type_unsupported", member("token_type", "DPoP")},
	{"no token type", "token_type_unsupported", member("token_type", nil)},
	{"benign: the token type in small letters", "", member("token_type", "bearer")},
	{"no access token", "provider_answer_malformed", member("access_token", nil)},
	{"an access token that is a list", "provider_answer_malformed", member("access_token", []string{"a"})},
	{"benign: an error's description without an error", "", member("error_description", "not an error")},
	{"benign: an expiry in a string", "", member("expires_in", "3600")},
	{"benign: an expiry of a thousand years", "", member("expires_in", 31557600000)},
	{"an expiry in the past", "provider_answer_malformed", member("expires_in", -1)},

	{"iss twice", "callback_malformed", response(func(a url.Values) { a["iss"] = []string{"a", "b"} })},
	{"an empty iss", "response_issuer_mismatch", response(func(a url.Values) { a.Set("iss", "") })},
	{"code and error", "response_ambiguous", response(func(a url.Values) { a.Set("error", "access_denied") })},
}

// TestLiesEndInNoSession: 4xx, the reason on the page, and nobody signed in;
// the twins end where the person wanted to be.
func TestLiesEndInNoSession(t *testing.T) {
	t.Parallel()
	for _, lie := range lies {
		t.Run(lie.name, func(t *testing.T) {
			t.Parallel()
			var s rogue.Script
			lie.script(&s)
			h := start(t, rogueWith(""), playing(s))
			b := h.browserFor(t)
			a := b.open(home + "/x")
			if lie.reason == "" {
				a.fromApp()
				h.app.take()
				return
			}
			a.noSession().says(lie.reason)
			if a.StatusCode < 400 || a.StatusCode > 499 && a.StatusCode != http.StatusServiceUnavailable || b.me() != nil {
				t.Errorf("%d, signed in: %v", a.StatusCode, b.me() != nil)
			}
			h.app.untouched(t)
		})
	}
}

func both(a, b func(*rogue.Script)) func(*rogue.Script) {
	return func(s *rogue.Script) { a(s); b(s) }
}

func header(name string, value any) func(*rogue.Script) {
	return func(s *rogue.Script) { s.IDToken = func(_, header map[string]any) { header[name] = value } }
}

func change(edit func(claims pairs)) func(*rogue.Script) {
	return func(s *rogue.Script) { s.IDToken = func(token, _ map[string]any) { edit(token) } }
}

func compact(edit func(string) string) func(*rogue.Script) {
	return func(s *rogue.Script) { s.Compact = edit }
}

// headed exchanges the header for text of its own.
func headed(text string) func(*rogue.Script) {
	return compact(func(token string) string {
		_, rest, _ := strings.Cut(token, ".")
		return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + rest
	})
}

// nested wraps a token in an unsigned one.
func nested(token string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256","cty":"JWT","kid":"`+rogue.KeyID+`"}`)) + "." + encode([]byte(token)) + "."
}

func addKey(key pairs) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.JWKS = func(set map[string]any, _ rogue.Keys) { set["keys"] = append([]any{key}, set["keys"].([]any)...) }
	}
}

func keySet(key pairs) func(*rogue.Script) {
	return func(s *rogue.Script) { s.JWKS = func(set map[string]any, _ rogue.Keys) { set["keys"] = []any{key} } }
}

func changeKey(name string, value any) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.JWKS = func(set map[string]any, _ rogue.Keys) { set["keys"].([]any)[0].(map[string]any)[name] = value }
	}
}

func sameKidTwice(s *rogue.Script) {
	s.JWKS = func(set map[string]any, k rogue.Keys) {
		set["keys"] = append([]any{rogue.PublicJWK(k.Unpublished, rogue.KeyID)}, set["keys"].([]any)...)
	}
}

func ecKey(kid string) pairs {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the system's randomness failed
	}
	pad := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32))) }
	return pairs{"kty": "EC", "crv": "P-256", "kid": kid, "x": pad(key.X), "y": pad(key.Y)}
}

// member changes the token endpoint's answer; nil takes it away.
func member(name string, value any) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.Answer = func(answer map[string]any) {
			if answer[name] = value; value == nil {
				delete(answer, name)
			}
		}
	}
}

func response(edit func(url.Values)) func(*rogue.Script) {
	return func(s *rogue.Script) { s.Authorize = func(_, answer url.Values) { edit(answer) } }
}

func swapCase(s string) string {
	if up := strings.ToUpper(s); up != s {
		return up
	}
	return strings.ToLower(s)
}
