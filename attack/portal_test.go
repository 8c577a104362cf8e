package attack

import (
	"net/http"
	"strings"
	"testing"
)

// lobby has applications that not everybody may know of.
const lobby = onLoopback + "providers:" + honest + threeRoutes + `
  - {name: wiki, from: "https://wiki.example.test", to: "${APP}", policy: [{allow: {group: staff}}], portal: {title: "Wiki <script>alert(1)</script>"}}
  - {name: vault, from: "https://vault.example.test", to: "${APP}", policy: [{allow: {group: administrators}}], portal: {title: Vault of secrets}}
  - {name: masked, from: "https://masked.example.test", to: "${APP}", policy: [{allow: {group: staff}}], portal: {title: Masked app, hidden: true}}
  - {name: robots, from: "https://robots.example.test", to: "${APP}", policy: [{service_auth: everyone}], portal: {title: Robots only}}
  - {name: mail, from: "https://mail.example.test", to: "${APP}", policy: [{action: deny, include: [{email: ana.kovacs@example.com}]}, {allow: everyone}], portal: {title: Mail without Ana}}
`

// TestThePortalShowsWhatOneMayOpen: no more, to nobody else, and nobody's
// words as markup.
func TestThePortalShowsWhatOneMayOpen(t *testing.T) {
	a := begin(t, "portal")
	w := open(t, lobby)
	for _, c := range []struct {
		user        string
		shown, none []string
	}{
		{"ana.kovacs", []string{"https://wiki.example.test"}, []string{"vault.example.test", "Vault of secrets", "masked.example.test", "Masked app", "robots.example.test", "Robots only", "mail.example.test", "Mail without"}},
		{"ben.osei", []string{"https://wiki.example.test", "https://vault.example.test", "https://mail.example.test"}, []string{"masked.example.test", "Masked app", "robots.example.test", "Robots only"}},
		{"cleo.marsh", []string{"https://mail.example.test"}, []string{"wiki.example.test", "Wiki", "vault.example.test", "Vault of secrets", "masked.example.test", "robots.example.test", "/admin"}},
		{"zoë.o’neill", []string{"https://wiki.example.test"}, []string{"vault.example.test", "masked.example.test", "robots.example.test"}},
	} {
		p := w.signIn(t, c.user)
		cookie := "Cookie: " + p.cookie()
		for _, fields := range [][]string{navigation, {"Accept: application/json"}, nil, {"X-Forwarded-Groups: administrators", "X-Forwarded-User: ben", "X_Forwarded_Email: ben.osei@example.com"}} {
			for _, target := range []string{"/.auth/", "/.auth/?user=ben.osei&all=1", "/.auth"} {
				for _, v := range ways {
					a.try(v.name+" "+target+" of "+c.user+strings.Join(fields, ""), func(t *testing.T) {
						r := v.ask(w, t, request{target: target, fields: append([]string{cookie}, fields...)})
						w.app.untouched(t)
						for _, text := range c.none {
							if strings.Contains(r.body, text) {
								t.Errorf("shows %s", text)
							}
						}
						if strings.Contains(r.body, "<script>alert") {
							t.Error("a title is markup")
						}
						if r.header.Get("Cache-Control") != "no-store" {
							t.Error("may be stored")
						}
						if target != "/.auth/" {
							return
						}
						for _, text := range c.shown {
							if r.status != http.StatusOK || !strings.Contains(r.body, text) {
								t.Errorf("%d, does not show %s", r.status, text)
							}
						}
						csp := r.header.Get("Content-Security-Policy")
						if !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe-inline") && strings.Contains(csp, "script-src 'unsafe-inline'") {
							t.Errorf("policy %q", csp)
						}
					})
				}
			}
		}
	}
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for _, c := range []struct {
		name, method, host string
		fields             []string
		want               verdict
	}{
		{"a stranger", "GET", "", nil, elsewhere},
		{"a stranger's navigation", "GET", "", navigation, elsewhere},
		{"a stranger with identity headers", "GET", "", []string{"X-Forwarded-User: ana", "X-Forwarded-Groups: staff"}, elsewhere},
		{"a stranger's garbage", "GET", "", []string{"Cookie: __Host-gatehouse=1~AAAA"}, elsewhere},
		{"another host's cookie", "GET", "wiki.example.test", []string{ana}, elsewhere},
		{"an unknown host", "GET", "evil.example", []string{ana}, unknown},
		{"a POST", "POST", "", []string{ana, "Origin: https://evil.example"}, refuse},
		{"a DELETE", "DELETE", "", []string{ana}, refuse},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, request{method: c.method, host: c.host, target: "/.auth/", fields: c.fields})
				w.judge(t, c.want, r)
				for _, text := range []string{"Wiki", "vault.example.test", "masked.example.test", "robots.example.test", "mail.example.test", "Vault of", address} {
					if strings.Contains(r.body, text) {
						t.Errorf("shows %s", text)
					}
				}
			})
		}
	}
}
