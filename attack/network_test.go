package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestHostsAreThoseOfTheFile [CVE-2026-27588]: there is no default site, and a
// host is one whatever its case.
func TestHostsAreThoseOfTheFile(t *testing.T) {
	a := begin(t, "network")
	w := open(t, returning)
	for _, c := range []struct {
		host string
		want verdict
	}{
		{"app.example.test", pass},
		{"APP.EXAMPLE.TEST", pass},
		{"App.Example.Test.", pass},
		{"app.example.test:443", pass},
		{"APP.example.test.:443", pass},
		{"evil.example", unknown},
		{"example.test", unknown},
		{"x.app.example.test", unknown},
		{"app.example.test.evil.example", unknown},
		{"evilapp.example.test", unknown},
		{"app-example.test", unknown},
		{"localhost", unknown},
		{"127.0.0.1", unknown},
		{"[::1]", unknown},
		{"0", unknown},
		{"app.example.test:80", unknown},
		{"app.example.test:8444", unknown},
		{"app.example.test:65535", unknown},
		{"app.example.test:65536", refuse},
		{"app.example.test:0", refuse},
		{"app.example.test:-443", refuse},
		{"app.example.test:443x", refuse},
		{"app.example.test:https", refuse},
		{"app..example.test", refuse},
		{".app.example.test", refuse},
		{"app.example.test,evil.example", refuse},
		{"app.example.test/", refuse},
		{"app.example.test#", refuse},
		{"app.example.test\\", refuse},
		{"app.example.test%00", refuse},
		{"*.example.test", refuse},
		{"*", refuse},
		{"[::1", refuse},
		{"[::1]x", refuse},
		{"[fe80::1%25eth0]", refuse},
		{strings.Repeat("a", 300) + ".test", refuse},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.host, func(t *testing.T) {
				w.judge(t, c.want, v.ask(w, t, request{target: "/public/x", host: c.host}))
			})
		}
	}
	for _, target := range []string{"/.auth/me", "/.auth/login?rd=/", "/.auth/callback/ping?code=x&state=y", "/.auth/logout", "/.auth/", "/public/x", "/admin"} {
		for _, v := range ways {
			a.try(v.name+" another host's "+target, func(t *testing.T) {
				w.judge(t, unknown, v.ask(w, t, request{target: target, host: "evil.example"}))
			})
		}
	}
	for _, v := range ways { // benign: for load balancers, on any host
		a.try(v.name+" /.auth/ok of any host", func(t *testing.T) {
			if r := v.ask(w, t, request{target: "/.auth/ok", host: "10.0.0.7"}); r.status != http.StatusOK || r.body != "" {
				t.Errorf("%d %q", r.status, r.body)
			}
		})
	}
}

// TestNobodysWordAboutTheClientIsBelieved [CVE-2026-40575, CVE-2026-35051]: the
// peer's address counts in rules, for the log and for the app, unless a trusted
// proxy tells of another.
func TestNobodysWordAboutTheClientIsBelieved(t *testing.T) {
	a := begin(t, "network")
	const inside = `
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{action: bypass, include: [{ip: 10.0.0.0/8}]}]}
`
	file := onLoopback + "providers:" + honest + inside
	trust := func(lines string) string { return strings.Replace(file, "server:\n", "server:\n"+lines, 1) }
	byDefault := open(t, file)
	trusted := open(t, trust("  trusted_proxies: [127.0.0.0/8, 192.0.2.0/24]\n"))
	standard := open(t, trust("  trusted_proxies: [127.0.0.0/8]\n  trusted_headers: [Forwarded]\n"))
	for _, c := range []struct {
		name                         string
		fields                       string
		alone, behind, behindForward bool // who is let in
	}{
		{"nothing", "", false, false, false},
		{"X-Forwarded-For", "X-Forwarded-For: 10.1.2.3", false, true, false},
		{"X-Forwarded-For past a trusted one", "X-Forwarded-For: 10.1.2.3, 192.0.2.7", false, true, false},
		{"X-Forwarded-For behind a stranger", "X-Forwarded-For: 10.1.2.3, 203.0.113.5", false, false, false},
		{"X-Forwarded-For behind a stranger and a trusted one", "X-Forwarded-For: 10.1.2.3, 203.0.113.5, 192.0.2.7", false, false, false},
		{"X-Forwarded-For in two lines", "X-Forwarded-For: 10.1.2.3|X-Forwarded-For: 203.0.113.5", false, false, false},
		{"X-Forwarded-For of garbage", "X-Forwarded-For: 10.1.2.3, x", false, false, false},
		{"X-Forwarded-For of unknown", "X-Forwarded-For: 10.1.2.3, unknown", false, false, false},
		{"X-Forwarded-For that ends in a comma", "X-Forwarded-For: 10.1.2.3,", false, false, false},
		{"X-Forwarded-For in octal", "X-Forwarded-For: 012.1.2.3", false, false, false},
		{"X-Forwarded-For in one number", "X-Forwarded-For: 167838211", false, false, false},
		{"X-Forwarded-For mapped into IPv6", "X-Forwarded-For: ::ffff:10.1.2.3", false, true, false},
		{"X-Forwarded-For with a port", "X-Forwarded-For: 10.1.2.3:1234", false, true, false},
		{"X_Forwarded_For", "X_Forwarded_For: 10.1.2.3", false, false, false},
		{"X-Real-Ip", "X-Real-Ip: 10.1.2.3", false, false, false},
		{"True-Client-Ip", "True-Client-Ip: 10.1.2.3", false, false, false},
		{"Cf-Connecting-Ip", "Cf-Connecting-Ip: 10.1.2.3", false, false, false},
		{"X-Client-Ip", "X-Client-Ip: 10.1.2.3", false, false, false},
		{"X-Cluster-Client-Ip", "X-Cluster-Client-Ip: 10.1.2.3", false, false, false},
		{"Client-Ip", "Client-Ip: 10.1.2.3", false, false, false},
		{"Forwarded", "Forwarded: for=10.1.2.3", false, false, true},
		{"Forwarded in quotes", `Forwarded: for="10.1.2.3:1234"`, false, false, true},
		{"Forwarded behind a stranger", "Forwarded: for=10.1.2.3, for=203.0.113.5", false, false, false},
		{"Forwarded with a comma in quotes", `Forwarded: for="10.1.2.3, for=x"`, false, false, false},
		{"Forwarded, hidden", "Forwarded: for=10.1.2.3, for=_hidden", false, false, false},
	} {
		for i, w := range []*world{byDefault, trusted, standard} {
			letIn := []bool{c.alone, c.behind, c.behindForward}[i]
			for _, v := range ways {
				a.try(v.name+" "+c.name+[]string{"", ", trusted", ", Forwarded trusted"}[i], func(t *testing.T) {
					var fields []string
					if c.fields != "" {
						fields = strings.Split(c.fields, "|")
					}
					r := v.ask(w, t, request{target: "/x", fields: fields})
					if !letIn {
						w.judge(t, refuse, r)
						return
					}
					if r.status != http.StatusOK {
						t.Fatalf("%d", r.status)
					}
					if _, raw := w.app.only(t); !slices.Equal(linesOf(raw, "X-Forwarded-For"), []string{"10.1.2.3"}) {
						t.Errorf("the app is told %q", linesOf(raw, "X-Forwarded-For"))
					}
				})
			}
		}
	}
}
