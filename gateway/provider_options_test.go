package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// rogueWith is one route behind the rogue, configured further.
func rogueWith(options string) string {
	return onLoopback + oneKey + strings.TrimRight(fromRogue, "\n") + options + `
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], headers: {X-Department: {claim: department}}}
  - {name: mail, from: "https://app.example.test/mail", to: "${APP}", policy: [{allow: {email_domain: example.com}}]}
`
}

// asked is one request of the token endpoint.
type asked struct {
	form     url.Values
	user     string // of Basic authentication
	password string
}

// TestClientAuthentication: auto follows discovery, and a list of secrets is
// tried in order while rotating.
func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	methods := func(list ...string) func(map[string]any) {
		return func(d map[string]any) {
			delete(d, "token_endpoint_auth_methods_supported")
			if list != nil {
				d["token_endpoint_auth_methods_supported"] = list
			}
		}
	}
	basic := func(a asked) bool {
		return a.user == rogue.ClientID && a.password == rogue.ClientSecret && !a.form.Has("client_secret")
	}
	post := func(a asked) bool {
		return a.user == "" && a.form.Get("client_id") == rogue.ClientID && a.form.Get("client_secret") == rogue.ClientSecret
	}
	none := func(a asked) bool {
		return a.user == "" && a.form.Get("client_id") == rogue.ClientID && !a.form.Has("client_secret")
	}
	const secret = `client_secret: "${ROGUE_SECRET}"`
	for _, c := range []struct {
		name, options string
		discovery     func(map[string]any)
		right         func(asked) bool
	}{
		{"auto, both listed", secret, methods("client_secret_post", "client_secret_basic"), basic},
		{"auto, nothing listed", secret, methods(), basic},
		{"auto, post listed", secret, methods("client_secret_post"), post},
		{"basic", secret + "\n    client_auth: client_secret_basic", methods("client_secret_post"), basic},
		{"post", secret + "\n    client_auth: client_secret_post", methods("client_secret_basic"), post},
		{"auto without a secret", "", methods("client_secret_basic", "none"), none},
		{"none", "client_auth: none", methods("client_secret_basic"), none},
		{"a list of secrets", `client_secret: ["an-older-secret-1", "${ROGUE_SECRET}"]`, methods("client_secret_basic"), basic},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var last asked
			calls := 0
			h := start(t, strings.Replace(rogueWith(""), secret, c.options, 1), playing(rogue.Script{
				Discovery: c.discovery,
				Token: func(w http.ResponseWriter, r *http.Request) bool {
					calls++
					r.ParseForm()
					user, password, _ := r.BasicAuth()
					last = asked{r.PostForm, user, password}
					if password == "an-older-secret-1" {
						w.Header().Set("Content-Type", "application/json")
						w.WriteHeader(http.StatusUnauthorized)
						w.Write([]byte(`{"error":"invalid_client"}`))
						return true
					}
					return false
				},
			}))
			h.log.secret("an-older-secret-1")
			h.browser().open(home + "/x").fromApp()
			if !c.right(last) || len(last.form.Get("code_verifier")) < 43 {
				t.Errorf("after %d calls: user %q, parameters %v", calls, last.user, keysOf(last.form))
			}
			if last.form.Get("redirect_uri") != home+"/.auth/callback/rogue" || last.form.Get("grant_type") != "authorization_code" {
				t.Errorf("redirect_uri %q", last.form.Get("redirect_uri"))
			}
		})
	}
}

func keysOf(form url.Values) (names []string) {
	for name := range form {
		names = append(names, name)
	}
	return names
}

// TestWhatIsAskedOfTheProvider: scopes, pkce, authorization_params, and none
// of them in place of the protocol's own.
func TestWhatIsAskedOfTheProvider(t *testing.T) {
	t.Parallel()
	without := playing(rogue.Script{Discovery: func(d map[string]any) { delete(d, "code_challenge_methods_supported") }})
	for _, c := range []struct {
		options string
		more    option
		want    map[string]string // "" is absent
	}{
		{"", with("A", ""), map[string]string{"code_challenge_method": "S256", "scope": "openid email profile", "prompt": ""}},
		{"", without, map[string]string{"code_challenge_method": "S256"}},
		{"\n    pkce: auto", with("A", ""), map[string]string{"code_challenge_method": "S256"}},
		{"\n    pkce: auto", without, map[string]string{"code_challenge_method": "", "code_challenge": ""}},
		{"\n    pkce: off", with("A", ""), map[string]string{"code_challenge_method": "", "code_challenge": ""}},
		{"\n    scopes: [openid, groups]", with("A", ""), map[string]string{"scope": "openid groups"}},
		{"\n    authorization_params: {prompt: login, acr_values: mfa, ui_locales: de}", with("A", ""), map[string]string{"prompt": "login", "acr_values": "mfa", "ui_locales": "de"}},
	} {
		h := start(t, rogueWith(c.options), c.more)
		b := h.browser()
		to, err := b.once(home + "/x").wants(http.StatusFound).Location()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range c.want {
			if got := to.Query()[name]; want == "" && got != nil || want != "" && (len(got) != 1 || got[0] != want) {
				t.Errorf("%q: %s is %q, want %q", c.options, name, got, want)
			}
		}
		b.open(home + "/x").fromApp()
	}
}

// TestWhatIsMadeOfTheClaims: mapping, userinfo under the ID token, and whose
// word an address is.
func TestWhatIsMadeOfTheClaims(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	for _, c := range []struct {
		name, options   string
		token, userinfo claims // over the rogue's; nil takes a claim away
		status          int    // of the sign-in's end
		want            map[string]string
		mail            int
		asked           int // how often userinfo was
	}{
		{name: "everything is in the ID token", token: claims{"department": "rd"}, status: 200, mail: 200, want: map[string]string{"X-Forwarded-Email": "ana.kovacs@example.com", "X-Department": "rd"}},
		{name: "a header's claim is in userinfo", userinfo: claims{"department": "rd"}, status: 200, mail: 200, asked: 1, want: map[string]string{"X-Department": "rd"}},
		{name: "the ID token wins", token: claims{"department": "rd", "email": nil}, userinfo: claims{"department": "hr"}, status: 200, mail: 200, asked: 1, want: map[string]string{"X-Department": "rd", "X-Forwarded-Email": "ana.kovacs@example.com"}},
		{name: "userinfo never", options: "\n    userinfo: never", token: claims{"email": nil}, status: 200, mail: 403, want: map[string]string{"X-Forwarded-Email": ""}},
		{name: "userinfo always", options: "\n    userinfo: always", token: claims{"department": "rd"}, status: 200, mail: 200, asked: 1},
		{name: "mapped claims", options: "\n    claims: {email: [mail, upn], groups: roles.app, username: uid, name: [nothing, given_name]}", token: claims{"upn": "ana@example.com", "roles": claims{"app": []string{"a", "b"}}, "uid": 7, "department": "rd"}, status: 200, mail: 200,
			want: map[string]string{"X-Forwarded-Email": "ana@example.com", "X-Forwarded-Groups": "a,b", "X-Forwarded-Preferred-Username": "7"}, asked: 0},
		{name: "always, and verified", options: "\n    require_email_verified: always", token: claims{"email_verified": true, "department": "rd"}, status: 200, mail: 200},
		{name: "always, and silent", options: "\n    require_email_verified: always", token: claims{"department": "rd"}, status: 403},
		{name: "always, and false", options: "\n    require_email_verified: always", token: claims{"email_verified": false, "department": "rd"}, status: 403},
		{name: "never, and false", options: "\n    require_email_verified: never", token: claims{"email_verified": false, "department": "rd"}, status: 200, mail: 200},
		{name: "auto, and false", token: claims{"email_verified": false, "department": "rd"}, status: 200, mail: 403, want: map[string]string{"X-Forwarded-Email": "ana.kovacs@example.com"}},
		{name: "auto, and a word", token: claims{"email_verified": "true", "department": "rd"}, status: 200, mail: 403},
		{name: "its own domain", options: "\n    email_domains: [EXAMPLE.com]", token: claims{"department": "rd"}, status: 200, mail: 200},
		{name: "another's domain", options: "\n    email_domains: [other.example]", token: claims{"department": "rd", "email_verified": true}, status: 200, mail: 403, want: map[string]string{"X-Forwarded-Email": "ana.kovacs@example.com"}},
		{name: "an algorithm that is not listed", options: "\n    signing_algs: ES256", token: claims{"department": "rd"}, status: 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			put := func(into, from claims) {
				for name, v := range from {
					into[name] = v
					if v == nil {
						delete(into, name)
					}
				}
			}
			h := start(t, rogueWith(c.options), playing(rogue.Script{
				IDToken:  func(token, _ map[string]any) { put(token, c.token) },
				Userinfo: func(info map[string]any) { put(info, c.userinfo) },
			}))
			b := h.browser()
			if a := b.open(home + "/x").wants(c.status); c.status != 200 {
				if a.noSession(); b.me() != nil {
					t.Error("there is a session")
				}
				if c.status == 403 {
					a.says("email_not_verified")
				}
				h.app.untouched(t)
				return
			}
			got := h.app.only(t)
			for name, want := range c.want {
				if got.Header.Get(name) != want {
					t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
				}
			}
			b.fetch("GET", home+"/mail", "").wants(c.mail)
			if n := h.rogue.Count("userinfo"); n != c.asked {
				t.Errorf("userinfo was asked %d times, want %d", n, c.asked)
			}
		})
	}
}

// TestWithoutDiscovery: with every endpoint in the file none is fetched.
func TestWithoutDiscovery(t *testing.T) {
	t.Parallel()
	h := start(t, rogueWith(`
    endpoints: {authorization: "${ROGUE}/authorize", token: "${ROGUE}/token", jwks: "${ROGUE}/jwks", userinfo: "${ROGUE}/userinfo"}`))
	h.browser().open(home + "/x").fromApp()
	if n := h.rogue.Count("discovery"); n != 0 {
		t.Errorf("discovery was asked %d times", n)
	}
	elsewhere := start(t, rogueWith(`
    discovery_url: "${ROGUE}/.well-known/openid-configuration?appid=1"`))
	elsewhere.browser().open(home + "/x").fromApp()
}

// TestMaxAgeIsHeldTo: asked for it, the provider must say when the person
// authenticated, and that must be recent.
func TestMaxAgeIsHeldTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		age  any // of auth_time in seconds; nil is none
		want int
	}{{"recent", int64(60), 200}, {"too long ago", int64(3600), 400}, {"unknown", nil, 400}, {"in the future", int64(-3600), 400}} {
		h := start(t, rogueWith("\n    authorization_params: {max_age: \"300\"}"), playing(rogue.Script{IDToken: func(claims, _ map[string]any) {
			if age, ok := c.age.(int64); ok {
				claims["auth_time"] = claims["iat"].(int64) - age
			} else {
				delete(claims, "auth_time")
			}
		}}))
		if a := h.browser().open(home + "/x"); a.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, a.StatusCode, c.want)
		}
	}
}
