package attack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// object is one of JSON's. A nil member is taken out.
type object map[string]any

// logoutToken is a good one with claims and header put over it.
func (w *world) logoutToken(t *testing.T, claims, header object, key any) string {
	t.Helper()
	w.logouts++
	now := w.clock.now().Unix()
	payload, err := json.Marshal(over(object{
		"iss": w.rogue.Issuer(), "aud": rogue.ClientID, "iat": now, "exp": now + 120, "jti": fmt.Sprint("logout-", w.logouts), "sub": rogue.Subject,
		"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}},
	}, claims))
	if err != nil {
		t.Fatal(err)
	}
	if key == nil {
		key = w.rogue.Keys().Published
	}
	token, err := rogue.Sign(over(object{"alg": "RS256", "kid": rogue.KeyID, "typ": "logout+jwt"}, header), payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestLogoutTokens [Back-Channel Logout 2.6]: whatever is not the provider's
// word about this moment is 400, and the session lives.
func TestLogoutTokens(t *testing.T) {
	a := begin(t, "logout")
	w := open(t, mistrusting)
	p := w.signIn(t, "")
	post := func(w *world, t *testing.T, body string, fields ...string) reply {
		t.Helper()
		if len(fields) == 0 {
			fields = []string{"Content-Type: application/x-www-form-urlencoded"}
		}
		return inTheClear.ask(w, t, request{method: "POST", target: "/.auth/backchannel-logout/rogue", fields: fields, body: body})
	}
	form := func(token string) string { return url.Values{"logout_token": {token}}.Encode() }
	holds := func(t *testing.T, r reply) {
		t.Helper()
		if r.status < 400 || r.status > 499 || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d: %v", r.status, r.header)
		}
		if p.me() == "" {
			t.Fatal("the session is over")
		}
	}
	const event = "http://schemas.openid.net/event/backchannel-logout"
	keys := w.rogue.Keys()
	for _, c := range []struct {
		name           string
		claims, header object
		key            any
	}{
		{"no events", object{"events": nil}, nil, nil},
		{"empty events", object{"events": object{}}, nil, nil},
		{"events as a list", object{"events": []any{event}}, nil, nil},
		{"events as a string", object{"events": event}, nil, nil},
		{"another event", object{"events": object{"urn:other": object{}}}, nil, nil},
		{"the event as a string", object{"events": object{event: "x"}}, nil, nil},
		{"the event as null", object{"events": object{event: json.RawMessage("null")}}, nil, nil},
		{"the event with a slash", object{"events": object{event + "/": object{}}}, nil, nil},
		{"a nonce", object{"nonce": "x"}, nil, nil},
		{"a nonce that is null", object{"nonce": json.RawMessage("null")}, nil, nil},
		{"another audience", object{"aud": "other"}, nil, nil},
		{"no audience", object{"aud": nil}, nil, nil},
		{"an empty audience", object{"aud": []any{}}, nil, nil},
		{"an audience as an object", object{"aud": object{rogue.ClientID: true}}, nil, nil},
		{"an audience beside a number", object{"aud": []any{1, rogue.ClientID}}, nil, nil},
		{"an audience beside null", object{"aud": []any{rogue.ClientID, nil}}, nil, nil},
		{"another issuer", object{"iss": "https://evil.example"}, nil, nil},
		{"the issuer and a slash", object{"iss": w.rogue.Issuer() + "/"}, nil, nil},
		{"no issuer", object{"iss": nil}, nil, nil},
		{"the issuer as Iss", object{"iss": nil, "Iss": w.rogue.Issuer()}, nil, nil},
		{"no iat", object{"iat": nil}, nil, nil},
		{"an iat of an hour ago", object{"iat": w.clock.now().Unix() - 3600}, nil, nil},
		{"an iat in ten minutes", object{"iat": w.clock.now().Unix() + 600}, nil, nil},
		{"an iat as a string", object{"iat": fmt.Sprint(w.clock.now().Unix())}, nil, nil},
		{"expired", object{"exp": w.clock.now().Unix() - 120}, nil, nil},
		{"no exp", object{"exp": nil}, nil, nil},
		{"not yet valid", object{"nbf": w.clock.now().Unix() + 600}, nil, nil},
		{"no jti", object{"jti": nil}, nil, nil},
		{"an empty jti", object{"jti": ""}, nil, nil},
		{"a jti that is a number", object{"jti": 7}, nil, nil},
		{"neither sub nor sid", object{"sub": nil}, nil, nil},
		{"an empty sub", object{"sub": ""}, nil, nil},
		{"a sub that is a number", object{"sub": 7}, nil, nil},
		{"a sub in a list", object{"sub": []any{rogue.Subject}}, nil, nil},
		{"alg none", nil, object{"alg": "none"}, nil},
		{"alg NoNe", nil, object{"alg": "NoNe"}, nil},
		{"HS256 with the client secret", nil, object{"alg": "HS256"}, []byte(rogue.ClientSecret)},
		{"HS256 with the public key", nil, object{"alg": "HS256"}, keys.PublicPEM()},
		{"another key under the kid", nil, nil, keys.Unpublished},
		{"another key under another kid", nil, object{"kid": "other"}, keys.Unpublished},
		{"a key in the header", nil, object{"jwk": rogue.PublicJWK(keys.Unpublished, rogue.KeyID)}, keys.Unpublished},
		{"a weak key", nil, nil, keys.Weak},
		{"an access token's typ", nil, object{"typ": "at+jwt"}, nil},
		{"a security event's typ", nil, object{"typ": "secevent+jwt"}, nil},
		{"an unknown crit", nil, object{"crit": []string{"urn:x"}, "urn:x": true}, nil},
	} {
		a.try("a logout token: "+c.name, func(t *testing.T) { holds(t, post(w, t, form(w.logoutToken(t, c.claims, c.header, c.key)))) })
	}
	good := func(t *testing.T) string { return w.logoutToken(t, nil, nil, nil) }
	for name, send := range map[string]func(t *testing.T) reply{
		"none":                func(t *testing.T) reply { return post(w, t, "a=b") },
		"an empty one":        func(t *testing.T) reply { return post(w, t, "logout_token=") },
		"an empty body":       func(t *testing.T) reply { return post(w, t, "") },
		"two":                 func(t *testing.T) reply { return post(w, t, form(good(t))+"&"+form(good(t))) },
		"two, the same":       func(t *testing.T) reply { token := form(good(t)); return post(w, t, token+"&"+token) },
		"in another case":     func(t *testing.T) reply { return post(w, t, "Logout_Token="+good(t)) },
		"garbage":             func(t *testing.T) reply { return post(w, t, "logout_token=x") },
		"cut short":           func(t *testing.T) reply { token := good(t); return post(w, t, form(token[:len(token)-4])) },
		"with more behind it": func(t *testing.T) reply { return post(w, t, form(good(t)+".e30")) },
		"of 10 MB":            func(t *testing.T) reply { return post(w, t, "logout_token="+strings.Repeat("a", 10<<20)) },
		"as JSON": func(t *testing.T) reply {
			return post(w, t, `{"logout_token":"`+good(t)+`"}`, "Content-Type: application/json")
		},
		"as text":                func(t *testing.T) reply { return post(w, t, form(good(t)), "Content-Type: text/plain") },
		"without a content type": func(t *testing.T) reply { return post(w, t, form(good(t)), "X-A: b") },
		"in the query": func(t *testing.T) reply {
			return inTheClear.ask(w, t, request{method: "POST", target: "/.auth/backchannel-logout/rogue?" + form(good(t)), body: "a=b", fields: []string{"Content-Type: application/x-www-form-urlencoded"}})
		},
		"by GET": func(t *testing.T) reply {
			return inTheClear.ask(w, t, request{target: "/.auth/backchannel-logout/rogue?" + form(good(t))})
		},
		"for another provider": func(t *testing.T) reply {
			return inTheClear.ask(w, t, request{method: "POST", target: "/.auth/backchannel-logout/nobody", body: form(good(t)), fields: []string{"Content-Type: application/x-www-form-urlencoded"}})
		},
		"for another host": func(t *testing.T) reply {
			return inTheClear.ask(w, t, request{method: "POST", host: "evil.example", target: "/.auth/backchannel-logout/rogue", body: form(good(t)), fields: []string{"Content-Type: application/x-www-form-urlencoded"}})
		},
	} {
		a.try("a logout token "+name, func(t *testing.T) { holds(t, send(t)) })
	}
	for _, query := range []string{"", "iss=%", "sid=x", "iss=%&sid=", "iss=https://evil.example&sid=x", "iss=%&iss=%&sid=x", "iss=%&sid=" + strings.Repeat("x", 300), "iss=%/&sid=x", "iss=%&sid[]=x"} {
		a.try("a front-channel logout with "+query[:min(len(query), 30)], func(t *testing.T) {
			holds(t, inTheClear.ask(w, t, request{target: "/.auth/frontchannel-logout/rogue?" + strings.ReplaceAll(query, "%", url.QueryEscape(w.rogue.Issuer()))}))
		})
	}
	a.try("a front-channel logout of another session", func(t *testing.T) {
		r := inTheClear.ask(w, t, request{target: "/.auth/frontchannel-logout/rogue?iss=" + url.QueryEscape(w.rogue.Issuer()) + "&sid=somebody-elses"})
		if ancestors := r.header.Get("Content-Security-Policy"); !strings.Contains(ancestors, "frame-ancestors http://127.0.0.1:") || p.me() == "" {
			t.Errorf("%d, %s, and the person is %q", r.status, ancestors, p.me())
		}
	})
	for name, claims := range map[string]object{
		"benign": nil, "benign, several audiences": {"aud": []any{"other", rogue.ClientID}}, "benign, of a minute ago": {"iat": w.clock.now().Unix() - 60},
	} {
		a.try("a logout token: "+name, func(t *testing.T) {
			p := w.signIn(t, "")
			token := form(w.logoutToken(t, maps.Clone(claims), nil, nil))
			if r := post(w, t, token); r.status != http.StatusOK || p.me() != "" {
				t.Errorf("%d, and the person is %q", r.status, p.me())
			}
			again := w.signIn(t, "")
			if r := post(w, t, token); r.status != http.StatusBadRequest || again.me() == "" {
				t.Errorf("used twice: %d, and the person is %q", r.status, again.me())
			}
		})
	}
}
