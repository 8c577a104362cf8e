package e2e

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asked is a proxy that forwards by itself and asks Gatehouse.
type asked struct {
	base   string
	roots  *x509.CertPool
	behind *app
	person *person
}

// askedBy runs Dex, Gatehouse with an example and, by run, the proxy in front,
// which is given its own port, Gatehouse's address and the application's.
func askedBy(t *testing.T, file string, run func(port, certFile, keyFile, gate, app string), changes ...string) asked {
	t.Helper()
	ports := freePorts(t, 3)
	issuer, base, gate := "http://localhost:"+ports[0]+"/dex", "https://localhost:"+ports[1], "127.0.0.1:"+ports[2]
	certFile, keyFile, roots := certificate(t)
	a := asked{base: base, roots: roots, behind: newApp(t), person: newPerson(t, roots)}
	a.behind.Config.Handler = socketsToo(a.behind.Config.Handler)
	startDex(t, fmt.Sprintf(`
issuer: %s
staticClients: [{id: gatehouse, name: Gatehouse, secret: only for the tests, redirectURIs: [%s/.auth/callback/corp]}]
connectors: [{type: crowd, id: crowd, name: Crowd, config: {Groups: 3}}]
`, issuer, base))
	run(ports[1], certFile, keyFile, gate, strings.TrimPrefix(a.behind.URL, "http://"))
	serve(t, example(t, file, append([]string{
		"listen: 127.0.0.1:8080", "listen: " + gate + "\n  admin: {listen: \"\"}",
		"https://idp.example.com", issuer, "https://wiki.example.com", base,
		"- allow: {email_domain: example.com}", "- {deny: {path: /board}}\n      - {allow: {email_domain: example.com}}",
	}, changes...)...), base, &http.Client{Transport: trusting(roots)}, "OIDC_CLIENT_SECRET=only for the tests")
	return a
}

// socketsToo answers WebSocket handshakes with "hello" on the raw connection.
func socketsToo(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			next.ServeHTTP(w, r)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello")
			conn.Close()
		}
	})
}

// raw sends a head as it stands and returns the answer with what follows it.
func (a asked) raw(t *testing.T, lines ...string) (status int, header http.Header, body string) {
	t.Helper()
	u, err := url.Parse(a.base)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", "127.0.0.1:"+u.Port(), &tls.Config{ServerName: "localhost", RootCAs: a.roots})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	from := res.Body.(io.Reader)
	if res.StatusCode == http.StatusSwitchingProtocols {
		from = io.LimitReader(r, 5)
	}
	data, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(data)
}

// holds is what every such proxy owes its people.
func (a asked) holds(t *testing.T) {
	p, host := a.person, strings.TrimPrefix(a.base, "https://")
	const close = "Connection: close"
	t.Run("a script is told, not sent", func(t *testing.T) {
		status, header, body := a.raw(t, "GET /deep HTTP/1.1", "Host: "+host, "Sec-Fetch-Mode: cors", "Accept: */*", close)
		if status != http.StatusUnauthorized || header.Get("Set-Cookie") != "" || header.Get("WWW-Authenticate") == "" || !strings.Contains(body, a.base+"/.auth/login?rd=%2Fdeep") {
			t.Errorf("%d %v %s", status, header, body)
		}
	})
	home := p.follow(p.visit(a.base+"/deep?x=1&y=%2F"), "Crowd")
	if home.Status != http.StatusOK || home.URL.String() != a.base+"/deep?x=1&y=%2F" || home.Body != "app /deep?x=1&y=%2F" {
		t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
	}
	u, err := url.Parse(a.base)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range p.client.Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	cookie := "Cookie: theirs=1; " + strings.Join(cookies, "; ") + "; too=2"

	t.Run("the app learns who is calling, and from nobody else", func(t *testing.T) {
		status, _, body := a.raw(t, "GET /who HTTP/1.1", "Host: "+host, cookie, close, "X-Forwarded-Email: boss@example.com", "X-Forwarded-Preferred-Username: boss",
			"X_Forwarded_Email: boss@example.com", "X-Gatehouse-Assertion: a.b.c", "X-Forwarded-For: 198.51.100.66", "X-Gatehouse-Token: x",
			"X-Forwarded-Host: evil.example", "X-Forwarded-Uri: /other", "X-Original-URL: "+a.base+"/other")
		if status != http.StatusOK || body != "app /who" {
			t.Fatalf("%d %s", status, body)
		}
		a.behind.got(t, map[string]string{"X-Forwarded-Email": "elif@example.com", "X_Forwarded_Email": "", "X-Forwarded-For": "127.0.0.1", "X-Gatehouse-Token": ""})
		a.behind.mu.Lock()
		defer a.behind.mu.Unlock()
		last := a.behind.last
		if id := last.Get("X-Request-Id"); len(id) != 26 {
			t.Errorf("request id %q", id)
		}
		if jwt := last.Get("X-Gatehouse-Assertion"); strings.Count(jwt, ".") != 2 || jwt == "a.b.c" {
			t.Errorf("assertion %q", jwt)
		}
		if strings.Contains(last.Get("X-Forwarded-Preferred-Username"), "boss") || last.Get("X-Forwarded-Host") != host {
			t.Errorf("a client's word, or not the address with its port: %v", last)
		}
		if all := strings.Join(last["Cookie"], "; "); strings.Contains(all, "gatehouse=") || !strings.Contains(all, "theirs=1") || !strings.Contains(all, "too=2") {
			t.Errorf("cookies %q", all)
		}
	})
	t.Run("the app sees the cookies of others alone", func(t *testing.T) {
		session := strings.Join(cookies, "; ")
		for _, around := range [][2]string{{"", ""}, {"", "; a=1"}, {"a=1; ", ""}, {"__Host-gatehouse-x=1; ", "; a=1"}, {"a=1; __Host-gatehouse-x=1; ", "; __Host-gatehouse-y=2; b=2"},
			{"__Host-gatehouse-x=1; a=1; ", "; b=2"}} {
			if status, _, body := a.raw(t, "GET /who HTTP/1.1", "Host: "+host, "Cookie: "+around[0]+session+around[1], close); status != http.StatusOK {
				t.Fatalf("%d %s", status, body)
			}
			a.behind.mu.Lock()
			all := strings.Join(a.behind.last["Cookie"], "; ")
			a.behind.mu.Unlock()
			if strings.Contains(all, "gatehouse=") || strings.Contains(all, "a=1") != strings.Contains(strings.Join(around[:], ""), "a=1") || strings.Contains(all, "b=2") != strings.Contains(around[1], "b=2") {
				t.Errorf("%q: the app saw %q", around, all)
			}
		}
	})
	t.Run("what is denied is 403, and people read why", func(t *testing.T) {
		board := p.visit(a.base + "/board?x=1")
		if board.Status != http.StatusForbidden || !strings.Contains(board.Body, "elif@example.com") || !strings.Contains(board.Body, "rd=%2Fboard%3Fx%3D1") {
			t.Errorf("%d %s", board.Status, board.Body)
		}
		status, header, body := a.raw(t, "POST /board HTTP/1.1", "Host: "+host, cookie, "Content-Length: 1", "Content-Type: text/plain", "Accept: */*", close, "", "x")
		if status != http.StatusForbidden || !strings.Contains(body, `"error":"forbidden","reason":"denied_by_rule"`) || header.Get("X-Forwarded-Email") != "" {
			t.Errorf("a script: %d %v %s", status, header, body)
		}
	})
	t.Run("no path slips past the rule", func(t *testing.T) {
		for _, path := range []string{"/x/../board", "/%62oard", "//board", "/x/%2e%2e/board", "/board;x", "/x/..%2fboard", "/./board", "/board?/x"} {
			if status, _, body := a.raw(t, "GET "+path+" HTTP/1.1", "Host: "+host, cookie, close); status < 400 || strings.HasPrefix(body, "app ") {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
	})
	t.Run("a request with two hosts is decided for the one it goes to", func(t *testing.T) {
		if status, _, body := a.raw(t, "GET https://"+host+"/board HTTP/1.1", "Host: elsewhere.example", cookie, close); status < 400 || strings.HasPrefix(body, "app ") {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("nobody asks from outside", func(t *testing.T) {
		for _, path := range []string{"/.auth/verify/", "/.auth/%76erify/", "/.auth/verify%2f", "/.auth//verify/", "/x/../.auth/verify/"} {
			for _, dialect := range []string{"nginx", "traefik", "caddy", "envoy/who"} {
				status, header, _ := a.raw(t, "GET "+path+dialect+" HTTP/1.1", "Host: "+host, cookie, close,
					"X-Original-Method: GET", "X-Original-URL: "+a.base+"/who", "X-Forwarded-Method: GET", "X-Forwarded-Uri: /who")
				if status < 400 || header.Get("X-Forwarded-Email")+header.Get("X-Gatehouse-Assertion") != "" {
					t.Errorf("%s%s: %d %v", path, dialect, status, header)
				}
			}
		}
	})
	t.Run("WebSockets of the site's own pages", func(t *testing.T) {
		handshake := []string{"GET /socket HTTP/1.1", "Host: " + host, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
		if status, _, body := a.raw(t, append(handshake, cookie, "Origin: "+a.base)...); status != http.StatusSwitchingProtocols || body != "hello" {
			t.Errorf("own: %d %s", status, body)
		}
		if status, _, _ := a.raw(t, append(handshake, cookie, "Origin: https://evil.localhost")...); status != http.StatusForbidden {
			t.Errorf("another's: %d", status)
		}
		if status, _, _ := a.raw(t, append(handshake, "Origin: "+a.base)...); status != http.StatusUnauthorized {
			t.Errorf("a stranger's: %d", status)
		}
	})
	signsOut(t, p, a.base)
}

func TestForwardAuthForNginx(t *testing.T) {
	nginx := program(t, "nginx", "/usr/sbin/nginx")
	askedBy(t, "forward-auth-nginx.yaml", func(port, certFile, keyFile, gate, app string) {
		runNginx(t, nginx, example(t, "forward-auth-nginx.conf",
			"listen 443 ssl http2", "listen 127.0.0.1:"+port+" ssl", "server_name wiki.example.com", "server_name localhost",
			"/etc/nginx/tls/wiki.example.com.crt", certFile, "/etc/nginx/tls/wiki.example.com.key", keyFile,
			"127.0.0.1:8080", gate, "127.0.0.1:3000", app))
	}, "store: redis", "store: cookie", `redis: {urls: ["redis://127.0.0.1:6379/0"]}`, "").holds(t)
}

func TestForwardAuthForCaddy(t *testing.T) {
	caddy := program(t, "caddy", "/usr/bin/caddy")
	askedBy(t, "forward-auth.yaml", func(port, certFile, keyFile, gate, app string) {
		runCaddy(t, caddy, example(t, "forward-auth.Caddyfile",
			"wiki.example.com {", "https://localhost:"+port+" {\n\tbind 127.0.0.1\n\ttls "+certFile+" "+keyFile,
			"127.0.0.1:8080", gate, "127.0.0.1:3000", app))
	}).holds(t)
}

// runCaddy runs Caddy with the sites of a Caddyfile.
func runCaddy(t *testing.T, caddy, sites string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, []byte("{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n}\n"+sites), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(caddy, "run", "--adapter", "caddyfile", "--config", file)
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	start(t, command)
}
