package gateway_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// oneWildcard serves every host of a domain, one of them otherwise, and signs
// people in at auth.
const oneWildcard = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  auth_url: https://auth.example.test
` + onRedis + fromPing + `
routes:
  - {name: tenants, from: "https://*.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: named, from: "https://named.example.test:8443/only", to: "${APP}", policy: [{allow: {group: staff}}]}
`

// TestAWildcardServesEachHostAsItself: cookies, return address, what the
// application is told and for whom assertions are.
func TestAWildcardServesEachHostAsItself(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneWildcard, with("REDIS", server.Address))
	h.idp.AutoLogin("ana.kovacs")
	b := h.browser()
	for _, host := range []string{"one.example.test", "two.example.test", "one.example.test"} {
		h.app.take()
		if a := b.open("https://" + host + "/x?y=1").fromApp(); a.Request.URL.String() != "https://"+host+"/x?y=1" {
			t.Errorf("came back to %s", a.Request.URL)
		}
		got := h.app.only(t)
		if name := got.Header.Get("X-Forwarded-Host"); name != host {
			t.Errorf("%s is told to be %s", host, name)
		}
		parts := strings.Split(got.Header.Get("X-Gatehouse-Assertion"), ".")
		if len(parts) != 3 {
			t.Fatalf("%s: no assertion", host)
		}
		var claims map[string]any
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		if err := json.Unmarshal(payload, &claims); err != nil {
			t.Fatal(err)
		}
		if claims["iss"] != auth || claims["aud"] != "https://"+host {
			t.Errorf("%s: from %v for %v", host, claims["iss"], claims["aud"])
		}
		h.idp.AutoLogin("") // nobody is asked again
	}
}

// TestAWildcardIsOneLabelAndNoOtherHost.
func TestAWildcardIsOneLabelAndNoOtherHost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneWildcard, with("REDIS", server.Address))
	for host, want := range map[string]int{
		"a.example.test":                          401,
		"A.Example.TEST":                          401,
		"a.example.test.":                         401,
		"a.example.test:443":                      401,
		"xn--bcher-kva.example.test":              401,
		"a.example.test:8443":                     421,
		"a.b.example.test":                        421,
		"example.test":                            421,
		"evilexample.test":                        421,
		"a.evilexample.test":                      421,
		"a.example.test.evil.example":             421,
		"-.example.test":                          421,
		".example.test":                           400,
		"*.example.test":                          400,
		"b\u00fccher.example.test":                400,
		"a.example.test..":                        400,
		"named.example.test":                      421, // has no such port, and is not the wildcard's
		"named.example.test:8443":                 404,
		"auth.example.test":                       404,
		strings.Repeat("a", 64) + ".example.test": 421,
	} {
		a := h.raw(t, "GET /x HTTP/1.1\nHost: "+host+"\nAccept: application/json\nConnection: close\n\n")
		if a.StatusCode != want {
			t.Errorf("%q: %d, want %d", host, a.StatusCode, want)
		}
	}
}

// TestTicketsAreForHostsUnderTheWildcard and for no other.
func TestTicketsAreForHostsUnderTheWildcard(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneWildcard, with("REDIS", server.Address))
	h.idp.AutoLogin("ana.kovacs")
	b := h.browser()
	b.open("https://one.example.test/x").fromApp()
	good, err := b.once("https://two.example.test/x").wants(http.StatusFound).Location()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{
		"https://a.b.example.test", "https://example.test", "https://evilexample.test", "https://two.example.test.", "https://TWO.example.test",
		"https://*.example.test", "https://.example.test", "https://two.example.test:8443", "http://two.example.test", "https://two.example.test:443",
		"https://b\u00fccher.example.test", "https://two.example.test.evil.example", "https://evil.example#.example.test", "https://evil.example/.example.test",
		"https://two@evil.example", "https://named.example.test", auth,
	} {
		query := good.Query()
		query.Set("for", target)
		query.Set("rd", target+"/x")
		if to, err := b.once(auth + "/.auth/login?" + query.Encode()).Location(); err == nil && strings.Contains(to.RawQuery, "ticket=") {
			t.Errorf("for=%s leads to %s", target, to)
		}
		if to, err := b.once("https://one.example.test/.auth/login?rd=" + url.QueryEscape(target+"/x")).Location(); err == nil && strings.Contains(to.Host, "evil") {
			t.Errorf("rd=%s leads to %s", target, to)
		}
	}
	if to, err := b.once(good.String()).Location(); err != nil || to.Host != "two.example.test" || to.Query().Get("ticket") == "" {
		t.Errorf("the true one leads to %v, %v", to, err)
	}
}

// TestCloudflareTokensComeFromTheSignInHost, where their keys are, also for a
// host that only a wildcard names; a token whose signature is broken says nothing there.
func TestCloudflareTokensComeFromTheSignInHost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneWildcard+"assertion: {keys: [\"${RSA}\"]}\ncompat: [cloudflare]\n", with("REDIS", server.Address), with("RSA", rsaKey(t)))
	h.idp.AutoLogin("ana.kovacs")
	h.browser().open("https://one.example.test/x").fromApp()
	token := h.app.only(t).cookieOf("CF_Authorization")
	set, _ := h.published(t, auth+"/cdn-cgi/access/certs")
	claims := h.verified(t, token, auth, "https://one.example.test", set, "RS256")
	if claims["email"] != "ana.kovacs@example.com" {
		t.Errorf("claims are %v", claims)
	}
	identity := auth + "/cdn-cgi/access/get-identity"
	h.browser().fetch("GET", identity, "", "Cookie", "CF_Authorization="+token).wants(http.StatusOK)
	h.browser().fetch("GET", identity, "", "Cookie", "CF_Authorization="+token[:len(token)-8]+"AAAAAAAA").wants(http.StatusUnauthorized)
}
