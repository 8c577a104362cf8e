package attack

import (
	"strings"
	"testing"
)

// TestAnswersCannotBeStoredOrFramed [CVE-2024-39315]: every answer of the
// gateway's own, whatever was asked, and no token on any page.
func TestAnswersCannotBeStoredOrFramed(t *testing.T) {
	a := begin(t, "browser")
	w := open(t, simple)
	ana, cleo := w.signIn(t, "ana.kovacs").cookie(), w.signIn(t, "cleo.marsh").cookie()
	html := "Accept: text/html"
	for _, c := range []struct {
		name   string
		r      request
		status int
	}{
		{"the redirect to the provider", request{target: "/x", fields: navigation}, 302},
		{"401", request{target: "/x"}, 401},
		{"401 of a POST", request{method: "POST", target: "/x", body: "a=b"}, 401},
		{"403, a page", request{target: "/x", fields: []string{"Cookie: " + cleo, html}}, 403},
		{"403, JSON", request{target: "/x", fields: []string{"Cookie: " + cleo}}, 403},
		{"a callback", request{target: "/.auth/callback/ping?state=x", fields: []string{html}}, 400},
		{"a callback of nobody", request{target: "/.auth/callback/nobody", fields: []string{html}}, 404},
		{"me", request{target: "/.auth/me", fields: []string{"Cookie: " + ana}}, 200},
		{"me of nobody", request{target: "/.auth/me"}, 401},
		{"home", request{target: "/.auth/", fields: []string{"Cookie: " + ana, html}}, 200},
		{"ok", request{target: "/.auth/ok"}, 200},
		{"signed out", request{target: "/.auth/signed-out", fields: []string{html}}, 200},
		{"the confirmation", request{target: "/.auth/logout", fields: []string{"Cookie: " + ana, html, "Sec-Fetch-Site: cross-site"}}, 200},
		{"no such address", request{target: "/.auth/what", fields: []string{html}}, 404},
		{"no such method", request{method: "PUT", target: "/.auth/me"}, 405},
		{"no such host", request{target: "/", host: "evil.example", fields: []string{html}}, 421},
		{"an ambiguous path", request{target: "/a%2fb", fields: []string{html}}, 400},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, c.r)
				if r.status != c.status {
					t.Fatalf("%d, want %d", r.status, c.status)
				}
				csp := r.header.Get("Content-Security-Policy")
				switch h := r.header; {
				case h.Get("Cache-Control") != "no-store",
					!strings.Contains(csp, "default-src 'none'"), !strings.Contains(csp, "frame-ancestors 'none'"), strings.Contains(csp, "unsafe"),
					h.Get("X-Content-Type-Options") != "nosniff", h.Get("Referrer-Policy") == "":
					t.Errorf("%v", h)
				case c.status != 421 && h.Get("Strict-Transport-Security") == "":
					t.Error("no HSTS on https")
				case h.Get("Server") != "" || h.Get("X-Powered-By") != "":
					t.Errorf("tells what it is: %v", h)
				}
				if strings.Contains(r.body, "<script") || strings.Contains(r.body, "eyJ") {
					t.Errorf("a script or a token: %.300s", r.body)
				}
				w.app.untouched(t)
			})
		}
	}
	// What a stranger wrote becomes neither markup nor a foreign link.
	for _, target := range []string{
		"/.auth/callback/ping?state=x&error=%22%3E%3Cscript%3E" + forger, "/.auth/callback/ping?error_description=%3Cscript%3E" + forger,
		"/.auth/nobody%3Cscript%3E" + forger, "/.auth/login?provider=%3Cscript%3E" + forger, "/.auth/callback/%3Cscript%3E" + forger,
		"/.auth/signed-out?" + forger, "/.auth/?rd=https://" + forger, "/a%2f%3Cscript%3E" + forger,
	} {
		for _, v := range ways {
			a.try(v.name+" "+target, func(t *testing.T) {
				r := v.ask(w, t, request{target: target, fields: []string{html, "Cookie: " + ana, "Sec-Fetch-Site: cross-site"}})
				if strings.Contains(r.body, forger) || strings.Contains(r.body, "<script") || r.status >= 500 {
					t.Errorf("%d: %.300s", r.status, r.body)
				}
				w.app.take()
			})
		}
	}
}
