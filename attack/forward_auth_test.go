package attack

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// fronted is simple for outer proxies on 127.0.0.1 and nowhere else.
var fronted = strings.Replace(withServer("trusted_proxies: 127.0.0.1/32"), threeRoutes, threeRoutes+`
  - {name: files, from: "https://files.example.test", policy: [{allow: {group: staff}}]}
  - {name: lan, from: "https://lan.example.test", policy: [{action: bypass, include: [{ip: 10.0.0.0/8}]}, {allow: {group: administrators}}]}
  - {name: readers, from: "https://readers.example.test", policy: [{action: bypass, include: [{method: GET}]}]}
`, 1)

// asked is a request as an outer proxy tells of it.
type asked struct{ method, proto, host, uri string }

// dialect is how it tells.
type dialect struct {
	name string
	say  func(a asked) request
	// names of what it must say, and what others say.
	own, foreign []string
}

var (
	forwarded = func(name string) func(asked) request {
		return func(a asked) request {
			return request{target: "/.auth/verify/" + name, fields: []string{
				"X-Forwarded-Method: " + a.method, "X-Forwarded-Proto: " + a.proto, "X-Forwarded-Host: " + a.host, "X-Forwarded-Uri: " + a.uri,
			}}
		}
	}
	forwardedNames = []string{"X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"}
	originalNames  = []string{"X-Original-Method", "X-Original-URL"}

	dialects = []dialect{
		{"nginx", func(a asked) request {
			return request{target: "/.auth/verify/nginx", fields: []string{"X-Original-Method: " + a.method, "X-Original-URL: " + a.proto + "://" + a.host + a.uri}}
		}, originalNames, forwardedNames},
		{"traefik", forwarded("traefik"), forwardedNames, originalNames},
		{"caddy", forwarded("caddy"), forwardedNames, originalNames},
		{"envoy", func(a asked) request {
			return request{method: a.method, host: a.host, target: "/.auth/verify/envoy" + a.uri, fields: []string{"X-Forwarded-Proto: " + a.proto}}
		}, []string{"X-Forwarded-Proto"}, append(slices.Clone(originalNames), "X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri")},
	}
)

// farAway is a stranger's way in: from an address that nobody trusts.
var farAway = way{"HTTP/1.1 from a stranger", func(w *world, t testing.TB) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
	c, err := d.Dial("tcp", w.plain.Address("public").String())
	if err != nil {
		t.Skip("no second loopback address: ", err)
	}
	_ = c.SetDeadline(time.Now().Add(replyTimeout))
	return c
}, false}

// verdicts of forward auth: what the outer proxy is told to do.
const (
	let     verdict = "2xx"
	ask     verdict = "sign in"
	deny    verdict = "403"
	nothing verdict = "no such address"
)

// told fails unless the outer proxy was told so, and nobody but it was asked.
func (w *world) told(t *testing.T, want verdict, r reply) {
	t.Helper()
	held := false
	switch want {
	case let:
		held = r.status >= 200 && r.status < 300
	case ask:
		held = r.status == http.StatusUnauthorized || r.status == http.StatusFound
	case deny:
		held = r.status == http.StatusForbidden
	case ambiguous:
		held = r.status == http.StatusBadRequest || r.status == http.StatusForbidden || r.status == 0
	case nothing:
		held = r.status == http.StatusNotFound
	}
	if !held {
		t.Errorf("%d, want %s: %.300s %v", r.status, want, r.body, r.header)
	}
	if r.status != 0 && r.status != http.StatusBadRequest && r.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be stored")
	}
	if r.setsSession() {
		t.Error("somebody got a session")
	}
	w.app.untouched(t)
}

// identityHeaders are what an outer proxy copies from a 2xx.
var identityHeaders = []string{"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups", "X-Gatehouse-Provider", "X-Gatehouse-Assertion"}

// TestForwardAuthDecides: the same decision as if the gateway stood in the way
// itself, for whatever request it is told of.
func TestForwardAuthDecides(t *testing.T) {
	a := begin(t, "forward auth")
	w := open(t, fronted)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	ben := "Cookie: " + w.signIn(t, "ben.osei").cookie()
	for _, c := range []struct {
		uri                    string
		stranger, staff, admin verdict
	}{
		{"/public/x", let, let, let},
		{"/public", let, let, let},
		{"/public/x?u=../admin&v=%2e%2e%2fadmin;x", let, let, let},
		{"/x", ask, let, let},
		{"/", ask, let, let},
		{"/administration", ask, let, let},
		{"/admin", ask, deny, let},
		{"/admin/", ask, deny, let},
		{"/admin/x?y=/public/", ask, deny, let},
		{"/%61dmin", ask, deny, let},
		{"/publicsecret", ask, let, let},
		{"/PUBLIC/x", ask, let, let},
		{"/x?/public/", ask, let, let},
		{"/public/../admin", ambiguous, ambiguous, ambiguous},
		{"/public/./../admin", ambiguous, ambiguous, ambiguous},
		{"/public/%2e%2e/admin", ambiguous, ambiguous, ambiguous},
		{"/public/..%2fadmin", ambiguous, ambiguous, ambiguous},
		{"/public/%252e%252e/admin", ambiguous, ambiguous, ambiguous},
		{"/public/..;/admin", ambiguous, ambiguous, ambiguous},
		{"/public/..%5cadmin", ambiguous, ambiguous, ambiguous},
		{`/public/..\admin`, ambiguous, ambiguous, ambiguous},
		{"/public//admin", ambiguous, ambiguous, ambiguous},
		{"//admin", ambiguous, ambiguous, ambiguous},
		{"/./admin", ambiguous, ambiguous, ambiguous},
		{"/%2fadmin", ambiguous, ambiguous, ambiguous},
		{"/admin;x", ambiguous, ambiguous, ambiguous},
		{"/admin%00.css", ambiguous, ambiguous, ambiguous},
		{"/public/%0d%0aX-A:b", ambiguous, ambiguous, ambiguous},
		{"/public/%c0%ae%c0%ae/admin", ambiguous, ambiguous, ambiguous},
		{"/public/%zz", ambiguous, ambiguous, ambiguous},
		{"/public/%", ambiguous, ambiguous, ambiguous},
	} {
		for _, d := range dialects {
			for _, v := range ways {
				r := d.say(asked{"GET", "https", host, c.uri})
				for who, want := range map[string]verdict{"": c.stranger, ana: c.staff, ben: c.admin} {
					name := "a stranger"
					switch who {
					case ana:
						name = "staff"
					case ben:
						name = "an administrator"
					}
					a.try(v.name+" "+d.name+" "+c.uri+" of "+name, func(t *testing.T) {
						r := r
						if r.fields = slices.Clone(r.fields); who != "" {
							r.fields = append(r.fields, who)
						}
						w.told(t, want, v.ask(w, t, r))
					})
				}
			}
		}
	}
	for _, c := range []struct {
		name string
		asked
		want verdict
	}{
		{"a session of another host", asked{"GET", "https", "files.example.test", "/x"}, ask},
		{"benign: the host in upper case", asked{"GET", "https", "APP.EXAMPLE.TEST", "/x"}, let},
		{"benign: the host and a dot", asked{"GET", "https", host + ".", "/x"}, let},
		{"benign: the host and its port", asked{"GET", "https", host + ":443", "/x"}, let},
		{"benign: any method", asked{"DELETE", "https", host, "/x"}, let},
		{"benign: a method of WebDAV", asked{"PROPFIND", "https", host, "/x"}, let},
		{"benign: a method that is let in", asked{"GET", "https", "readers.example.test", "/x"}, let},
		{"another method", asked{"POST", "https", "readers.example.test", "/x"}, deny},
		{"a method in lower case", asked{"get", "https", "readers.example.test", "/x"}, deny},
		{"an unknown host", asked{"GET", "https", "evil.example", "/x"}, deny},
		{"a host that ends so", asked{"GET", "https", "evil" + host, "/x"}, deny},
		{"a host that begins so", asked{"GET", "https", host + ".evil.example", "/x"}, deny},
		{"another port", asked{"GET", "https", host + ":8443", "/x"}, deny},
		{"an address", asked{"GET", "https", "127.0.0.1", "/x"}, deny},
		{"the host of nobody", asked{"GET", "https", "", "/x"}, deny},
		{"two hosts", asked{"GET", "https", host + ", evil.example", "/x"}, deny},
		{"two hosts, the other order", asked{"GET", "https", "evil.example, " + host, "/x"}, deny},
		{"user information", asked{"GET", "https", "x@" + host, "/x"}, deny},
		{"the host as user information", asked{"GET", "https", host + "@evil.example", "/x"}, deny},
		{"a host and a path", asked{"GET", "https", host + "/public/..", "/admin"}, deny},
		{"a host and a query", asked{"GET", "https", host + "/public/x?", "/admin"}, deny},
		{"a host and a fragment", asked{"GET", "https", host + "/public/x#", "/admin"}, deny},
		{"a scheme that is none", asked{"GET", "javascript", host, "/x"}, deny},
		{"no scheme", asked{"GET", "", host, "/x"}, deny},
		{"two schemes", asked{"GET", "https, http", host, "/x"}, deny},
		{"an absolute address as the path", asked{"GET", "https", host, "https://" + host + "/public/x"}, deny},
		{"another host's address as the path", asked{"GET", "https", host, "https://evil.example/x"}, deny},
		{"a path without a slash", asked{"GET", "https", host, "public/x"}, deny},
		{"an asterisk", asked{"OPTIONS", "https", host, "*"}, deny},
		{"a path and a space", asked{"GET", "https", host, "/public/x /admin"}, deny},
		{"no path", asked{"GET", "https", host, ""}, deny},
		{"the path of a fragment", asked{"GET", "https", host, "/admin#/public/x"}, deny},
		{"no method", asked{"", "https", host, "/x"}, deny},
		{"two methods", asked{"GET, POST", "https", "readers.example.test", "/x"}, deny},
		{"a method and a space", asked{"GET /x", "https", host, "/x"}, deny},
		{"the lan, from elsewhere", asked{"GET", "https", "lan.example.test", "/x"}, ask},
	} {
		for _, d := range dialects {
			if d.name == "envoy" {
				continue // the request line says it: see framing, path and network
			}
			if d.name == "nginx" && (c.name == "no path" || c.name == "two hosts" || strings.HasPrefix(c.name, "a host and a")) {
				continue // the same address, written out: see below
			}
			for _, v := range ways {
				a.try(v.name+" "+d.name+" "+c.name, func(t *testing.T) {
					r := d.say(c.asked)
					r.fields = append(r.fields, ana)
					got := v.ask(w, t, r)
					if c.want == deny && got.status >= 400 && got.status < 500 && got.status != http.StatusUnauthorized || got.status == 0 {
						w.app.untouched(t)
						return
					}
					w.told(t, c.want, got)
				})
			}
		}
	}
}

// TestForwardAuthOfARouteWithoutUpstream: one that is only ever asked about.
func TestForwardAuthOfARouteWithoutUpstream(t *testing.T) {
	a := begin(t, "forward auth")
	w := open(t, fronted)
	const files = "https://files.example.test"
	p := w.signIn(t, "ana.kovacs")
	p.follow(files + "/.auth/login")
	ana := p.cookieAt(files)
	for _, d := range dialects {
		for _, v := range ways {
			r := d.say(asked{"GET", "https", "files.example.test", "/x"})
			a.try(v.name+" "+d.name+" benign", func(t *testing.T) {
				r := r
				r.fields = append(slices.Clone(r.fields), "Cookie: "+ana)
				w.told(t, let, v.ask(w, t, r))
			})
			a.try(v.name+" "+d.name+" a stranger", func(t *testing.T) { w.told(t, ask, v.ask(w, t, r)) })
			a.try(v.name+" "+d.name+" another host's cookie", func(t *testing.T) {
				r := r
				r.fields = append(slices.Clone(r.fields), "Cookie: "+p.cookie())
				w.told(t, ask, v.ask(w, t, r))
			})
		}
	}
	for _, v := range ways {
		a.try(v.name+" asked for itself", func(t *testing.T) {
			w.judge(t, refuse, v.ask(w, t, request{target: "/x", host: "files.example.test", fields: []string{"Cookie: " + ana}}))
		})
	}
}
