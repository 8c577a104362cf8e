package provider

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func fuzzProvider(f *testing.F) *Provider {
	p, err := New(Options{
		Name: "x", Issuer: "https://idp.example.com", ClientID: "c", ClockSkew: time.Minute,
		Claims: ClaimMap{Email: []string{"email"}, Groups: []string{"groups"}},
		Now:    func() time.Time { return testNow },
	})
	if err != nil {
		f.Fatal(err)
	}
	return p
}

// FuzzIDTokenClaims holds whatever passes the checks to what they promise.
func FuzzIDTokenClaims(f *testing.F) {
	p := fuzzProvider(f)
	good := `{"iss":"https://idp.example.com","sub":"ada","aud":"c","nonce":"n","iat":1800000000,"exp":1800000060,"email":"a@b.example"}`
	for _, seed := range []string{
		good, `{}`, `[]`, `{"sub":1e999}`,
		strings.Replace(good, `"c"`, `["c","d"],"azp":"c"`, 1),
		strings.Replace(good, `1800000060`, `1.8e9`, 1),
		strings.Replace(good, `1800000060`, `"1800000060"`, 1),
		strings.Replace(good, `"ada"`, `"ada\u0000"`, 1),
		strings.Replace(good, `"sub"`, `"Sub":"eve","sub"`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := identity.DecodeClaims(payload)
		if err != nil {
			return
		}
		found, failure := p.checkClaims(c, p.o.Issuer, "RS256", expectation{nonce: "n", accessToken: "a"})
		if failure != nil {
			if failure.Reason == "" || failure.Unavailable {
				t.Errorf("refused with %+v", failure)
			}
			return
		}
		// Read once more by a reader who knows nothing of ours.
		var plain struct {
			Issuer  string  `json:"iss"`
			Subject string  `json:"sub"`
			Nonce   string  `json:"nonce"`
			Expiry  float64 `json:"exp"`
			Issued  float64 `json:"iat"`
		}
		exact := map[string]any{}
		if err := json.Unmarshal(payload, &exact); err != nil {
			t.Fatal(err)
		}
		for name := range exact { // struct decoding ignores case; the check must not
			if lower := strings.ToLower(name); lower != name {
				delete(exact, name)
			}
		}
		again, _ := json.Marshal(exact)
		if err := json.Unmarshal(again, &plain); err != nil {
			t.Fatal(err)
		}
		if plain.Issuer != p.o.Issuer || plain.Subject == "" || len(plain.Subject) > maxSubject || plain.Nonce != "n" ||
			plain.Expiry <= float64(testNow.Add(-time.Minute).Unix()) || plain.Issued > float64(testNow.Add(time.Minute).Unix())+1 {
			t.Errorf("accepted %s", payload)
		}
		if _, err := p.identify(layers{token: found.claims}); err != nil {
			t.Error(err)
		}
	})
}

// FuzzIDTokenHeader wants no header to pass with an algorithm of its own.
func FuzzIDTokenHeader(f *testing.F) {
	for _, header := range []string{
		`{"alg":"RS256"}`, `{"alg":"none"}`, `{"alg":"RS256","typ":"at+jwt"}`, `{"alg":"RS256","crit":["b64"],"b64":false}`, `{"alg":"nOnE","alg":"RS256"}`,
	} {
		f.Add(signer{}.sign([]byte(header), []byte("{}")))
	}
	algs := []string{"RS256", "ES256"}
	f.Fuzz(func(t *testing.T, token string) {
		read, failure := readJWS(token, algs)
		if (read == nil) == (failure == nil) {
			t.Errorf("read %v with %v", read, failure)
		}
		if failure == nil && (read.alg != "RS256" && read.alg != "ES256" || strings.Count(token, ".") != 2) {
			t.Errorf("accepted %q with %q", token, read.alg)
		}
	})
}

// FuzzKeySet wants every key that is taken in to be a public one that is good
// for asymmetric algorithms alone.
func FuzzKeySet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}]}`))
	f.Add(must(json.Marshal(object{"keys": []any{jwk(&ecKey().PublicKey, "k", nil), jwk(&rsaKey().PublicKey, "r", object{"alg": "PS256"})}})))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := identity.DecodeClaims(data)
		if err != nil {
			return
		}
		keys, _, err := readKeys(set)
		if (err == nil) != (len(keys) > 0) || len(keys) > maxKeys {
			t.Errorf("%d keys with %v", len(keys), err)
		}
		for _, k := range keys {
			if len(k.algs) == 0 {
				t.Errorf("key %q is good for nothing", k.id)
			}
		}
	})
}

// FuzzUserinfoNeverOverridesTheIDToken looks the same path up with and without
// userinfo.
func FuzzUserinfoNeverOverridesTheIDToken(f *testing.F) {
	f.Add([]byte(`{"sub":"a","g":{"x":1}}`), []byte(`{"sub":"a","g.x":2,"g":{"x":3}}`), "g.x")
	f.Add([]byte(`{"sub":"a"}`), []byte(`{"sub":"a","acr":"mfa"}`), "acr")
	f.Fuzz(func(t *testing.T, token, userinfo []byte, path string) {
		a, err := identity.DecodeClaims(token)
		if err != nil {
			return
		}
		b, err := identity.DecodeClaims(userinfo)
		if err != nil {
			return
		}
		alone, found := a.Lookup(path)
		got, fromUserinfo, ok := layers{token: a, userinfo: b}.lookup(path)
		if found && (!ok || fromUserinfo || string(must(json.Marshal(got))) != string(must(json.Marshal(alone)))) {
			t.Errorf("lookup(%q) = %v from userinfo %v, want %v", path, got, fromUserinfo, alone)
		}
		if ok && fromUserinfo && protocolClaims[path] {
			t.Errorf("%q came from userinfo", path)
		}
	})
}

// FuzzLogoutToken holds whatever passes the checks of a logout token to what
// they promise: its own kind, for us, of this moment, and about somebody.
func FuzzLogoutToken(f *testing.F) {
	p := fuzzProvider(f)
	good := `{"iss":"https://idp.example.com","aud":"c","iat":1800000000,"exp":1800000120,"jti":"j","sub":"ada","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}`
	for _, seed := range []string{
		good, `{}`, `null`,
		strings.Replace(good, `"sub":"ada"`, `"sid":"s"`, 1),
		strings.Replace(good, `"sub"`, `"nonce":null,"sub"`, 1),
		strings.Replace(good, `"sub":"ada",`, ``, 1),
		strings.Replace(good, `{}`, `null`, 1),
		strings.Replace(good, `"c"`, `["d","c"]`, 1),
		strings.Replace(good, `"j"`, `7`, 1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := identity.DecodeClaims(payload)
		if err != nil {
			return
		}
		found, failure := p.checkLogoutClaims(c, p.o.Issuer)
		if failure != nil {
			if failure.Reason != ReasonLogoutToken || failure.Unavailable {
				t.Errorf("refused with %+v", failure)
			}
			return
		}
		// Read once more by a reader who knows nothing of ours.
		plain := map[string]any{}
		if err := json.Unmarshal(payload, &plain); err != nil {
			t.Fatal(err)
		}
		_, nonce := plain["nonce"]
		events, _ := plain["events"].(map[string]any)
		_, event := events[logoutEvent].(map[string]any)
		if nonce || !event || plain["iss"] != p.o.Issuer || found.ID == "" || found.SID == "" && found.Subject == "" || !found.Until.After(testNow) {
			t.Errorf("accepted %s", payload)
		}
	})
}
