package attack

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// listening has every listener.
var listening = withServer("redirect_listen: 127.0.0.1:0\n  probe_listen: 127.0.0.1:0")

// listener is the way to one of them.
func listener(name string) way {
	return way{name, func(w *world, t testing.TB) net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", w.plain.Address(name).String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(replyTimeout))
		return c
	}, false}
}

// TestTheRedirectListenerLeadsToOurHosts: from http to the same address on
// https, and to nobody else.
func TestTheRedirectListenerLeadsToOurHosts(t *testing.T) {
	a := begin(t, "network")
	w := open(t, listening)
	redirect := listener("redirect")
	for _, c := range []struct{ target, host, to string }{
		{"/x?y=1&z=%2F", host, home + "/x?y=1&z=%2F"},
		{"/", "APP.example.test.", home + "/"},
		{"/x", host + ":80", home + "/x"},
		{"//evil.example/", host, ""},
		{`/\evil.example`, host, ""},
		{"/%2f/evil.example", host, ""},
		{"/%0d%0aSet-Cookie:x=y", host, ""},
		{"http://evil.example/x", host, ""},
		{"https://evil.example/x", host, ""},
		{"/x", "evil.example", ""},
		{"/x", host + ".evil.example", ""},
		{"/x", "evil" + host, ""},
		{"/x", "evil.example@" + host, ""},
		{"/x", host + "@evil.example", ""},
		{"/x", host + "#evil.example", ""},
		{"/x", host + "/evil.example", ""},
		{"/x", "127.0.0.1", ""},
		{"@evil.example/", host, ""},
		{"x", host, ""},
		{"*", host, ""},
		{"/../x", host, ""},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			a.try("the redirect listener: "+method+" "+c.target+" of "+c.host, func(t *testing.T) {
				r := redirect.ask(w, t, request{method: method, target: c.target, host: c.host})
				w.app.untouched(t)
				location := r.header.Get("Location")
				if c.to != "" {
					if r.status < 301 || r.status > 308 || location != c.to {
						t.Errorf("%d to %q, want %q", r.status, location, c.to)
					}
					return
				}
				if r.header.Get("Set-Cookie") != "" {
					t.Error("a cookie is set")
				}
				if to, err := url.Parse(location); location != "" && (err != nil || to.Scheme != "https" || to.Host != host || strings.HasPrefix(to.Path, "//")) {
					t.Errorf("%d to %q", r.status, location)
				}
				if location == "" && (r.status < 400 || r.status > 499) && r.status != 0 {
					t.Errorf("%d", r.status)
				}
			})
		}
	}
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for _, r := range []request{
		{target: "/x", fields: []string{ana}}, {target: "/public/x"}, {target: "/.auth/me", fields: []string{ana}}, {target: "/.auth/login?rd=https://evil.example"}, {method: "POST", target: "/x", fields: []string{ana}, body: "a=b"},
		{method: "POST", target: "/.auth/logout", fields: []string{ana, "Origin: " + home}, body: "a=b"}, {target: "/metrics"}, {target: "/healthz"}, {target: "/api/state"}, {method: "TRACE", target: "/x"}, {method: "CONNECT", target: "evil.example:443"},
		{target: "/x", fields: []string{ana, "X-Forwarded-Proto: https"}}, {target: "/x", fields: []string{ana, "Upgrade: websocket", "Sec-WebSocket-Version: 13"}},
	} {
		a.try("the redirect listener serves nothing: "+r.method+" "+r.target+strings.Join(r.fields, " ")[:min(20, len(strings.Join(r.fields, " ")))], func(t *testing.T) {
			got := redirect.ask(w, t, r)
			if got.status < 300 && got.status != 0 || got.status >= 500 || strings.Contains(got.body, greeting) || strings.Contains(got.body, subject) || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%d: %.200s", got.status, got.body)
			}
			if r.method == "POST" && got.status >= 300 && got.status < 400 && got.status != http.StatusPermanentRedirect && got.status != http.StatusTemporaryRedirect && got.status != http.StatusMovedPermanently {
				t.Errorf("%d", got.status)
			}
			w.app.untouched(t)
		})
	}
}

// TestTheProbeListenerTellsNothingElse: health and metrics, for whoever asks,
// and nothing of anybody's.
func TestTheProbeListenerTellsNothingElse(t *testing.T) {
	a := begin(t, "ops")
	w := open(t, listening)
	probe := listener("probe")
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for _, name := range []string{"/healthz", "/readyz", "/metrics"} {
		for _, named := range []string{"10.0.0.7:9181", "localhost", "pod.cluster.local", host} {
			a.try("benign: the probe listener "+name+" as "+named, func(t *testing.T) {
				r := probe.ask(w, t, request{target: name, host: named})
				if r.status != 200 {
					t.Errorf("%d", r.status)
				}
				w.search(t, "the probe's answer", r.body)
			})
		}
	}
	for _, r := range []request{
		{target: "/"}, {target: "/api/state"}, {target: "/api/sessions"}, {method: "POST", target: "/api/reload", body: "{}"}, {method: "POST", target: "/api/sessions/revoke", body: `{"all":true}`},
		{target: "/debug/pprof/"}, {target: "/debug/pprof/heap"}, {target: "/debug/pprof/cmdline"}, {target: "/debug/vars"}, {target: "/.auth/me", fields: []string{ana}}, {target: "/.auth/login"}, {target: "/x", fields: []string{ana}},
		{target: "/public/x"}, {target: "/healthz/../api/state"}, {target: "/healthz/x"}, {target: "/healthz%2f..%2fapi%2fstate"}, {target: "//healthz"}, {target: "/HEALTHZ"}, {target: "/metrics/"}, {target: "/metrics%00"},
		{method: "POST", target: "/healthz", body: "x"}, {method: "DELETE", target: "/metrics"}, {method: "TRACE", target: "/healthz"}, {method: "CONNECT", target: "evil.example:443"}, {target: "http://evil.example/"},
	} {
		a.try("the probe listener: "+r.method+" "+r.target, func(t *testing.T) {
			got := probe.ask(w, t, r)
			if got.status < 300 && got.status != 0 || got.status >= 500 || strings.Contains(got.body, greeting) || strings.Contains(got.body, subject) || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%d: %.200s", got.status, got.body)
			}
			w.app.untouched(t)
		})
	}
}
