package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestUnknownHostsAreMisdirected [CVE-2026-27588]: 421 for a host or port
// that no route has; case, a final dot and the scheme's own port do not
// matter.
func TestUnknownHostsAreMisdirected(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {name: deep, from: "https://deep.example.test/wiki", to: "${APP}", policy: public}
  - {name: port, from: "https://port.example.test:8443", to: "${APP}", policy: public}
  - {name: six, from: "https://[2001:db8::1]", to: "${APP}", policy: public}
`)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	for _, c := range []struct {
		host, target string
		want         int
	}{
		{"app.example.test", "/x", 200},
		{"APP.Example.TEST", "/x", 200},
		{"app.example.test.", "/x", 200},
		{"App.example.test.:443", "/x", 200},
		{"app.example.test:443", "/x", 200},
		{"port.example.test:8443", "/x", 200},
		{"[2001:db8::1]", "/x", 200},
		{"[2001:DB8:0:0::1]:443", "/x", 200},
		{"deep.example.test", "/wiki/x", 200},
		{"deep.example.test", "/wiki", 200},
		{"deep.example.test", "/", 404},
		{"deep.example.test", "/wikis", 404}, // and no other host's routes
		{"app.example.test:80", "/x", 421},
		{"app.example.test:8443", "/x", 421},
		{"port.example.test", "/x", 421},
		{"port.example.test:443", "/x", 421},
		{"evil.example", "/x", 421},
		{"app.example.test.evil.example", "/x", 421},
		{"x.app.example.test", "/x", 421},
		{"example.test", "/x", 421},
		{"localhost", "/x", 421},
		{"127.0.0.1", "/x", 421},
		{"app.example.test..", "/x", 400},
		{"app.example.test:", "/x", 400},
		{"app.example.test:0443", "/x", 400},
		{"app.example.test:443x", "/x", 400},
		{"app.example.test:99999", "/x", 400},
		{"app.example.test,evil.example", "/x", 400},
		{"app.example.test evil.example", "/x", 400},
		{"app.example.test#", "/x", 400},
		{"app%2eexample.test", "/x", 400},
		{"app\u212a.example.test", "/x", 400},
		{"", "/x", 400},
		// Gatehouse's own addresses live on known hosts, /ok on any.
		{"deep.example.test", "/.auth/me", 401},
		{"evil.example", "/.auth/me", 421},
		{"evil.example", "/.auth/login", 421},
		{"evil.example", "/.auth/callback/ping", 421},
		{"evil.example", "/.auth/", 421},
		{"evil.example", "/.auth/ok", 200},
		{"app.example.test", "/.auth/ok", 200},
		{"10.1.2.3:8080", "/.auth/ok", 200},
		{"evil.example", "/.auth/ok/", 421},
		{"app.example.test", "/.auth/ok/", 404},
		{"app.example.test", "/.auth", 200},
		{"app.example.test", "/.authentic", 200},
		{"app.example.test", "/.AUTH/me", 200}, // the application's
		{"app.example.test", "/.auth/verify/nginx", 403},
		{"evil.example", "/.auth/verify/nginx", 403},
		{"evil.example", "/.auth/verify/other", 421},
		{"app.example.test", "/.auth/callback/nobody", 404},
		{"app.example.test", "/.auth/callback/", 404},
	} {
		a := h.raw(t, "GET "+c.target+" HTTP/1.1\nHost: "+c.host+"\nConnection: close\nCookie: "+cookie+"\n\n")
		if a.StatusCode != c.want {
			t.Errorf("%q %s: %d, want %d\n%s", c.host, c.target, a.StatusCode, c.want, a.gist())
		}
		reached := len(h.app.take())
		if own := strings.HasPrefix(c.target, "/.auth/") || c.target == "/.auth"; reached > 0 && (own || c.want != 200) {
			t.Errorf("%q %s reaches the app", c.host, c.target)
		}
		if c.target == "/.auth/ok" && a.text != "" {
			t.Errorf("/ok says %q", a.text)
		}
	}
}

// TestOwnAddressesNeverReachTheUpstream: whatever the method.
func TestOwnAddressesNeverReachTheUpstream(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: public}
`)
	b := h.signIn("ana.kovacs")
	for _, path := range []string{"", "/", "/login", "/logout", "/signed-out", "/me", "/callback/ping", "/jwks.json", "/verify/other", "/x/y"} {
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"} {
			a := b.fetch(method, home+"/.auth"+path, "")
			if a.StatusCode != http.StatusMethodNotAllowed && a.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %d", method, path, a.StatusCode)
			}
			if a.StatusCode == http.StatusMethodNotAllowed && a.Header.Get("Allow") == "" {
				t.Errorf("%s %s: 405 without Allow", method, path)
			}
		}
	}
	h.app.untouched(t)
}

// TestForwardedHeadersAreBelievedFromTrustedProxiesOnly [CVE-2026-40575,
// CVE-2026-35051]: against a rule about addresses the peer's counts.
func TestForwardedHeadersAreBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	const file = `
server:
  listen: 127.0.0.1:0
  admin: {listen: ""}
  trusted_proxies: TRUSTED
  trusted_headers: HEADERS
` + oneKey + fromPing + `
routes:
  - name: office
    from: https://app.example.test/office
    to: "${APP}"
    policy: [{bypass: {ip: [10.0.0.0/8, 2001:db8::/32]}}]
  - name: outside
    from: https://app.example.test/outside
    to: "${APP}"
    policy: [{deny: {ip: 10.0.0.0/8}}, {bypass: everyone}]
  - name: not office
    from: https://app.example.test/not
    to: "${APP}"
    policy: [{bypass: {not_ip: 10.0.0.0/8}}]
`
	for _, c := range []struct {
		trusted, headers string // of the file
		sent             string
		office, outside  int
		arrives          string // X-Forwarded-For at the app, if it is reached
	}{
		// Nobody is trusted: whatever is said, the peer is 127.0.0.1.
		{`[]`, `[X-Forwarded-For]`, "", 403, 200, "127.0.0.1"},
		{`[]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3", 403, 200, "127.0.0.1"},
		{`[]`, `[Forwarded]`, "Forwarded: for=10.1.2.3", 403, 200, "127.0.0.1"},
		{`[]`, `[X-Real-Ip]`, "X-Real-Ip: 10.1.2.3", 403, 200, "127.0.0.1"},
		{`[192.0.2.0/24]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3", 403, 200, "127.0.0.1"},
		// A trusted peer is believed about what it writes, from the right.
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3", 200, 403, "10.1.2.3"},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3, 198.51.100.7", 403, 200, "198.51.100.7"},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3\nX-Forwarded-For: 198.51.100.7", 403, 200, "198.51.100.7"},
		{`[127.0.0.1, 198.51.100.0/24]`, `[X-Forwarded-For]`, "X-Forwarded-For: 203.0.113.9, 10.1.2.3, 198.51.100.7", 200, 403, "10.1.2.3"},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: ::ffff:10.1.2.3", 200, 403, "10.1.2.3"},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: [2001:db8::7]:443", 200, 200, "2001:db8::7"},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: 010.1.2.3", 403, 401, ""}, // unknown: no bypass, and an unknown deny asks to sign in
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For: 10.1.2.3, unknown", 403, 401, ""},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-For:", 403, 401, ""},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "", 403, 200, "127.0.0.1"},
		// Only what is listed.
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Real-Ip: 10.1.2.3\nForwarded: for=10.1.2.3", 403, 200, "127.0.0.1"},
		{`[127.0.0.1]`, `[X-Real-Ip]`, "X-Real-Ip: 10.1.2.3", 200, 403, "10.1.2.3"},
		{`[127.0.0.1]`, `[X-Real-Ip]`, "X-Real-Ip: 10.1.2.3\nX-Real-Ip: 198.51.100.7", 400, 400, ""},
		{`[127.0.0.1]`, `[X-Real-Ip]`, "X-Forwarded-For: 10.1.2.3", 403, 200, "127.0.0.1"},
		{`[127.0.0.1]`, `[Forwarded]`, `Forwarded: for="[2001:db8::7]:47011";proto=https`, 200, 200, "2001:db8::7"},
		{`[127.0.0.1]`, `[Forwarded]`, "Forwarded: for=10.1.2.3, for=198.51.100.7", 403, 200, "198.51.100.7"},
		{`[127.0.0.1]`, `[Forwarded]`, "Forwarded: for=_hidden", 403, 401, ""},
		{`[127.0.0.1]`, `[Forwarded]`, "Forwarded: for=10.1.2.3;;", 400, 400, ""},
		{`[127.0.0.1]`, `[Forwarded]`, `Forwarded: for="10.1.2.3`, 400, 400, ""},
	} {
		h := start(t, strings.NewReplacer("TRUSTED", c.trusted, "HEADERS", c.headers).Replace(file))
		for path, want := range map[string]int{"/office": c.office, "/outside": c.outside} {
			lines := ""
			if c.sent != "" {
				lines = c.sent + "\n"
			}
			a := h.raw(t, "GET "+path+" HTTP/1.1\nHost: app.example.test\nConnection: close\n"+lines+"\n")
			if a.StatusCode != want {
				t.Errorf("%s trusting %s and %s: %q gives %d, want %d", path, c.trusted, c.headers, c.sent, a.StatusCode, want)
			}
			for _, got := range h.app.take() {
				if list := got.named("X-Forwarded-For"); len(list) != 1 || list[0] != c.arrives {
					t.Errorf("%q: the app sees X-Forwarded-For %q, want %q", c.sent, list, c.arrives)
				}
				if list := append(got.named("Forwarded"), got.named("X-Real-Ip")...); len(list) != 0 {
					t.Errorf("%q: the app sees %q", c.sent, list)
				}
			}
			if strings.HasSuffix(c.sent, "unknown") {
				h.raw(t, "GET /not HTTP/1.1\nHost: app.example.test\nConnection: close\n"+lines+"\n").wants(http.StatusForbidden)
			}
		}
	}
}

// TestPlaintextIsSentToHTTPS when a trusted proxy says that http was used,
// and when nobody says anything the proxy in front ends TLS.
func TestPlaintextIsSentToHTTPS(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted, sent, method string
		want                  int
	}{
		{`[]`, "", "GET", 200},
		{`[]`, "X-Forwarded-Proto: http", "GET", 200},
		{`[127.0.0.1]`, "", "GET", 200},
		{`[127.0.0.1]`, "X-Forwarded-Proto: https", "GET", 200},
		{`[127.0.0.1]`, "X-Forwarded-Proto: HTTPS", "GET", 200},
		{`[127.0.0.1]`, "X-Forwarded-Proto: http", "GET", 308},
		{`[127.0.0.1]`, "X-Forwarded-Proto: http", "HEAD", 308},
		{`[127.0.0.1]`, "X-Forwarded-Proto: http", "POST", 421}, // its body has gone in clear already
		{`[127.0.0.1]`, "X-Forwarded-Proto: https, http", "GET", 308},
		{`[127.0.0.1]`, "X-Forwarded-Proto: http, https", "GET", 200},
		{`[127.0.0.1]`, "X-Forwarded-Proto: gopher", "GET", 400},
	} {
		h := start(t, strings.Replace(simple, "listen: 127.0.0.1:0", "listen: 127.0.0.1:0\n  trusted_proxies: "+c.trusted, 1))
		lines := ""
		if c.sent != "" {
			lines = c.sent + "\n"
		}
		conn := h.connect(t)
		conn.write(c.method + " /public/x?a=b HTTP/1.1\nHost: App.example.test:443\nConnection: close\nContent-Length: 0\n" + lines + "\n")
		res, err := http.ReadResponse(conn.r, &http.Request{Method: c.method})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want {
			t.Errorf("trusting %s, %s %q: %d, want %d", c.trusted, c.method, c.sent, res.StatusCode, c.want)
		}
		if to := res.Header.Get("Location"); c.want == 308 && to != home+"/public/x?a=b" {
			t.Errorf("sent to %s", to)
		}
		if c.want != 200 {
			h.app.untouched(t)
		} else if got := h.app.only(t).named("X-Forwarded-Proto"); len(got) != 1 || got[0] != "https" {
			t.Errorf("%q: the app sees X-Forwarded-Proto %q", c.sent, got)
		}
	}
}

// TestForwardedHostChoosesTheRouteOnlyFromTrustedProxies.
func TestForwardedHostChoosesTheRouteOnlyFromTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted, headers, sent string
		want                   int
	}{
		{`[127.0.0.1]`, `[X-Forwarded-Host]`, "X-Forwarded-Host: open.example.test", 200},
		{`[127.0.0.1]`, `[X-Forwarded-Host]`, "X-Forwarded-Host: open.example.test, app.example.test", 400},
		{`[127.0.0.1]`, `[X-Forwarded-Host]`, "X-Forwarded-Host: evil.example", 421},
		{`[127.0.0.1]`, `[Forwarded]`, "Forwarded: for=10.1.2.3;host=open.example.test", 200},
		{`[127.0.0.1]`, `[X-Forwarded-For]`, "X-Forwarded-Host: open.example.test", 401},
		{`[]`, `[X-Forwarded-Host]`, "X-Forwarded-Host: open.example.test", 401},
	} {
		h := start(t, strings.NewReplacer("TRUSTED", c.trusted, "HEADERS", c.headers).Replace(`
server:
  listen: 127.0.0.1:0
  admin: {listen: ""}
  trusted_proxies: TRUSTED
  trusted_headers: HEADERS
`+oneKey+fromPing+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {name: open, from: "https://open.example.test", to: "${APP}", policy: public}
`))
		a := h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\n"+c.sent+"\n\n")
		if a.StatusCode != c.want {
			t.Errorf("trusting %s and %s: %q gives %d, want %d", c.trusted, c.headers, c.sent, a.StatusCode, c.want)
		}
		for _, got := range h.app.take() {
			if got.Host != "open.example.test" || got.Header.Get("X-Forwarded-Host") != "open.example.test" {
				t.Errorf("the app sees Host %s, X-Forwarded-Host %s", got.Host, got.Header.Get("X-Forwarded-Host"))
			}
		}
	}
}
