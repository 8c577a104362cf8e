package devidp_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

func TestEveryDemoUserSignsInWithPingOneShapedClaims(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	for _, u := range devidp.DemoUsers() {
		t.Run(u.Username, func(t *testing.T) {
			idp.AutoLogin(u.Username)
			token, claims := newParty(t, idp, confidential()).signIn()
			want := map[string]any{
				"iss": idp.Issuer(), "sub": u.Subject, "aud": "app", "nonce": "n-1",
				"acr": "Single_Factor", "amr": []any{"pwd"},
				"env": devidp.EnvironmentID, "org": "b1f05d34-60a8-4c1e-9f7d-2e84c7d0a916", "p1.region": "EU",
				"preferred_username": u.Username, "given_name": u.GivenName, "family_name": u.FamilyName, "name": u.Name(),
			}
			var groups []any
			for _, g := range u.Groups {
				groups = append(groups, g)
			}
			want["groups"] = groups
			if u.Email != "" {
				want["email"] = u.Email
			}
			if got := claims["exp"].(float64) - claims["iat"].(float64); got != 3600 {
				t.Errorf("ID token lives %v s, want an hour", got)
			}
			for _, name := range []string{"iat", "exp", "auth_time", "at_hash", "sid"} {
				if claims[name] == nil {
					t.Errorf("claim %s is missing", name)
				}
				delete(claims, name)
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("ID token (-want +got):\n%s", diff)
			}
			info, err := newParty(t, idp, confidential()).userinfo(token)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"iss", "aud", "nonce", "acr", "amr"} {
				delete(want, name)
			}
			if diff := cmp.Diff(want, info); diff != "" {
				t.Errorf("userinfo (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScopesDecideProfileAndEmail(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	p.config.Scopes = []string{"openid"}
	_, claims := p.signIn()
	if claims["email"] != nil || claims["name"] != nil || claims["groups"] == nil {
		t.Errorf("openid alone gave %v", claims)
	}
}

func TestPKCEIsEnforced(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())

	res := p.get(p.config.AuthCodeURL("s-1"))
	if location, err := res.Location(); err != nil || location.Query().Get("error") != "invalid_request" {
		t.Errorf("without a challenge: %s to %v", res.Status, location)
	}
	res = p.get(p.config.AuthCodeURL("s-1", oauth2.SetAuthURLParam("code_challenge", p.verifier)))
	if location, err := res.Location(); err != nil || location.Query().Get("error") != "invalid_request" {
		t.Errorf("with a plain challenge: %s to %v", res.Status, location)
	}
	code := p.authorize().Get("code")
	if _, err := p.config.Exchange(t.Context(), code); oauthError(err) != "invalid_request" {
		t.Errorf("without a verifier: %v", err)
	}
	if _, err := p.config.Exchange(t.Context(), code, oauth2.VerifierOption(oauth2.GenerateVerifier())); oauthError(err) != "invalid_grant" {
		t.Errorf("with another verifier: %v", err)
	}
	if _, err := p.exchange(code); err != nil {
		t.Errorf("with the verifier: %v", err)
	}
}

func TestClientAuthentication(t *testing.T) {
	secret := confidential().Secret
	for name, tc := range map[string]struct {
		auth, registered, sent string
		style                  oauth2.AuthStyle
		refused                bool
	}{
		"basic":                  {"client_secret_basic", secret, secret, oauth2.AuthStyleInHeader, false},
		"post":                   {"client_secret_post", secret, secret, oauth2.AuthStyleInParams, false},
		"none":                   {"none", "", "", oauth2.AuthStyleInParams, false},
		"either, basic":          {"", secret, secret, oauth2.AuthStyleInHeader, false},
		"either, post":           {"", secret, secret, oauth2.AuthStyleInParams, false},
		"wrong secret, basic":    {"", secret, "guess", oauth2.AuthStyleInHeader, true},
		"wrong secret, post":     {"", secret, "guess", oauth2.AuthStyleInParams, true},
		"no secret":              {"", secret, "", oauth2.AuthStyleInParams, true},
		"post where basic is":    {"client_secret_basic", secret, secret, oauth2.AuthStyleInParams, true},
		"basic where post is":    {"client_secret_post", secret, secret, oauth2.AuthStyleInHeader, true},
		"a secret where none is": {"none", "", "guess", oauth2.AuthStyleInParams, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := confidential()
			c.Auth, c.Secret = tc.auth, tc.registered
			idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{c}})
			idp.AutoLogin("ana.kovacs")
			p := newParty(t, idp, c)
			p.config.ClientSecret, p.config.Endpoint.AuthStyle = tc.sent, tc.style
			_, err := p.exchange(p.authorize().Get("code"))
			if tc.refused && oauthError(err) != "invalid_client" {
				t.Errorf("got %v, want invalid_client", err)
			}
			if !tc.refused && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnregisteredRedirectURIShowsAPage(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	p := newParty(t, idp, confidential())
	for name, change := range map[string]func(){
		"other redirect_uri": func() { p.config.RedirectURL = "http://127.0.0.1:1/callback/../evil?<b>" },
		"other client":       func() { p.config.ClientID = "nobody" },
	} {
		t.Run(name, func(t *testing.T) {
			before := p.config
			defer func() { p.config = before }()
			change()
			res := p.get(p.config.AuthCodeURL("s-1", oauth2.S256ChallengeOption(p.verifier)))
			body, _ := io.ReadAll(res.Body)
			if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
				t.Errorf("got %s to %q", res.Status, res.Header.Get("Location"))
			}
			if !strings.Contains(string(body), "The request could not be completed") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				t.Errorf("no page but %q", body)
			}
		})
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	code := p.authorize().Get("code")
	token, err := p.exchange(code)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.userinfo(token); err != nil {
		t.Fatal(err)
	}
	if _, err := p.exchange(code); oauthError(err) != "invalid_grant" {
		t.Errorf("second exchange: %v", err)
	}
	if _, err := p.userinfo(token); err == nil {
		t.Error("the tokens of a code that came twice still work")
	}
}

func TestIntrospectionAndRevocation(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, _ := p.signIn()
	about := url.Values{"token": {token.AccessToken}}
	if got := p.post(idp, devidp.Introspect, about); got["active"] != true || got["username"] != "ana.kovacs" || got["client_id"] != "app" {
		t.Errorf("introspection of a good token: %v", got)
	}
	if got := p.post(idp, devidp.Introspect, url.Values{"token": {"rubbish"}}); got["active"] != false {
		t.Errorf("introspection of rubbish: %v", got)
	}
	if got := p.post(idp, devidp.Revoke, about); got["status"] != http.StatusOK {
		t.Errorf("revocation: %v", got)
	}
	if got := p.post(idp, devidp.Introspect, about); got["active"] != false {
		t.Errorf("introspection after revocation: %v", got)
	}
	p.post(idp, devidp.Revoke, url.Values{"token": {token.RefreshToken}})
	if _, err := p.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("refresh after revocation: %v", err)
	}
}
