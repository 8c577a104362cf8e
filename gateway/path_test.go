package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAmbiguousPathsReachNobody [CVE-2023-33189]: one canonical path feeds
// policy, routing and forwarding. Nothing that a router, a servlet container
// or a file system could read otherwise gets to the application past a policy.
func TestAmbiguousPathsReachNobody(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	ana := h.signIn("ana.kovacs").sessionCookie() // staff, no administrator
	for _, c := range []struct {
		target            string
		anonymous, signed int
	}{
		// Benign.
		{"/public/x", 200, 200},
		{"/public", 200, 200},
		{"/public/", 200, 200},
		{"/public/100%25", 200, 200},
		{"/public/caf%C3%A9/%7Ex/a.b..c/...", 200, 200},
		{"/public/x?u=../admin&v=%2e%2e%2fadmin;x", 200, 200},
		{"/x", 401, 200},
		{"/admin", 401, 403},
		{"/admin/x", 401, 403},
		{"/administration", 401, 200},
		{"/%61dmin", 401, 403},
		{"/%41dmin", 401, 200}, // another path: A is not a

		{"/public/../admin", 400, 400},
		{"/public/%2e%2e/admin", 400, 400},
		{"/public/%2E%2E/admin", 400, 400},
		{"/public/.%2e/admin", 400, 400},
		{"/public/..%2fadmin", 400, 400},
		{"/public/..%2Fadmin", 400, 400},
		{"/public%2f..%2fadmin", 400, 400},
		{"/public/..;/admin", 400, 400},
		{"/public/..;a=b/admin", 400, 400},
		{"/public/.;/../admin", 400, 400},
		{"/public/..%3b/admin", 400, 400},
		{"/public/%252e%252e/admin", 400, 400},
		{"/public/%25252e%25252e/admin", 400, 400},
		{"/public/..%5cadmin", 400, 400},
		{`/public/..\admin`, 400, 400},
		{`/public\..\admin`, 400, 400},
		{"/public/%c0%ae%c0%ae/admin", 400, 400},
		{"/public/%e0%80%ae%e0%80%ae/admin", 400, 400},
		{"/public/%ff", 400, 400},
		{"//admin", 400, 400},
		{"/./admin", 400, 400},
		{"/public//admin", 400, 400},
		{"///admin", 400, 400},
		{"/admin%00.css", 400, 400},
		{"/admin%2500.css", 400, 400},
		{"/public/%0d%0aX-A:b", 400, 400},
		{"/public/%7f", 400, 400},
		{"/public/%c2%85", 400, 400},
		{"/public/.", 400, 400},
		{"/public/..", 400, 400},
		{"/public;x", 400, 400},
		{"/public/a%2fb", 400, 400},
		{"/public/%2", 400, 400},
		{"/public/%zz", 400, 400},
		{"/%2e%2e/admin", 400, 400},
		{"/.%2fadmin", 400, 400},
		{"/publicsecret", 401, 200},
		{"/public%20", 401, 200},
		{"/PUBLIC/x", 401, 200},
		{"/admin?x=/public/", 401, 403},
		{"/admin?/public/", 401, 403},
		{"/admin%23/public/", 401, 200}, // "admin#" is another segment than "admin"
		{"/admin#/public/", 400, 400},   // a target has no fragment (RFC 9112 section 3.2)
		{"/public/x#/../../admin", 400, 400},
		{"/admin%3f/public/", 401, 200},
		// Whole addresses as targets.
		{"https://app.example.test/admin", 401, 403},
		{"https://app.example.test/public/../admin", 400, 400},
		{"https://evil.example/public/", 400, 400}, // Host names another one
		{"admin", 400, 400},
		{"*", 400, 400},
	} {
		for _, caller := range []struct {
			name, cookie string
			want         int
		}{{"anonymous", "a=b", c.anonymous}, {"signed in", ana, c.signed}} {
			a := h.raw(t, "GET "+c.target+" HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+caller.cookie+"\n\n")
			got := h.app.take()
			switch {
			case a.StatusCode != caller.want:
				t.Errorf("%s, %s: %d, want %d\n%s", c.target, caller.name, a.StatusCode, caller.want, a.gist())
			case a.StatusCode == http.StatusOK && len(got) != 1, a.StatusCode != http.StatusOK && len(got) != 0:
				t.Errorf("%s, %s: %d, and the app received %d requests", c.target, caller.name, a.StatusCode, len(got))
			case a.StatusCode == http.StatusOK && got[0].Target != c.target && strings.HasPrefix(c.target, "/"):
				t.Errorf("%s, %s: arrives as %s", c.target, caller.name, got[0].Target)
			}
		}
	}
}

// TestHeadersDoNotChooseThePath [CVE-2026-41059, CVE-2026-34457]: public
// routes match on the path alone.
func TestHeadersDoNotChooseThePath(t *testing.T) {
	t.Parallel()
	for _, believing := range []bool{false, true} {
		file := simple
		if believing {
			file = strings.Replace(file, "listen: 127.0.0.1:0", "listen: 127.0.0.1:0\n  trusted_proxies: [127.0.0.0/8]", 1)
		}
		h := start(t, file)
		for _, header := range []string{
			"X-Forwarded-Uri: /public/", "X-Original-URL: /public/", "X-Rewrite-URL: /public/", "X-Original-Uri: /public/",
			"X-Forwarded-Path: /public/", "X-Forwarded-Prefix: /public", "X-HTTP-Method-Override: OPTIONS", "X-Forwarded-Method: OPTIONS",
			"User-Agent: kube-probe/1.30", "User-Agent: GoogleHC/1.0", "User-Agent: ELB-HealthChecker/2.0",
			"X-Forwarded-Host: public.example.test", "Origin: https://app.example.test", "Referer: https://app.example.test/public/",
			"Authorization: Bearer x", "X-Gatehouse-Token: gh_a_b_c", "Upgrade-Insecure-Requests: 1",
		} {
			a := h.raw(t, "GET /admin HTTP/1.1\nHost: app.example.test\nConnection: close\n"+header+"\n\n")
			if a.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s (believing %t): %d", header, believing, a.StatusCode)
			}
			h.raw(t, "GET /public/x HTTP/1.1\nHost: app.example.test\nConnection: close\n"+header+"\n\n").fromApp()
			got := h.app.only(t)
			if name, value, _ := strings.Cut(header, ": "); strings.HasPrefix(name, "X-") && got.Header.Get(name) == value {
				t.Errorf("%s arrives", header)
			}
		}
	}
}

// TestPermitInPath lifts single rules where an upstream needs the form: for
// that route alone, and nothing else with it.
func TestPermitInPath(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: plain, from: "https://app.example.test", to: "${APP}", policy: public}
  - {name: slash, from: "https://app.example.test/slash", to: "${APP}", policy: public, permit_in_path: encoded_slash}
  - {name: double, from: "https://app.example.test/double", to: "${APP}", policy: public, permit_in_path: [double_slash]}
  - {name: semicolon, from: "https://app.example.test/semicolon", to: "${APP}", policy: public, permit_in_path: [semicolon]}
  - {name: secret, from: "https://app.example.test/secret", to: "${APP}", policy: [{allow: everyone}], permit_in_path: [encoded_slash, double_slash, semicolon]}
`)
	for _, c := range []struct {
		target string
		want   int
	}{
		{"/slash/a%2fb", 200}, {"/slash/a//b", 400}, {"/slash/a;b", 400}, {"/slash/..%2fsecret", 400}, {"/slash/a%252fb", 400},
		{"/slash%2f..%2fsecret", 400},
		{"/slash%2fx", 400}, // of another route to whoever does not decode it
		{"/double//a", 200}, {"/double/a%2fb", 400}, {"/double/..//secret", 400},
		{"/semicolon/a;b=c", 200}, {"/semicolon/a%3bb", 200}, {"/semicolon/..;/secret", 400}, {"/semicolon/a%253bb", 400},
		{"/a%2fb", 400}, {"//a", 400}, {"/a;b", 400},
		{"/secret%2fx", 400}, {"/secret;x", 400}, {"/secret/;x", 401},
		{"//secret", 400}, {"/x//secret", 400},
	} {
		a := h.raw(t, "GET "+c.target+" HTTP/1.1\nHost: app.example.test\nConnection: close\n\n")
		got := h.app.take()
		if a.StatusCode != c.want || (len(got) == 1) != (c.want == 200) {
			t.Errorf("%s: %d and %d requests at the app, want %d", c.target, a.StatusCode, len(got), c.want)
		} else if len(got) == 1 && got[0].Target != c.target {
			t.Errorf("%s arrives as %s", c.target, got[0].Target)
		}
	}
}
