package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

const robot = "robot@clients"

// accessToken is a good one of the issuer's with claims and header put over it.
func (w *world) accessToken(t *testing.T, claims, header object, key any) string {
	t.Helper()
	if key == nil {
		key = w.rogue.Keys().Published
	}
	return sign(t, w.accessClaims(claims), joseHeader(header), key)
}

func (w *world) accessClaims(more object) object {
	now := w.clock.now().Unix()
	return over(object{"iss": w.rogue.Issuer(), "aud": "api", "sub": robot, "client_id": robot, "iat": now, "exp": now + 300, "jti": "1"}, more)
}

func joseHeader(more object) object {
	return over(object{"alg": "RS256", "kid": rogue.KeyID, "typ": "at+jwt"}, more)
}

// over is base with more put over it.
func over(base, more object) object {
	for name, value := range more {
		if base[name] = value; value == nil {
			delete(base, name)
		}
	}
	return base
}

func sign(t *testing.T, claims, header object, key any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	token, err := rogue.Sign(header, payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// signES256 signs what a curve can: another one than the file allows.
func signES256(t *testing.T, claims, header object) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	input := part(header) + "." + part(claims)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(append(fill(r), fill(s)...))
}

func fill(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

// TestBearerTokens [RFC 9068 4, RFC 8725, GHSA-wcvh-g65p-v576]: whatever is
// not this issuer's access token for us, in force now, is 401.
func TestBearerTokens(t *testing.T) {
	a := begin(t, "bearer")
	other := rogue.Start(t, nil)
	w := openToMachines(t, other.Issuer())
	keys, now := w.rogue.Keys(), w.clock.now().Unix()
	for _, c := range []struct {
		name           string
		want           verdict
		claims, header object
		key            any
	}{
		{"benign", pass, nil, nil, nil},
		{"benign: application/at+jwt", pass, nil, object{"typ": "application/at+jwt"}, nil},
		{"benign: AT+JWT", pass, nil, object{"typ": "AT+JWT"}, nil},
		{"benign: JWT", pass, nil, object{"typ": "JWT"}, nil},
		{"benign: no typ", pass, nil, object{"typ": nil}, nil},
		{"benign: no kid", pass, nil, object{"kid": nil}, nil},
		{"benign: a list of audiences", pass, object{"aud": []string{"other", "api"}}, nil, nil},
		{"benign: a list of one", pass, object{"aud": []string{"api"}}, nil, nil},
		{"benign: nbf now", pass, object{"nbf": now}, nil, nil},
		{"benign: a fraction of a second", pass, object{"exp": float64(now) + 300.5}, nil, nil},
		{"benign: half a minute late", pass, object{"exp": now - 30}, nil, nil},
		{"benign: many claims", pass, object{"scope": "a b", "roles": []string{"x"}, "deep": object{"a": 1}}, nil, nil},

		{"alg none", noToken, nil, object{"alg": "none"}, nil},
		{"alg None", noToken, nil, object{"alg": "None"}, nil},
		{"alg NONE", noToken, nil, object{"alg": "NONE"}, nil},
		{"alg nOnE", noToken, nil, object{"alg": "nOnE"}, nil},
		{"HS256 with the public key", noToken, nil, object{"alg": "HS256"}, keys.PublicPEM()},
		{"HS256 with the client secret", noToken, nil, object{"alg": "HS256"}, []byte(rogue.ClientSecret)},
		{"HS256 with nothing", noToken, nil, object{"alg": "HS256"}, []byte{}},
		{"PS256, which the file does not allow", noToken, nil, object{"alg": "PS256"}, nil},
		{"another key under the kid", noToken, nil, nil, keys.Unpublished},
		{"another key under another kid", noToken, nil, object{"kid": "other"}, keys.Unpublished},
		{"another key without kid", noToken, nil, object{"kid": nil}, keys.Unpublished},
		{"a weak key", noToken, nil, nil, keys.Weak},
		{"a kid that is a path", noToken, nil, object{"kid": "../../../../dev/null"}, keys.Unpublished},
		{"a kid that is SQL", noToken, nil, object{"kid": "x' UNION SELECT 'key'--"}, keys.Unpublished},
		{"a kid that is an address", noToken, nil, object{"kid": other.Issuer() + "/jwks"}, keys.Unpublished},
		{"a kid that is a number", noToken, nil, object{"kid": 1}, nil},
		{"a kid that is a list", noToken, nil, object{"kid": []string{rogue.KeyID}}, nil},
		{"a kid with a NUL", noToken, nil, object{"kid": rogue.KeyID + "\x00"}, keys.Unpublished},
		{"a kid of 100 KB", noToken, nil, object{"kid": strings.Repeat("k", 20_000)}, keys.Unpublished},
		{"a key in the header", noToken, nil, object{"jwk": rogue.PublicJWK(keys.Unpublished, rogue.KeyID)}, keys.Unpublished},
		{"a key in the header, another kid", noToken, nil, object{"kid": "x", "jwk": rogue.PublicJWK(keys.Unpublished, "x")}, keys.Unpublished},
		{"jku", noToken, nil, object{"jku": other.Issuer() + "/jwks"}, keys.Unpublished},
		{"jku with its issuer", noToken, nil, object{"jku": w.rogue.Issuer() + "@evil.example/jwks"}, keys.Unpublished},
		{"x5u", noToken, nil, object{"x5u": other.Issuer() + "/cert"}, keys.Unpublished},
		{"x5c", noToken, nil, object{"x5c": []string{base64.StdEncoding.EncodeToString(keys.PublicPEM())}}, keys.Unpublished},
		{"an unknown crit", noToken, nil, object{"crit": []string{"urn:x"}, "urn:x": true}, nil},
		{"crit exp", noToken, nil, object{"crit": []string{"exp"}}, nil},
		{"b64 false", noToken, nil, object{"crit": []string{"b64"}, "b64": false}, nil},
		{"compressed", noToken, nil, object{"zip": "DEF", "crit": []string{"zip"}}, nil},

		{"another issuer", noToken, object{"iss": "https://evil.example"}, nil, nil},
		{"another configured issuer, signed by this one", noToken, object{"iss": other.Issuer()}, nil, nil},
		{"the issuer and a slash", noToken, object{"iss": w.rogue.Issuer() + "/"}, nil, nil},
		{"the issuer in upper case", noToken, object{"iss": strings.ToUpper(w.rogue.Issuer())}, nil, nil},
		{"the issuer and a space", noToken, object{"iss": w.rogue.Issuer() + " "}, nil, nil},
		{"the issuer in a list", noToken, object{"iss": []string{w.rogue.Issuer()}}, nil, nil},
		{"the issuer as Iss", noToken, object{"iss": nil, "Iss": w.rogue.Issuer()}, nil, nil},
		{"the sign-in provider's issuer", noToken, object{"iss": w.idp.Issuer()}, nil, nil},
		{"no issuer", noToken, object{"iss": nil}, nil, nil},
		{"an empty issuer", noToken, object{"iss": ""}, nil, nil},

		{"another audience", noToken, object{"aud": "other"}, nil, nil},
		{"no audience", noToken, object{"aud": nil}, nil, nil},
		{"an empty audience", noToken, object{"aud": ""}, nil, nil},
		{"an empty list of audiences", noToken, object{"aud": []string{}}, nil, nil},
		{"null as the audience", noToken, object{"aud": json.RawMessage("null")}, nil, nil},
		{"an audience in upper case", noToken, object{"aud": "API"}, nil, nil},
		{"an audience with a space", noToken, object{"aud": "api "}, nil, nil},
		{"audiences in one string", noToken, object{"aud": "other api"}, nil, nil},
		{"an audience that begins so", noToken, object{"aud": "api.evil.example"}, nil, nil},
		{"an audience as an object", noToken, object{"aud": object{"api": true}}, nil, nil},
		{"an audience that is a number", noToken, object{"aud": 1}, nil, nil},
		{"an audience beside a number", noToken, object{"aud": []any{1, "api"}}, nil, nil},
		{"an audience before a number", noToken, object{"aud": []any{"api", 1}}, nil, nil},
		{"an audience beside null", noToken, object{"aud": []any{"api", nil}}, nil, nil},
		{"an audience beside an object", noToken, object{"aud": []any{object{}, "api"}}, nil, nil},
		{"an audience beside a truth", noToken, object{"aud": []any{true, "api"}}, nil, nil},
		{"an audience in a list in a list", noToken, object{"aud": []any{[]string{"api"}}}, nil, nil},
		{"an audience as Aud", noToken, object{"aud": nil, "Aud": "api"}, nil, nil},
		{"the client as the audience", noToken, object{"aud": rogue.ClientID}, nil, nil},

		{"no exp", noToken, object{"exp": nil}, nil, nil},
		{"exp null", noToken, object{"exp": json.RawMessage("null")}, nil, nil},
		{"exp as a string", noToken, object{"exp": fmt.Sprint(now + 300)}, nil, nil},
		{"exp in a list", noToken, object{"exp": []int64{now + 300}}, nil, nil},
		{"exp as Exp", noToken, object{"exp": nil, "Exp": now + 300}, nil, nil},
		{"expired", noToken, object{"exp": now - 120}, nil, nil},
		{"expired in 1970", noToken, object{"exp": 0}, nil, nil},
		{"a negative exp", noToken, object{"exp": -now}, nil, nil},
		{"exp beyond numbers", noToken, object{"exp": json.RawMessage("1e400")}, nil, nil},
		{"nbf in ten minutes", noToken, object{"nbf": now + 600}, nil, nil},
		{"nbf as a string", noToken, object{"nbf": fmt.Sprint(now + 600)}, nil, nil},
		{"iat in ten minutes", noToken, object{"iat": now + 600}, nil, nil},
		{"sub empty", noToken, object{"sub": ""}, nil, nil},
		{"sub a number", noToken, object{"sub": 7}, nil, nil},
		{"sub an object", noToken, object{"sub": object{"robot": 1}}, nil, nil},
		{"sub in a list", noToken, object{"sub": []string{robot}}, nil, nil},
		{"sub null", noToken, object{"sub": json.RawMessage("null")}, nil, nil},
		{"sub with a line break", noToken, object{"sub": "robot\r\nX-Forwarded-User: " + forger}, nil, nil},

		{"a logout token", noToken, object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}, object{"typ": "logout+jwt"}, nil},
		{"a logout token without typ", noToken, object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}, object{"typ": nil}, nil},
		{"a logout token that says at+jwt", noToken, object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}, nil, nil},
		{"an ID token", noToken, object{"aud": []string{"api", rogue.ClientID}, "azp": rogue.ClientID, "nonce": "n", "at_hash": "x", "auth_time": now, "client_id": nil, "jti": nil}, object{"typ": "JWT"}, nil},
		{"an ID token without typ", noToken, object{"nonce": "n", "client_id": nil, "jti": nil}, object{"typ": nil}, nil},
		{"typ id+jwt", noToken, nil, object{"typ": "id+jwt"}, nil},
		{"typ dpop+jwt", noToken, nil, object{"typ": "dpop+jwt"}, nil},
		{"typ secevent+jwt", noToken, nil, object{"typ": "secevent+jwt"}, nil},
		{"typ oauth-authz-req+jwt", noToken, nil, object{"typ": "oauth-authz-req+jwt"}, nil},
		{"typ token-introspection+jwt", noToken, nil, object{"typ": "token-introspection+jwt"}, nil},
		{"typ entity-statement+jwt", noToken, nil, object{"typ": "entity-statement+jwt"}, nil},
		{"typ application/logout+jwt", noToken, nil, object{"typ": "application/logout+jwt"}, nil},
		{"typ Logout+JWT", noToken, nil, object{"typ": "Logout+JWT"}, nil},
		{"typ JWE", noToken, nil, object{"typ": "JWE"}, nil},
		{"typ a number", noToken, nil, object{"typ": 1}, nil},
		{"typ a list", noToken, nil, object{"typ": []string{"at+jwt"}}, nil},
		{"bound to a key that was not shown (RFC 9449)", noToken, object{"cnf": object{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}, nil, nil},
	} {
		a.try(c.name, func(t *testing.T) {
			token := w.accessToken(t, c.claims, c.header, c.key)
			w.plant(token)
			w.machine(t, c.want, robot, inTheClear.ask(w, t, request{target: "/jwt/x", fields: []string{"Authorization: Bearer " + token}}))
		})
	}
	for name, payload := range map[string]func(p string) string{
		"iss twice":         func(p string) string { return `{"iss":"https://evil.example",` + p[1:] },
		"aud twice":         func(p string) string { return `{"aud":"other",` + p[1:] },
		"exp twice":         func(p string) string { return p[:len(p)-1] + `,"exp":99999999999}` },
		"sub twice":         func(p string) string { return p[:len(p)-1] + `,"sub":"` + forger + `"}` },
		"sub twice, hidden": func(p string) string { return p[:len(p)-1] + `,"s\u0075b":"` + forger + `"}` },
		"deep, twice":       func(p string) string { return p[:len(p)-1] + `,"a":{"b":1,"b":2}}` },
		"broken":            func(p string) string { return p[:len(p)-1] },
		"more behind":       func(p string) string { return p + "{}" },
		"a list":            func(p string) string { return "[" + p + "]" },
		"a string":          func(string) string { return `"` + robot + `"` },
		"null":              func(string) string { return "null" },
		"empty":             func(string) string { return "" },
		"no UTF-8":          func(p string) string { return p[:len(p)-1] + ",\"a\":\"\xff\xfe\"}" },
		"deep as a well": func(p string) string {
			return p[:len(p)-1] + `,"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}"
		},
	} {
		a.try("claims: "+name, func(t *testing.T) {
			text, err := json.Marshal(w.accessClaims(nil))
			if err != nil {
				t.Fatal(err)
			}
			token, err := rogue.Sign(joseHeader(nil), []byte(payload(string(text))), keys.Published)
			if err != nil {
				t.Fatal(err)
			}
			w.machine(t, noToken, robot, inTheClear.ask(w, t, request{target: "/jwt/x", fields: []string{"Authorization: Bearer " + token}}))
		})
	}
	for _, alg := range []string{"ES256", "ES384", "RS256", "EdDSA"} {
		a.try("signed on a curve, as "+alg, func(t *testing.T) {
			token := signES256(t, w.accessClaims(nil), joseHeader(object{"alg": alg}))
			w.machine(t, noToken, robot, inTheClear.ask(w, t, request{target: "/jwt/x", fields: []string{"Authorization: Bearer " + token}}))
		})
	}
	a.try("another configured issuer's, whom this route does not know", func(t *testing.T) {
		token := sign(t, w.accessClaims(object{"iss": other.Issuer()}), joseHeader(nil), other.Keys().Published)
		w.machine(t, noToken, robot, inTheClear.ask(w, t, request{target: "/jwt/x", fields: []string{"Authorization: Bearer " + token}}))
	})
	a.try("a sign-in's own ID token", func(t *testing.T) {
		token := w.idp.LogoutToken("gatehouse", "ana.kovacs", nil)
		w.machine(t, noToken, robot, inTheClear.ask(w, t, request{target: "/jwt/x", fields: []string{"Authorization: Bearer " + token}}))
	})
	if n := other.Count("jwks") + other.Count("cert"); n > 2 { // once for each of the two gateways
		t.Errorf("tokens made the gateways ask whom they name %d times", n)
	}
}
