package gateway_test

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	oidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/go-cmp/cmp"
)

const cloudflareRoutes = `
assertion: {keys: ["${RSA}", "${OLD}"], claims: [email, groups, name]}
compat: [cloudflare]
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - name: staff
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: {group: staff}}]
    assertion: {audience: 32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228}
`

func startCloudflare(t *testing.T) *house {
	t.Helper()
	return start(t, onLoopback+oneKey+fromPing+cloudflareRoutes, with("RSA", rsaKey(t)), with("OLD", rsaKey(t)))
}

// cookieOf is the value of one cookie of a request.
func (r *received) cookieOf(name string) string {
	for _, c := range (&http.Request{Header: r.Header}).CookiesNamed(name) {
		return c.Value
	}
	return ""
}

// TestApplicationsThatVerifyCloudflareRunUnchanged: this is Cloudflare's own
// example for Go, with another team domain and audience.
func TestApplicationsThatVerifyCloudflareRunUnchanged(t *testing.T) {
	t.Parallel()
	h := startCloudflare(t)
	b := h.signIn("ana.kovacs")

	ctx := oidc.ClientContext(context.Background(), h.browser().client)
	teamDomain := home
	certsURL := teamDomain + "/cdn-cgi/access/certs"
	policyAUD := "32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"
	verifier := oidc.NewVerifier(teamDomain, oidc.NewRemoteKeySet(ctx, certsURL), &oidc.Config{ClientID: policyAUD})

	h.app.take()
	b.sends("theme", "dark")
	b.open(home + "/x").fromApp()
	got := h.app.only(t)
	accessJWT := got.Header.Get("Cf-Access-Jwt-Assertion")
	token, err := verifier.Verify(ctx, accessJWT)
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if got := claims["exp"].(float64) - claims["iat"].(float64); got != 300 || claims["nbf"] != claims["iat"] {
		t.Errorf("iat %v, nbf %v, exp %v", claims["iat"], claims["nbf"], claims["exp"])
	}
	if nonce, _ := claims["identity_nonce"].(string); len(nonce) != 16 {
		t.Errorf("identity_nonce %q", nonce)
	}
	for _, name := range []string{"exp", "iat", "nbf", "identity_nonce"} {
		delete(claims, name)
	}
	want := map[string]any{
		"aud": []any{policyAUD}, "email": "ana.kovacs@example.com", "iss": teamDomain, "type": "app",
		"sub": got.Header.Get("X-Forwarded-User"), "custom": map[string]any{"name": "Ana Kovacs", "groups": []any{"staff", "engineering"}},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Header.Get("Cf-Access-Authenticated-User-Email") != "ana.kovacs@example.com" {
		t.Errorf("the address is %q", got.Header.Get("Cf-Access-Authenticated-User-Email"))
	}
	if got.cookieOf("CF_Authorization") != accessJWT || got.cookieOf("theme") != "dark" {
		t.Errorf("the application's cookies: %q", got.Header["Cookie"])
	}
	if other := got.Header.Get("X-Gatehouse-Assertion"); other == "" || other == accessJWT {
		t.Error("our own assertion is missing, or is Cloudflare's")
	}
}

// TestCloudflareCertsAreShapedAsDocumented: keys, public_cert and public_certs,
// which hold the same keys.
func TestCloudflareCertsAreShapedAsDocumented(t *testing.T) {
	t.Parallel()
	h := startCloudflare(t)
	set, a := h.published(t, home+"/cdn-cgi/access/certs")
	var document struct {
		PublicCert  struct{ Kid, Cert string }   `json:"public_cert"`
		PublicCerts []struct{ Kid, Cert string } `json:"public_certs"`
	}
	if err := json.Unmarshal([]byte(a.text), &document); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 2 || len(document.PublicCerts) != 2 || document.PublicCert != document.PublicCerts[0] {
		t.Fatalf("%d keys, %d certificates", len(set.Keys), len(document.PublicCerts))
	}
	for i, c := range document.PublicCerts {
		block, _ := pem.Decode([]byte(c.Cert))
		if block == nil {
			t.Fatalf("certificate %d is not PEM", i)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		key := set.Keys[i]
		if c.Kid != key.KeyID || key.Algorithm != "RS256" || key.Use != "sig" || !cert.PublicKey.(*rsa.PublicKey).Equal(key.Key) {
			t.Errorf("certificate %d is of another key", i)
		}
		if time.Until(cert.NotAfter) < 365*24*time.Hour {
			t.Errorf("certificate %d ends on %v", i, cert.NotAfter)
		}
	}
}

// TestForgedCloudflareIdentityNeverArrives, whoever is calling.
func TestForgedCloudflareIdentityNeverArrives(t *testing.T) {
	t.Parallel()
	h := startCloudflare(t)
	ana := h.signIn("ana.kovacs").sessionCookie()
	for _, tt := range []struct {
		path, cookie string
		known        bool
	}{{"/x", ana, true}, {"/public/x", "a=b", false}} {
		h.app.take()
		h.raw(t, "GET "+tt.path+" HTTP/1.1\nHost: app.example.test\nCookie: CF_Authorization="+forger+"; keep=1; "+tt.cookie+"; cf_authorization="+forger+"\n"+
			"Cf-Access-Jwt-Assertion: "+forger+"\ncf_access_jwt_assertion: "+forger+"\nCf-Access-Authenticated-User-Email: "+forger+"\n\n").fromApp()
		got := h.app.only(t)
		for name, values := range got.Header {
			if strings.Contains(strings.Join(values, " "), forger) {
				t.Errorf("%s: %s arrives as %q", tt.path, name, values)
			}
		}
		if got.cookieOf("keep") != "1" {
			t.Errorf("%s: the application's own cookie is gone: %q", tt.path, got.Header["Cookie"])
		}
		if known := got.cookieOf("CF_Authorization") != ""; known != tt.known {
			t.Errorf("%s: CF_Authorization is there: %v", tt.path, known)
		}
	}
}

// TestUpstreamCannotPlantTheCloudflareCookie: it is never in the browser.
func TestUpstreamCannotPlantTheCloudflareCookie(t *testing.T) {
	t.Parallel()
	h := startCloudflare(t)
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "CF_Authorization=planted; Path=/")
		w.Header().Add("Set-Cookie", "own=1; Path=/")
		w.Write([]byte(hello))
	})
	b := h.signIn("ana.kovacs")
	b.open(home + "/x")
	names := ""
	for _, c := range b.cookies(home) {
		names += c.Name + " "
	}
	if strings.Contains(names, "CF_") || !strings.Contains(names, "own") {
		t.Errorf("the browser has the cookies %s", names)
	}
}

// TestCloudflareIdentityAndLogout: get-identity for browsers and for an
// application's server, and logout under the same rules as ours.
func TestCloudflareIdentityAndLogout(t *testing.T) {
	t.Parallel()
	h := startCloudflare(t)
	b := h.signIn("ana.kovacs")
	read := func(a *answer) (d struct {
		Email, Name string
		Groups      []string
		IDP         struct{ ID, Type string }
	}) {
		t.Helper()
		if err := json.Unmarshal([]byte(a.text), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	mine := read(b.fetch("GET", home+"/cdn-cgi/access/get-identity", "").wants(http.StatusOK))
	if mine.Email != "ana.kovacs@example.com" || mine.Name != "Ana Kovacs" || mine.IDP.ID != "ping" || len(mine.Groups) != 2 {
		t.Errorf("the browser's identity is %+v", mine)
	}
	h.app.take()
	b.open(home + "/x").fromApp()
	token := h.app.only(t).Header.Get("Cf-Access-Jwt-Assertion")
	server := h.browser()
	theirs := read(server.fetch("GET", home+"/cdn-cgi/access/get-identity", "", "Cookie", "CF_Authorization="+token).wants(http.StatusOK))
	if theirs.Email != mine.Email || theirs.Name != mine.Name || len(theirs.Groups) != 2 {
		t.Errorf("the application's server reads %+v", theirs)
	}
	server.fetch("GET", home+"/cdn-cgi/access/get-identity", "", "Cookie", "CF_Authorization="+token[:len(token)-4]+"AAAA").wants(http.StatusUnauthorized)
	server.fetch("GET", home+"/cdn-cgi/access/get-identity", "").wants(http.StatusUnauthorized)

	b.fetch("GET", home+"/cdn-cgi/access/logout", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")
	b.fetch("GET", home+"/cdn-cgi/access/get-identity", "").wants(http.StatusOK) // still signed in
	b.open(home+"/cdn-cgi/access/logout", "Sec-Fetch-Site", "same-origin")
	b.fetch("GET", home+"/cdn-cgi/access/get-identity", "").wants(http.StatusUnauthorized)
}
