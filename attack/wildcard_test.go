package attack

import (
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// tenants are all hosts of a domain, one of them otherwise.
const tenants = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  auth_url: https://auth.example.test
session:
  keys: ["${KEY}"]
  store: redis
  redis: {urls: ["redis://${REDIS}/0"]}
providers:` + honest + `
routes:
  - {name: front, from: "https://*.apps.example.test/public", to: "${APP}", policy: public}
  - {name: tenants, from: "https://*.apps.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: named, from: "https://named.apps.example.test/only", to: "${APP}", policy: [{allow: {group: staff}}]}
`

// TestAWildcardIsOneLabel: it stands for one name below its domain, and what
// somebody got at one of them is no good at another.
func TestAWildcardIsOneLabel(t *testing.T) {
	a := begin(t, "network")
	w := openWith(t, tenants, map[string]string{"REDIS": redistest.Start(t).Address})
	for _, c := range []struct {
		host string
		want verdict
	}{
		{"one.apps.example.test", pass}, {"ONE.Apps.example.test", pass}, {"one.apps.example.test.", pass}, {"one.apps.example.test:443", pass},
		{"xn--bcher-kva.apps.example.test", pass}, {"1.apps.example.test", pass},
		{"apps.example.test", unknown}, {"a.b.apps.example.test", unknown}, {"oneapps.example.test", unknown}, {"one.example.test", unknown},
		{"one.apps.example.test.evil.example", unknown}, {"one.apps.example.test:8443", unknown}, {"one.apps.example.test:80", unknown},
		{"named.apps.example.test", notFoundOr421}, // its own route, and no other's path
		{".apps.example.test", refuse}, {"*.apps.example.test", refuse}, {"a..apps.example.test", refuse}, {"a,b.apps.example.test", refuse},
		{"a b.apps.example.test", refuse}, {"a%2eb.apps.example.test", refuse}, {"a/b.apps.example.test", refuse}, {"a@b.apps.example.test", refuse},
		{"[a].apps.example.test", refuse}, {"a\x00.apps.example.test", refuse}, {"bücher.apps.example.test", refuse}, {strings.Repeat("a", 64) + ".apps.example.test", refuse},
		{"evil.example#.apps.example.test", refuse}, {"evil.example?.apps.example.test", refuse}, {`evil.example\.apps.example.test`, refuse}, {"evil.example:443.apps.example.test", refuse},
		{"-.apps.example.test", either}, {"a_b.apps.example.test", either},
	} {
		for _, v := range ways {
			a.try(v.name+" a wildcard: "+c.host, func(t *testing.T) {
				r := v.ask(w, t, request{target: "/public/x", host: c.host})
				switch c.want {
				case either:
					if r.status != 200 && (r.status < 400 || r.status > 499) && r.status != 0 {
						t.Errorf("%d", r.status)
					}
					w.app.take()
				case notFoundOr421:
					if r.status != 404 && r.status != 421 {
						t.Errorf("%d", r.status)
					}
					w.app.untouched(t)
				default:
					w.judge(t, c.want, r)
				}
			})
		}
	}
	w.idp.AutoLogin("ana.kovacs")
	p := w.person(t)
	p.follow("https://one.apps.example.test/x")
	w.app.take()
	cookie := p.cookieAt("https://one.apps.example.test")
	for host, want := range map[string]verdict{
		"one.apps.example.test": pass, "ONE.apps.example.test": pass, "two.apps.example.test": signIn, "named.apps.example.test": signIn, "auth.example.test": elsewhere, "a.one.apps.example.test": unknown,
	} {
		for _, v := range ways {
			a.try(v.name+" a wildcard's cookie at "+host, func(t *testing.T) {
				target := "/only/x"
				w.judge(t, want, v.ask(w, t, request{target: target, host: host, fields: []string{"Cookie: " + cookie}}))
			})
		}
	}
	for _, rd := range []string{"https://a.b.apps.example.test/", "https://apps.example.test/", "https://evil.example/.apps.example.test", "https://evil.example#.apps.example.test", "https://evil.example%2f.apps.example.test", `https://evil.example\.apps.example.test`, "https://*.apps.example.test/", "https://evil.example:443.apps.example.test/", "https://x@evil.example/.apps.example.test", "http://one.apps.example.test/"} {
		a.try("a wildcard's return address: "+rd, func(t *testing.T) {
			w.idp.AutoLogin("ana.kovacs")
			p := w.person(t)
			at := "https://one.apps.example.test/.auth/login?rd=" + strings.NewReplacer("#", "%23", "\\", "%5C", "%", "%25").Replace(rd)
			for range 12 {
				to := p.step(at).header.Get("Location")
				if to == "" {
					break
				}
				if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
					to = at[:strings.Index(at[8:], "/")+8] + to
				}
				at = to
			}
			w.app.take()
			if !strings.HasPrefix(at, "https://one.apps.example.test/") && !strings.HasPrefix(at, "https://auth.example.test/") {
				t.Errorf("ends at %s", at)
			}
		})
	}
}

// Verdicts of a host's form alone.
const (
	either        verdict = "ours or 4xx"
	notFoundOr421 verdict = "404 or 421"
)
