package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// asking is a gateway that another proxy on loopback asks.
const asking = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  trusted_proxies: [127.0.0.1]
` + oneKey + fromPing + threeRoutes + `
  - name: asked only
    from: https://legacy.example.test
    policy: [{allow: {group: staff}}]
  - {name: quiet, from: https://quiet.example.test, policy: [{allow: everyone}], unauthenticated: deny}
`

// described are the headers by which each dialect describes a GET; envoy's
// request is made of its own line.
func described(dialect, method, address string) (target string, lines []string) {
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, _ := strings.Cut(rest, "/")
	path = "/" + path
	switch dialect {
	case "nginx":
		return "/.auth/verify/nginx", []string{"Host: gatehouse", "X-Original-Method: " + method, "X-Original-URL: " + address}
	case "envoy":
		return "/.auth/verify/envoy" + path, []string{"Host: " + host, "X-Forwarded-Proto: " + scheme}
	}
	return "/.auth/verify/" + dialect, []string{
		"Host: gatehouse", "X-Forwarded-Method: " + method, "X-Forwarded-Proto: " + scheme, "X-Forwarded-Host: " + host, "X-Forwarded-Uri: " + path,
	}
}

// askHouse sends the question over a connection of its own.
func askHouse(t *testing.T, h *house, method, target string, lines ...string) *http.Response {
	t.Helper()
	conn := h.connect(t)
	conn.write(method + " " + target + " HTTP/1.1\n" + strings.Join(lines, "\n") + "\nConnection: close\n\n")
	res, err := http.ReadResponse(conn.r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res
}

var everyDialect = []string{"nginx", "traefik", "caddy", "envoy"}

func TestForwardAuthSaysWhoIsCalling(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	staff, other := "Cookie: "+h.visitorCookie("ana.kovacs"), "Cookie: "+h.visitorCookie("cleo.marsh")
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/wiki?x=1")
		res := askHouse(t, h, "GET", target, append(lines, staff, "X-Forwarded-Groups: forged", "X-Forwarded-Email: boss@example.com")...)
		if res.StatusCode != 200 || res.Header.Get("X-Forwarded-Email") != "ana.kovacs@example.com" || strings.Contains(res.Header.Get("X-Forwarded-Groups"), "forged") ||
			len(res.Header["X-Forwarded-Email"]) != 1 || res.Header.Get("X-Gatehouse-Assertion") == "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, staff: %d %v", dialect, res.StatusCode, res.Header)
		}
		if res := askHouse(t, h, "GET", target, append(lines, other)...); res.StatusCode != 403 {
			t.Errorf("%s, no right: %d", dialect, res.StatusCode)
		}
		target, lines = described(dialect, "GET", "https://legacy.example.test/")
		if res := askHouse(t, h, "GET", target, append(lines, staff)...); res.StatusCode == 200 {
			t.Errorf("%s: a session of one host counts on another: %v", dialect, res.Header)
		}
		target, lines = described(dialect, "GET", home+"/public/x")
		res = askHouse(t, h, "GET", target, append(lines, "X-Forwarded-Email: boss@example.com")...)
		if email, there := res.Header["X-Forwarded-Email"]; res.StatusCode != 200 || !there || email[0] != "" {
			t.Errorf("%s, anybody on a public route: %d %q; want it there and empty", dialect, res.StatusCode, email)
		}
	}
}

func TestForwardAuthSendsPeopleToSignIn(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	const signIn = home + "/.auth/login?rd=%2Fwiki%3Fx%3D1"
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/wiki?x=1")
		page := askHouse(t, h, "GET", target, append(lines, "Sec-Fetch-Mode: navigate")...)
		fetch := askHouse(t, h, "GET", target, append(lines, "Sec-Fetch-Mode: cors")...)
		want := http.StatusFound
		if dialect == "nginx" {
			want = http.StatusUnauthorized
			if fetch.Header.Get("Location") != signIn {
				t.Errorf("nginx: Location %q", fetch.Header.Get("Location"))
			}
			if page.Header.Get("X-Gatehouse-Redirect") != signIn || fetch.Header.Get("X-Gatehouse-Redirect") != "" {
				t.Errorf("nginx: to redirect a page %q, a fetch %q", page.Header.Get("X-Gatehouse-Redirect"), fetch.Header.Get("X-Gatehouse-Redirect"))
			}
		}
		if page.StatusCode != want || page.Header.Get("Location") != signIn {
			t.Errorf("%s, a navigation: %d to %q", dialect, page.StatusCode, page.Header.Get("Location"))
		}
		if fetch.StatusCode != 401 || len(fetch.Header["Set-Cookie"]) > 0 {
			t.Errorf("%s, a fetch: %d %v", dialect, fetch.StatusCode, fetch.Header)
		}
		// unauthenticated: deny redirects nobody.
		target, lines = described(dialect, "GET", "https://quiet.example.test/x")
		if told := askHouse(t, h, "GET", target, append(lines, "Sec-Fetch-Mode: navigate")...); told.StatusCode != 401 || told.Header.Get("X-Gatehouse-Redirect") != "" {
			t.Errorf("%s, where nobody is redirected: %d %v", dialect, told.StatusCode, told.Header)
		}
	}
}

// TestForwardAuthShowsRefusalsAlone: nginx hands the answer of this address on
// to the client, so nobody is vouched for in it, whatever is asked.
func TestForwardAuthShowsRefusalsAlone(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	staff, other := "Cookie: "+h.visitorCookie("ana.kovacs"), "Cookie: "+h.visitorCookie("cleo.marsh")
	for _, c := range []struct {
		address, cookie string
		want            int
		says            string
	}{
		{home + "/wiki?a=b", other, 403, "prompt=login&amp;rd=%2Fwiki%3Fa%3Db"},
		{home + "/wiki", "X-No: cookie", 401, "Sign in"},
		{home + "/wiki?a=b", staff, 403, `href="/wiki?a=b"`},
		{home + "/public/x", "X-No: cookie", 403, "try again"},
		{"https://nowhere.example.test/", staff, 403, ""},
	} {
		_, lines := described("nginx", "GET", c.address)
		res := askHouse(t, h, "GET", "/.auth/verify/nginx/page", append(lines, c.cookie, "Accept: text/html", "Sec-Fetch-Mode: navigate")...)
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != c.want || !strings.Contains(string(body), c.says) || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d, want %d with %q\n%s", c.address, res.StatusCode, c.want, c.says, body)
		}
		res.Header.Del("X-Gatehouse-Redirect") // the way to sign in
		for name := range res.Header {
			if strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "X-Gatehouse-") || name == "Set-Cookie" {
				t.Errorf("%s: tells the client %s", c.address, name)
			}
		}
	}
	// Whatever was asked for, a GET is answered whole.
	if res := askHouse(t, h, "GET", "/.auth/verify/caddy", "Host: app.example.test", "X-Forwarded-Method: HEAD", "X-Forwarded-Proto: https",
		"X-Forwarded-Host: app.example.test", "X-Forwarded-Uri: /wiki", other, "Accept: text/html"); res.StatusCode != 403 || res.ContentLength < 100 {
		t.Errorf("a HEAD: %d, %d bytes", res.StatusCode, res.ContentLength)
	}
	// Benign: only this address of this dialect.
	_, lines := described("nginx", "GET", home+"/wiki")
	if res := askHouse(t, h, "GET", "/.auth/verify/nginx", append(lines, staff)...); res.StatusCode != 200 {
		t.Errorf("nginx: %d", res.StatusCode)
	}
}

// Every way to describe another request than the one that the proxy in front
// will forward. The benign twin of each is above.
func TestForwardAuthBelievesOnlyItsOwnDescription(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	staff := "Cookie: " + h.visitorCookie("ana.kovacs")
	public := home + "/public/x"
	for _, c := range []struct {
		name    string
		dialect string
		change  func([]string) []string
	}{
		{"nginx by Traefik's words", "nginx", func([]string) []string { _, l := described("traefik", "GET", public); return l }},
		{"traefik by nginx's words", "traefik", func([]string) []string { _, l := described("nginx", "GET", public); return l }},
		{"caddy by nginx's words", "caddy", func([]string) []string { _, l := described("nginx", "GET", public); return l }},
		{"nothing", "nginx", func([]string) []string { return []string{"Host: app.example.test"} }},
		{"nothing", "traefik", func([]string) []string { return []string{"Host: app.example.test"} }},
		{"no scheme", "envoy", func(l []string) []string { return l[:1] }},
		{"no method", "nginx", func(l []string) []string { return append(l[:1:1], l[2:]...) }},
		{"no method", "caddy", func(l []string) []string { return append(l[:1:1], l[2:]...) }},
		{"twice", "nginx", func(l []string) []string { return append(l, "X-Original-URL: "+public) }},
		{"twice, oddly cased", "nginx", func(l []string) []string { return append(l, "x-oRIGINAL-uRL: "+home+"/wiki") }},
		{"twice", "traefik", func(l []string) []string { return append(l, "X-Forwarded-Uri: /public/x") }},
		{"two hosts", "traefik", func(l []string) []string { return append(l, "X-Forwarded-Host: app.example.test") }},
		{"a list of hosts", "caddy", func(l []string) []string {
			return append(l[:3:3], "X-Forwarded-Host: app.example.test, legacy.example.test", l[4])
		}},
		{"two schemes", "envoy", func(l []string) []string { return append(l, "X-Forwarded-Proto: https") }},
		{"unknown scheme", "envoy", func(l []string) []string { return []string{l[0], "X-Forwarded-Proto: ftp"} }},
		{"http of an https site", "traefik", func(l []string) []string { l[2] = "X-Forwarded-Proto: http"; return l }},
		{"unknown host", "traefik", func(l []string) []string { l[3] = "X-Forwarded-Host: evil.example"; return l }},
		{"unknown port", "traefik", func(l []string) []string { l[3] = "X-Forwarded-Host: app.example.test:8443"; return l }},
		{"user in the host", "nginx", func(l []string) []string { l[2] = "X-Original-URL: https://x@app.example.test/wiki"; return l }},
		{"no path", "nginx", func(l []string) []string { l[2] = "X-Original-URL: https://app.example.test"; return l }},
		{"a path of dots", "nginx", func(l []string) []string { l[2] = "X-Original-URL: " + home + "/public/../admin"; return l }},
		{"an encoded slash", "traefik", func(l []string) []string { l[4] = "X-Forwarded-Uri: /public/..%2fadmin"; return l }},
		{"a doubled slash", "caddy", func(l []string) []string { l[4] = "X-Forwarded-Uri: //admin"; return l }},
		{"a whole address", "traefik", func(l []string) []string { l[4] = "X-Forwarded-Uri: http://other/x"; return l }},
		{"a fragment", "caddy", func(l []string) []string { l[4] = "X-Forwarded-Uri: /wiki#/public/"; return l }},
		{"TRACE", "traefik", func(l []string) []string { l[1] = "X-Forwarded-Method: TRACE"; return l }},
		{"our own address", "traefik", func(l []string) []string { l[4] = "X-Forwarded-Uri: /.auth/me"; return l }},
		{"an address of forward auth", "nginx", func(l []string) []string { l[2] = "X-Original-URL: " + home + "/.auth/verify/nginx"; return l }},
		{"a socket from elsewhere", "nginx", func(l []string) []string {
			return append(l, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Origin: https://evil.example.test")
		}},
	} {
		target, lines := described(c.dialect, "GET", home+"/wiki")
		res := askHouse(t, h, "GET", target, append(c.change(lines), staff)...)
		if res.StatusCode != 403 && res.StatusCode != 400 || res.Header.Get("X-Forwarded-Email") != "" {
			t.Errorf("%s, %s: %d %v", c.dialect, c.name, res.StatusCode, res.Header)
		}
	}
	for _, target := range []string{"/.auth/verify/apache", "/.auth/verify/", "/.auth/verify", "/.auth/verify/NGINX"} {
		if res := askHouse(t, h, "GET", target, "Host: app.example.test"); res.StatusCode != 404 {
			t.Errorf("%s: %d", target, res.StatusCode)
		}
	}
}

func TestForwardAuthAnswersTrustedProxiesAlone(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/public/x")
		if res := askHouse(t, h, "GET", target, lines...); res.StatusCode != 403 && res.StatusCode != 421 {
			t.Errorf("%s: %d", dialect, res.StatusCode)
		}
	}
}

// A route without an upstream answers proxies that ask, and nobody else.
func TestRouteForForwardAuthForwardsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	h.idp.AutoLogin("ana.kovacs")
	b := h.browser()
	b.open("https://legacy.example.test/").wants(http.StatusNotFound)
}

// TestForwardAuthHasOneSpelling: the proxies that ask keep these addresses from
// their clients, and compare less carefully than we do.
func TestForwardAuthHasOneSpelling(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	staff := "Cookie: " + h.visitorCookie("ana.kovacs")
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/wiki")
		for _, other := range []string{
			strings.Replace(target, "verify", "%76erify", 1), strings.Replace(target, ".auth", "%2Eauth", 1),
			strings.Replace(target, dialect, "%"+fmt.Sprintf("%x", dialect[0])+dialect[1:], 1), "http://app.example.test" + target,
		} {
			if res := askHouse(t, h, "GET", other, append(lines, staff)...); res.StatusCode/100 != 4 || res.Header.Get("X-Forwarded-Email") != "" {
				t.Errorf("%s: %d", other, res.StatusCode)
			}
		}
	}
}

// TestForwardAuthReadsWhatTraefikAndEnvoySend: whole requests, with everything
// that comes along, as their documentation tells (Traefik 3.3, ForwardAuth,
// "Forward-Request Headers"; Envoy 1.40, ext_authz.v3.HttpService). Neither is at
// hand for a test to run.
func TestForwardAuthReadsWhatTraefikAndEnvoySend(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	cookie := "Cookie: " + h.visitorCookie("ana.kovacs")
	traefik := []string{
		"Host: 127.0.0.1:8080", "User-Agent: Mozilla/5.0", "Accept: text/html", "Accept-Encoding: gzip", "Sec-Fetch-Mode: navigate",
		"X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: app.example.test", "X-Forwarded-Method: POST", "X-Forwarded-Port: 443",
		"X-Forwarded-Proto: https", "X-Forwarded-Server: 5f1d7a90c4e2", "X-Forwarded-Uri: /wiki?a=%2F&b", "X-Real-Ip: 192.0.2.7",
	}
	if res := askHouse(t, h, "GET", "/.auth/verify/traefik", append(traefik, cookie)...); res.StatusCode != 200 || res.Header.Get("X-Forwarded-Email") != "ana.kovacs@example.com" {
		t.Errorf("Traefik: %d %v", res.StatusCode, res.Header)
	}
	envoy := []string{
		"Host: app.example.test", "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.7", "X-Envoy-Internal: true",
		"X-Request-Id: 6f1e0c2e-5f5c-4a3e-9b0d-0d3a3e8f7c11", "X-Envoy-Expected-Rq-Timeout-Ms: 5000", "Content-Length: 0",
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE"} {
		if res := askHouse(t, h, method, "/.auth/verify/envoy/wiki?a=%2F&b", append(envoy, cookie)...); res.StatusCode != 200 || res.Header.Get("X-Forwarded-Email") != "ana.kovacs@example.com" {
			t.Errorf("Envoy, %s: %d %v", method, res.StatusCode, res.Header)
		}
		if res := askHouse(t, h, method, "/.auth/verify/envoy/wiki?a=%2F&b", envoy...); res.StatusCode != 401 {
			t.Errorf("Envoy, a stranger's %s: %d", method, res.StatusCode)
		}
	}
}
