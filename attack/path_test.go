package attack

import "testing"

// TestPathsHaveOneReading [CVE-2023-33189]: one canonical path feeds policy,
// routing and forwarding. Nothing that a router, a servlet container or a file
// system could read otherwise gets to the application past a policy.
func TestPathsHaveOneReading(t *testing.T) {
	a := begin(t, "path")
	w := open(t, simple)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie() // staff, no administrator
	for _, c := range []struct {
		target          string
		stranger, staff verdict
	}{
		// Benign.
		{"/public/x", pass, pass},
		{"/public", pass, pass},
		{"/public/", pass, pass},
		{"/public/100%25", pass, pass},
		{"/public/caf%C3%A9/%7Ex/a.b..c/...", pass, pass},
		{"/public/x?u=../admin&v=%2e%2e%2fadmin;x", pass, pass},
		{"/public/x?", pass, pass},
		{"/public/%41%2d%5F", pass, pass},
		{"/p%75blic/x", pass, pass},
		{"/x", signIn, pass},
		{"/", signIn, pass},
		{"/administration", signIn, pass},
		{"/admin", signIn, forbid},
		{"/admin/", signIn, forbid},
		{"/admin/x", signIn, forbid},
		{"/%61dmin", signIn, forbid},
		{"/%61%64%6d%69%6e/x", signIn, forbid},
		{"/%41dmin", signIn, pass}, // another path: A is not a

		// Dot segments, in every spelling.
		{"/public/../admin", ambiguous, ambiguous},
		{"/public/./../admin", ambiguous, ambiguous},
		{"/public/%2e%2e/admin", ambiguous, ambiguous},
		{"/public/%2E%2E/admin", ambiguous, ambiguous},
		{"/public/.%2e/admin", ambiguous, ambiguous},
		{"/public/%2e./admin", ambiguous, ambiguous},
		{"/public/%2e/%2e%2e/admin", ambiguous, ambiguous},
		{"/public/..", ambiguous, ambiguous},
		{"/public/.", ambiguous, ambiguous},
		{"/public/%2e", ambiguous, ambiguous},
		{"/./admin", ambiguous, ambiguous},
		{"/%2e/admin", ambiguous, ambiguous},
		{"/../admin", ambiguous, ambiguous},
		{"/%2e%2e/admin", ambiguous, ambiguous},
		{"/public/../../../../admin", ambiguous, ambiguous},
		{"/public/x/../../admin?x=/public/", ambiguous, ambiguous},
		// Encoded more than once.
		{"/public/%252e%252e/admin", ambiguous, ambiguous},
		{"/public/%25252e%25252e/admin", ambiguous, ambiguous},
		{"/public/%25%32%65%25%32%65/admin", ambiguous, ambiguous},
		{"/public/..%252fadmin", ambiguous, ambiguous},
		{"/public/%252e%252e%252fadmin", ambiguous, ambiguous},
		{"/public/..%255cadmin", ambiguous, ambiguous},
		{"/admin%253b", ambiguous, ambiguous},
		{"/public/%2525252525252525252525252e", ambiguous, ambiguous},
		// Slashes.
		{"//admin", ambiguous, ambiguous},
		{"///admin", ambiguous, ambiguous},
		{"/public//admin", ambiguous, ambiguous},
		{"/public//../admin", ambiguous, ambiguous},
		{"/%2fadmin", ambiguous, ambiguous},
		{"/%2Fadmin", ambiguous, ambiguous},
		{"/public/..%2fadmin", ambiguous, ambiguous},
		{"/public/..%2Fadmin", ambiguous, ambiguous},
		{"/public%2f..%2fadmin", ambiguous, ambiguous},
		{"/public/a%2fb", ambiguous, ambiguous},
		{"/.%2fadmin", ambiguous, ambiguous},
		// Backslashes.
		{`/public/..\admin`, ambiguous, ambiguous},
		{`/public\..\admin`, ambiguous, ambiguous},
		{`/\admin`, ambiguous, ambiguous},
		{"/public/..%5cadmin", ambiguous, ambiguous},
		{"/public/..%5Cadmin", ambiguous, ambiguous},
		{"/%5cadmin", ambiguous, ambiguous},
		// Parameters.
		{"/public/..;/admin", ambiguous, ambiguous},
		{"/public/..;a=b/admin", ambiguous, ambiguous},
		{"/public/.;/../admin", ambiguous, ambiguous},
		{"/public/..%3b/admin", ambiguous, ambiguous},
		{"/public;x", ambiguous, ambiguous},
		{"/admin;/x", ambiguous, ambiguous},
		{"/admin;.css", ambiguous, ambiguous},
		{"/admin%3b.css", ambiguous, ambiguous},
		{"/;/admin", ambiguous, ambiguous},
		// Controls and broken text.
		{"/admin%00.css", ambiguous, ambiguous},
		{"/admin%2500.css", ambiguous, ambiguous},
		{"/public/%00/../admin", ambiguous, ambiguous},
		{"/public/%0d%0aX-A:b", ambiguous, ambiguous},
		{"/public/%0a", ambiguous, ambiguous},
		{"/public/%09", ambiguous, ambiguous},
		{"/public/%7f", ambiguous, ambiguous},
		{"/public/%c2%85", ambiguous, ambiguous},
		{"/public/%c0%ae%c0%ae/admin", ambiguous, ambiguous},
		{"/public/%e0%80%ae%e0%80%ae/admin", ambiguous, ambiguous},
		{"/public/%f0%80%80%ae/admin", ambiguous, ambiguous},
		{"/public/%c0%af../admin", ambiguous, ambiguous},
		{"/public/%ff", ambiguous, ambiguous},
		{"/public/%ed%a0%80", ambiguous, ambiguous},
		{"/public/%2", ambiguous, ambiguous},
		{"/public/%zz", ambiguous, ambiguous},
		{"/public/%", ambiguous, ambiguous},
		{"/public/%u002e%u002e/admin", ambiguous, ambiguous},
		// Neighbours of a public prefix, and what is no path.
		{"/publicsecret", signIn, pass},
		{"/public.secret", signIn, pass},
		{"/public%20", signIn, pass},
		{"/public-x/", signIn, pass},
		{"/PUBLIC/x", signIn, pass},
		{"/Public/x", signIn, pass},
		{"/admin?x=/public/", signIn, forbid},
		{"/admin?/public/", signIn, forbid},
		{"/admin?x=/../public/y", signIn, forbid},
		{"/admin??/public/", signIn, forbid},
		{"/admin%3f/public/", signIn, pass},       // "admin?" is another segment than "admin"
		{"/admin%23/public/", signIn, pass},       // and so is "admin#"
		{"/admin#/public/", ambiguous, ambiguous}, // a target has no fragment (RFC 9112 section 3.2)
		{"/public/x#/../../admin", ambiguous, ambiguous},
		{"admin", ambiguous, ambiguous},
		{"public/../admin", ambiguous, ambiguous},
		{"*", ambiguous, ambiguous},
		// Gatehouse's own addresses are nobody's route.
		{"/.auth/../admin", ambiguous, ambiguous},
		{"/.auth/%2e%2e/admin", ambiguous, ambiguous},
		{"/public/../.auth/me", ambiguous, ambiguous},
		{"/%2eauth/nowhere", elsewhere, elsewhere},
		{"/.auth/nowhere", elsewhere, elsewhere},
		{"/.auth", elsewhere, elsewhere},
		{"/.authx", signIn, pass},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.target+" stranger", func(t *testing.T) {
				w.judge(t, c.stranger, v.ask(w, t, request{target: c.target}))
			})
			a.try(v.name+" "+c.target+" staff", func(t *testing.T) {
				w.judge(t, c.staff, v.ask(w, t, request{target: c.target, fields: []string{ana}}))
			})
		}
	}
	// A path goes on as the client spelled it.
	for _, target := range []string{"/public/x", "/p%75blic/%7Ex?a=%2F;b=..", "/public/100%25?", "/public/caf%C3%A9?caf=%c3%a9"} {
		for _, v := range ways {
			a.try(v.name+" "+target+" arrives as it was sent", func(t *testing.T) {
				v.ask(w, t, request{target: target})
				if r, _ := w.app.only(t); r.RequestURI != target {
					t.Errorf("arrives as %s", r.RequestURI)
				}
			})
		}
	}
	// Whole addresses as targets, which HTTP/1 alone has.
	for target, want := range map[string]verdict{
		"https://app.example.test/public/x":            pass,
		"http://app.example.test/public/x":             pass,
		"HTTPS://APP.example.test/public/x":            pass,
		"https://app.example.test/admin":               signIn,
		"https://app.example.test/public/../admin":     ambiguous,
		"https://evil.example/public/":                 refuse,
		"https://app.example.test:444/public/":         refuse,
		"https://x@app.example.test/public/":           ambiguous,
		"https:/public/x":                              ambiguous,
		"https:app.example.test/public/x":              ambiguous,
		"ftp://app.example.test/public/x":              ambiguous,
		"javascript:alert(1)":                          ambiguous,
		"https:///public/x":                            ambiguous,
		"https://app.example.test\\.evil.example/":     refuse,
		"https://app.example.test?/public/x":           signIn,
		"https://app.example.test/admin?x=/public/":    signIn,
		"https://app.example.test//public/x":           ambiguous,
		"https://app.example.test/public/%2e%2e/admin": ambiguous,
	} {
		for _, v := range versionOne {
			a.try(v.name+" "+target, func(t *testing.T) { w.judge(t, want, v.ask(w, t, request{target: target})) })
		}
	}
}

// TestNothingButThePathMakesARoutePublic [CVE-2026-41059, CVE-2026-34457,
// CVE-2026-40575]: with and without a trusted proxy on the way.
func TestNothingButThePathMakesARoutePublic(t *testing.T) {
	a := begin(t, "path")
	for file, trust := range map[string]string{simple: "", trusting: ", from a trusted proxy"} {
		w := open(t, file)
		for _, f := range []string{
			"X-Forwarded-Uri: /public/" + forger, "X-Original-URL: /public/" + forger, "X-Rewrite-URL: /public/" + forger,
			"X-Original-Uri: /public/" + forger, "X-Original-Path: /public/" + forger, "X_Original_URL: /public/" + forger,
			"X-Forwarded-Path: /public/" + forger, "X-Forwarded-Prefix: /public" + forger, "X-Envoy-Original-Path: /public/",
			"X-Forwarded-Method: OPTIONS", "X-HTTP-Method-Override: OPTIONS", "X-Http-Method: OPTIONS", "X-Method-Override: OPTIONS",
			"User-Agent: kube-probe/1.30", "User-Agent: GoogleHC/1.0", "User-Agent: ELB-HealthChecker/2.0", "User-Agent: Prometheus/3.0",
			"X-Forwarded-Host: public.example.test", "Origin: https://app.example.test", "Referer: https://app.example.test/public/",
			"Authorization: Bearer x", "Authorization: Basic YTpi", "X-Gatehouse-Token: gh_a_b_c", "Cf-Access-Client-Id: a",
			"Remote-User: " + forger, "X-Forwarded-For: 127.0.0.1", "Purpose: prefetch", "Content-Location: /public/x",
			"Access-Control-Request-Method: GET", "Service-Worker: script", "X-Requested-With: XMLHttpRequest",
		} {
			for _, v := range ways {
				a.try(v.name+" "+f+trust, func(t *testing.T) {
					w.judge(t, signIn, v.ask(w, t, request{target: "/admin", fields: []string{f}}))
				})
			}
		}
		for _, method := range []string{"HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "ANYTHING"} {
			for _, v := range ways {
				a.try(v.name+" "+method+trust, func(t *testing.T) {
					w.judge(t, signIn, v.ask(w, t, request{method: method, target: "/admin"}))
				})
			}
		}
	}
}

// trusting believes whoever comes from loopback.
var trusting = withServer("trusted_proxies: [127.0.0.0/8]")
