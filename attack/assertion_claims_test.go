package attack

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// TestAssertions: each says who, to whom, by whom and for how long, and
// nothing that another route's application could take for its own.
func TestAssertions(t *testing.T) {
	a := begin(t, "assertion")
	private := rsaKey(t)
	w := openWith(t, asserting, map[string]string{"RSA": private})
	p := w.signIn(t, "ana.kovacs")
	keys := p.follow(home + "/.auth/jwks.json")
	certs := p.follow(home + "/cdn-cgi/access/certs")
	get := func(t *testing.T, at, name string) (header, claims map[string]any, token string) {
		t.Helper()
		if r := p.follow(at); r.status != http.StatusOK {
			t.Fatalf("%d: %.200s", r.status, r.body)
		}
		_, raw := w.app.only(t)
		if got := linesOf(raw, name); len(got) == 1 {
			header, claims = verified(t, keys.body, got[0])
			return header, claims, got[0]
		}
		t.Fatalf("%s came otherwise than once: %.900q", name, raw)
		return nil, nil, ""
	}
	now := w.clock.now().Unix()
	for _, c := range []struct {
		at, name, iss string
		aud           any
		lifetime      time.Duration
		alg           string
	}{
		{home + "/x", "X-Gatehouse-Assertion", home, home, 5 * time.Minute, "RS256"},
		{home + "/x", "Cf-Access-Jwt-Assertion", home, []any{home}, 5 * time.Minute, "RS256"},
		{home + "/wiki/x", "X-Gatehouse-Assertion", home, "wiki", time.Minute, "RS256"},
		{home + "/wiki/x", "Cf-Access-Jwt-Assertion", home, []any{"wiki"}, time.Minute, "RS256"},
		{"https://other.example.test/x", "X-Gatehouse-Assertion", "https://other.example.test", "https://other.example.test", 5 * time.Minute, "RS256"},
	} {
		a.try(c.name+" of "+c.at, func(t *testing.T) {
			if strings.Contains(c.at, "other") {
				w.idp.AutoLogin("ana.kovacs")
			}
			header, claims, _ := get(t, c.at, c.name)
			if header["alg"] != c.alg || header["kid"] == "" || header["jku"] != nil || header["jwk"] != nil {
				t.Errorf("head %v", header)
			}
			if claims["iss"] != c.iss || claims["sub"] != subject {
				t.Errorf("claims %v", claims)
			}
			aud, _ := json.Marshal(claims["aud"])
			single, _ := json.Marshal(c.aud)
			list, _ := json.Marshal([]any{c.aud})
			if string(aud) != string(single) && string(aud) != string(list) {
				t.Errorf("aud is %s, want %s", aud, single)
			}
			iat, exp := claims["iat"].(float64), claims["exp"].(float64)
			if exp-iat > c.lifetime.Seconds() || exp <= float64(now) || iat > float64(now)+60 {
				t.Errorf("good from %v to %v", iat, exp)
			}
			for _, name := range []string{"access_token", "id_token", "refresh_token", "nonce", "at_hash"} {
				if claims[name] != nil {
					t.Errorf("%s is in it", name)
				}
			}
		})
	}
	a.try("one route's says nothing that another's asks for", func(t *testing.T) {
		_, claims, _ := get(t, home+"/wiki/x", "X-Gatehouse-Assertion")
		if claims["groups"] != nil || claims["name"] != nil || claims["email"] != address {
			t.Errorf("claims %v", claims)
		}
	})
	a.try("one that was made for another route is not remembered for this one", func(t *testing.T) {
		_, _, wiki := get(t, home+"/wiki/x", "X-Gatehouse-Assertion")
		_, _, staff := get(t, home+"/x", "X-Gatehouse-Assertion")
		_, _, again := get(t, home+"/wiki/x", "X-Gatehouse-Assertion")
		if wiki == staff || again == staff {
			t.Error("the same one for two")
		}
	})
	a.try("an old one is not sent", func(t *testing.T) {
		get(t, home+"/x", "X-Gatehouse-Assertion")
		w.clock.advance(10 * time.Minute)
		_, claims, _ := get(t, home+"/x", "X-Gatehouse-Assertion")
		if exp := claims["exp"].(float64); exp <= float64(w.clock.now().Unix()) {
			t.Errorf("expired at %v", exp)
		}
	})
	a.try("another person's is not remembered", func(t *testing.T) {
		ben := w.signIn(t, "ben.osei")
		ben.follow(home + "/x")
		_, raw := w.app.only(t)
		if _, claims := verified(t, keys.body, linesOf(raw, "X-Gatehouse-Assertion")[0]); claims["sub"] == subject {
			t.Errorf("Ben's says %v", claims)
		}
	})
	for name, r := range map[string]reply{"jwks.json": keys, "certs": certs} {
		a.try("nothing private in "+name, func(t *testing.T) {
			var set struct {
				Keys []map[string]any `json:"keys"`
			}
			if err := json.Unmarshal([]byte(r.body), &set); err != nil || len(set.Keys) == 0 {
				t.Fatalf("%v: %.300s", err, r.body)
			}
			for _, key := range set.Keys {
				for _, part := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
					if key[part] != nil {
						t.Errorf("%s has %s", key["kid"], part)
					}
				}
				if key["kty"] == "oct" || key["kid"] == "" || key["use"] != "sig" {
					t.Errorf("key %v", key)
				}
			}
			block, _ := pem.Decode([]byte(private))
			if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil || strings.Contains(r.body, base64.RawURLEncoding.EncodeToString(k.(*rsa.PrivateKey).D.Bytes())) {
				t.Errorf("the private exponent is in it, or %v", err)
			}
		})
	}
	for _, c := range []struct{ method, target string }{
		{"POST", "/.auth/jwks.json"}, {"PUT", "/.auth/jwks.json"}, {"DELETE", "/.auth/jwks.json"}, {"GET", "/.auth/jwks.json/x"}, {"GET", "/.auth/jwks"},
		{"GET", "/.auth/JWKS.json"}, {"POST", "/cdn-cgi/access/certs"}, {"GET", "/cdn-cgi/access/certs/x"},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.method+" "+c.target, func(t *testing.T) {
				w.judge(t, refuse, v.ask(w, t, request{method: c.method, target: c.target, fields: []string{"Accept: */*"}}))
			})
		}
	}
}

// TestHostileClaimsStayInTheirAssertion: whatever a provider says of somebody
// is data in it, and none of the names that the gateway answers for.
func TestHostileClaimsStayInTheirAssertion(t *testing.T) {
	a := begin(t, "assertion")
	w := open(t, mistrusting)
	keys := w.person(t).follow(home + "/.auth/jwks.json").body
	for _, c := range []struct {
		name   string
		claims object
	}{
		{"benign", nil},
		{"a name that is JSON", object{"name": `x","sub":"` + forger + `"`}},
		{"a name with controls", object{"name": "a\r\nb\x00c\u2028d"}},
		{"a name that is an object", object{"name": object{"sub": forger}}},
		{"a group that is JSON", object{"groups": []string{"staff", `"],"sub":"` + forger}}},
		{"an address that is JSON", object{"email": `a"@example.com`}},
		{"an audience", object{"aud": []string{rogue.ClientID, "https://other.example.test"}, "azp": rogue.ClientID}},
		{"an exp", object{"exp": w.clock.now().Unix() + 100_000}},
		{"a kid", object{"kid": forger, "alg": "none", "typ": forger}},
		{"other audiences' claims", object{"roles": []string{"admin"}, "scope": "admin", "act": object{"sub": forger}}},
	} {
		a.try("claims of a sign-in: "+c.name, func(t *testing.T) {
			w.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) {
				claims["groups"] = []string{"staff"}
				for name, value := range c.claims {
					claims[name] = value
				}
			}})
			p := w.person(t)
			p.follow(home + "/.auth/login")
			if p.me() == "" {
				return // refused, as it may be
			}
			w.app.take()
			if r := p.follow(home + "/x"); r.status != http.StatusOK {
				t.Fatalf("%d", r.status)
			}
			_, raw := w.app.only(t)
			got := linesOf(raw, "X-Gatehouse-Assertion")
			if len(got) != 1 {
				t.Fatalf("%d assertions", len(got))
			}
			header, claims := verified(t, keys, got[0])
			if claims["sub"] != subject || claims["iss"] != home || header["alg"] != "ES256" || claims["roles"] != nil || claims["act"] != nil {
				t.Errorf("says %v %v", header, claims)
			}
			if exp := claims["exp"].(float64); exp > float64(w.clock.now().Unix()+300) {
				t.Errorf("good until %v", exp)
			}
			if aud, _ := json.Marshal(claims["aud"]); !strings.Contains(string(aud), home) || strings.Contains(string(aud), "other") {
				t.Errorf("for %s", aud)
			}
		})
	}
}
