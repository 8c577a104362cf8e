package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// endpointSays plays one endpoint by hand.
func endpointSays(endpoint string, do http.HandlerFunc) rogue.Script {
	return rogue.Script{Raw: func(asked string, w http.ResponseWriter, r *http.Request) bool {
		if asked != endpoint {
			return false
		}
		do(w, r)
		return true
	}}
}

func saying(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// TestPushedAnswersLeadNowhereElse: whatever the endpoint says, the browser goes
// to the authorization endpoint with our client_id or nowhere, and what is
// pushed is never put into an address instead.
func TestPushedAnswersLeadNowhereElse(t *testing.T) {
	t.Parallel()
	h := start(t, rogueWith("\n    par: required"))
	named := func(reference string) http.HandlerFunc {
		return saying(201, "application/json", `{"request_uri":`+reference+`,"expires_in":60}`)
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		goes   bool
	}{
		{"benign: a name", named(`"urn:ietf:params:oauth:request_uri:a"`), true},
		{"benign: an address, which is the provider's to read", named(`"https://elsewhere.example/r"`), true},
		{"benign: 200", saying(200, "application/json", `{"request_uri":"urn:a","expires_in":60}`), true},
		{"benign: an expiry of a thousand years", saying(201, "application/json", `{"request_uri":"urn:a","expires_in":31557600000}`), true},
		{"no name", saying(201, "application/json", `{"expires_in":60}`), false},
		{"an empty name", named(`""`), false},
		{"a name that is a list", named(`["urn:a"]`), false},
		{"a name with a line end", named(`"urn:a\r\nLocation: https://evil.example"`), false},
		{"a name with a blank", named(`"urn:a b"`), false},
		{"a name of 4 KB", named(`"urn:` + strings.Repeat("a", 4096) + `"`), false},
		{"a name twice", saying(201, "application/json", `{"request_uri":"urn:a","request_uri":"urn:b"}`), false},
		{"a refusal", saying(400, "application/json", `{"error":"invalid_request","error_description":"<script>"}`), false},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, false},
	} {
		h.rogue.Play(endpointSays("par", c.answer))
		a := h.browser().once(home + "/x")
		to := a.Header.Get("Location")
		if (a.StatusCode == http.StatusFound) != c.goes {
			t.Errorf("%s: %d to %q", c.name, a.StatusCode, to)
		}
		if c.goes && (!strings.HasPrefix(to, h.rogue.Issuer()+"/authorize?client_id="+rogue.ClientID+"&request_uri=") || strings.Count(to, "&") != 1) {
			t.Errorf("%s: sent to %s", c.name, to)
		}
		if !c.goes && (to != "" || strings.Contains(a.text, "<script>")) {
			t.Errorf("%s: %q\n%s", c.name, to, a.gist())
		}
	}
	h.rogue.Play(rogue.Script{})
	h.browser().open(home + "/x").fromApp()
}

// TestUserinfoAnswers: JSON about the same person, or a JWT that is as good as
// the ID token; nothing else makes a session.
func TestUserinfoAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, rogueWith("\n    userinfo: always"))
	good := `{"sub":"` + rogue.Subject + `","email":"ana.kovacs@example.com"}`
	jwt := func(header, claims pairs, key any) string {
		whole := pairs{"iss": h.rogue.Issuer(), "aud": rogue.ClientID, "sub": rogue.Subject}
		for name, value := range claims {
			if whole[name] = value; value == nil {
				delete(whole, name)
			}
		}
		if header == nil {
			header = pairs{"alg": "RS256", "kid": rogue.KeyID}
		}
		return mustSign(t, header, whole, key)
	}
	ours := h.rogue.Keys().Published
	for _, c := range []struct {
		name, reason string
		answer       http.HandlerFunc
	}{
		{"benign: JSON", "", saying(200, "application/json", good)},
		{"benign: JSON in UTF-8", "", saying(200, "Application/JSON; charset=UTF-8", good)},
		{"benign: a JWT", "", saying(200, "application/jwt", jwt(nil, nil, ours))},
		{"benign: a JWT for several", "", saying(200, "application/jwt", jwt(nil, pairs{"aud": []string{rogue.ClientID, "other"}}, ours))},
		{"a JWT by nobody", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(pairs{"alg": "none"}, nil, ours))},
		{"a JWT by the client secret", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(pairs{"alg": "HS256"}, nil, []byte(rogue.ClientSecret)))},
		{"a JWT by another key", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(nil, nil, h.rogue.Keys().Unpublished))},
		{"a JWT of another issuer", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(nil, pairs{"iss": "https://evil.example"}, ours))},
		{"a JWT for another client", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(nil, pairs{"aud": "other"}, ours))},
		{"a JWT for nobody", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(nil, pairs{"aud": nil}, ours))},
		{"an old JWT", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(nil, pairs{"exp": 1}, ours))},
		{"a JWT of another person", "userinfo_subject", saying(200, "application/jwt", jwt(nil, pairs{"sub": "root"}, ours))},
		{"an access token", "userinfo_jwt_invalid", saying(200, "application/jwt", jwt(pairs{"alg": "RS256", "kid": rogue.KeyID, "typ": "at+jwt"}, nil, ours))},
		{"an encrypted JWT", "userinfo_jwt_invalid", saying(200, "application/jwt", "a.b.c.d.e")},
		{"a JWT called JSON", "provider_answer_malformed", saying(200, "application/json", jwt(nil, nil, ours))},
		{"JSON called a JWT", "userinfo_jwt_invalid", saying(200, "application/jwt", good)},
		{"JSON called text", "provider_answer_not_json", saying(200, "text/plain", good)},
		{"JSON of no type", "provider_answer_not_json", saying(200, "", good)},
		{"JSON called a problem", "provider_answer_not_json", saying(200, "application/problem+json", good)},
		{"another person", "userinfo_subject", saying(200, "application/json", `{"sub":"root"}`)},
		{"another person in other letters", "userinfo_subject", saying(200, "application/json", strings.ToUpper(good))},
		{"a subject twice", "provider_answer_malformed", saying(200, "application/json", `{"sub":"`+rogue.Subject+`","sub":"root"}`)},
		{"a subject in a list", "userinfo_subject", saying(200, "application/json", `{"sub":["`+rogue.Subject+`"]}`)},
		{"more behind it", "provider_answer_malformed", saying(200, "application/json", good+good)},
		{"nothing", "provider_answer_status", saying(204, "application/json", "")},
		{"created", "provider_answer_status", saying(201, "application/json", good)},
		{"unauthorized", "userinfo_refused", saying(401, "application/json", good)},
		{"a redirect on the same host", "provider_redirects", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.rogue.Play(endpointSays("userinfo", c.answer))
			b := h.browserFor(t)
			a := b.open(home + "/x")
			if c.reason == "" {
				a.fromApp()
				h.app.take()
				return
			}
			a.noSession().says(c.reason)
			if a.StatusCode < 400 || b.me() != nil {
				t.Errorf("%d, signed in: %v", a.StatusCode, b.me() != nil)
			}
			h.app.untouched(t)
		})
	}
}

// TestRedirectsOfDocuments: within the origin and a few at most.
func TestRedirectsOfDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		to   func(h *house, r *http.Request) string
		goes bool
	}{
		{"benign: once within the origin", func(h *house, r *http.Request) string { return r.URL.Path + "?again=1" }, true},
		{"in a circle", func(h *house, r *http.Request) string { return r.URL.Path }, false},
		{"another port", func(h *house, r *http.Request) string { return h.app.url + "/jwks" }, false},
		{"another name of the same host", func(h *house, r *http.Request) string {
			return strings.Replace(h.rogue.Issuer(), "127.0.0.1", "localhost", 1) + "/jwks"
		}, false},
		{"a file", func(*house, *http.Request) string { return "file:///etc/passwd" }, false},
		{"with a password", func(h *house, r *http.Request) string {
			return strings.Replace(h.rogue.Issuer(), "http://", "http://u:p@", 1) + "/jwks?again=1"
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var h *house
			h = start(t, rogueWith(""), before(func(opening *house) {
				opening.rogue.Play(rogue.Script{Raw: func(asked string, w http.ResponseWriter, r *http.Request) bool {
					if asked != "jwks" || r.URL.Query().Has("again") {
						return false
					}
					http.Redirect(w, r, c.to(opening, r), http.StatusFound)
					return true
				}})
			}))
			a := h.browserFor(t).open(home + "/x")
			if c.goes {
				a.fromApp()
				h.app.take()
				return
			}
			a.wants(http.StatusServiceUnavailable).noSession().says("provider_redirects")
			if n := h.rogue.Count("jwks"); n > 12 {
				t.Errorf("the keys were asked for %d times", n)
			}
			h.app.untouched(t)
		})
	}
}
