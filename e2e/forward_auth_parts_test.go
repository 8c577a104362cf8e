package e2e

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// inFront is a proxy that asks Gatehouse, over a socket and with HTTP/2 to
// browsers. Its people sign in at auth.
type inFront struct {
	base, auth string
	provider   *provider
	behind     *app
	person     *person
	token      string // of service token ci
}

// gateOf is Gatehouse's file; %[1]s and so on are socket, auth, base, provider,
// hash and session.
const gateOf = `
server: {listen: "unix:%[1]s", trusted_proxies: [unix], auth_url: %[2]q, admin: {listen: ""}}
session:
  keys: ["${GATEHOUSE_KEY}"]
  idle: 10s
%[6]s
providers:
  - {name: corp, type: oidc, issuer: %[4]q, client_id: gatehouse, client_secret: only for the tests}
service_tokens: [{name: ci, secret_sha256: %[5]s}]
bearer: [{name: scripts, issuer: %[4]q, audiences: [api]}]
routes:
  - {from: %[3]q, policy: [{deny: {path: /board}}, {allow: everyone}, {service_auth: {service_token: ci}}]}
  - {from: %[3]s/files, policy: [{allow: everyone}], permit_in_path: [encoded_slash]}
  - {from: %[3]s/api, policy: [{service_auth: {claim: {path: sub, is: robot}}}], bearer: [scripts]}
  - {from: %[3]s/quiet, policy: [{allow: everyone}], unauthenticated: deny}
  - {from: %[3]s/pay, policy: [{allow: everyone}], step_up: {acr_values: mfa}}
`

// inFrontOf runs a proxy, Gatehouse and a provider. One host signs in everybody
// where sessions are shared; otherwise each for itself.
func inFrontOf(t *testing.T, shared bool, run func(t *testing.T, port, certFile, keyFile, socket, app string)) *inFront {
	t.Helper()
	ports := freePorts(t, 2)
	certFile, keyFile, roots := certificate(t)
	f := &inFront{base: "https://localhost:" + ports[0], provider: newProvider(t, false), behind: newApp(t), person: newPerson(t, roots)}
	f.auth = f.base
	sessions := "  store: cookie"
	if shared {
		f.auth = "https://auth.localhost:" + ports[0]
		startRedis(t, ports[1])
		sessions = `  store: redis` + "\n" + `  redis: {urls: ["redis://127.0.0.1:` + ports[1] + `/0"]}`
	}
	made, err := exec.Command(gatehouse, "keygen", "service-token", "ci").Output()
	if err != nil {
		t.Fatal(err)
	}
	f.token, _, _ = strings.Cut(string(made), "\n")
	hash := fmt.Sprintf("%x", sha256.Sum256([]byte(f.token)))
	transport := trusting(roots)
	transport.ForceAttemptHTTP2 = true
	f.person.client.Transport = watched{transport, f.person.given}

	dir, err := os.MkdirTemp("", "gate") // short: a socket's path has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	run(t, ports[0], certFile, keyFile, socket, strings.TrimPrefix(f.behind.URL, "http://"))
	serve(t, fmt.Sprintf(gateOf, socket, f.auth, f.base, f.provider.URL, hash, sessions), f.base, &http.Client{Transport: transport})
	return f
}

// ask sends a request and returns its answer with the body read. Redirects are
// not followed; header lines are name and value in turn.
func (f *inFront) ask(t *testing.T, cookies bool, method, address string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{Transport: f.person.client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if cookies {
		client.Jar = f.person.client.Jar
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// holds is what people and programs get through such a proxy.
func (f *inFront) holds(t *testing.T, renews bool) {
	p := f.person
	t.Run("a stranger is not redirected where the route does not want it", func(t *testing.T) {
		res, body := f.ask(t, false, "GET", f.base+"/quiet", "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
		if res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "/.auth/login?rd=%2Fquiet") {
			t.Errorf("%s %v %s", res.Status, res.Header, body)
		}
	})
	t.Run("a sign-in leads back, over HTTP/2 and a socket", func(t *testing.T) {
		if at := p.visit(f.base + "/deep?x=1&y=%2F"); at.Status != http.StatusOK || at.URL.String() != f.base+"/deep?x=1&y=%2F" || at.Body != "app /deep?x=1&y=%2F" {
			t.Fatalf("%d at %s:\n%s", at.Status, at.URL, at.Body)
		}
		if res, _ := f.ask(t, true, "GET", f.base+"/who"); res.ProtoMajor != 2 || res.StatusCode != http.StatusOK {
			t.Errorf("%s %s", res.Proto, res.Status)
		}
		f.behind.got(t, map[string]string{"X-Forwarded-User": "ada", "X-Forwarded-For": "127.0.0.1", "X-Gatehouse-Provider": "corp", "Cookie": ""})
	})
	t.Run("an encoded slash passes where the route permits it", func(t *testing.T) {
		if res, body := f.ask(t, true, "GET", f.base+"/files/a%2Fb"); res.StatusCode != http.StatusOK || body != "app /files/a%2Fb" {
			t.Errorf("%s %s", res.Status, body)
		}
		if res, body := f.ask(t, true, "GET", f.base+"/deep/a%2Fb"); res.StatusCode != http.StatusForbidden || !strings.Contains(body, "path_ambiguous") {
			t.Errorf("elsewhere: %s %s", res.Status, body)
		}
	})
	t.Run("machines come by tokens", func(t *testing.T) {
		robot := f.provider.sign("at+jwt", map[string]any{"sub": "robot", "aud": "api", "client_id": "robot", "jti": "1"})
		other := f.provider.sign("at+jwt", map[string]any{"sub": "other", "aud": "api", "client_id": "other", "jti": "2"})
		for _, c := range []struct {
			name, path, header, value string
			want                      int
			user                      string
		}{
			{"a service token", "/x", "X-Gatehouse-Token", f.token, 200, "ci"},
			{"a bearer token", "/api/x", "Authorization", "Bearer " + robot, 200, "robot"},
			{"a bearer token that no rule admits", "/api/x", "Authorization", "Bearer " + other, 403, ""},
			{"a service token that no rule admits", "/files/x", "X-Gatehouse-Token", f.token, 403, ""},
			{"a service token that does not hold", "/x", "X-Gatehouse-Token", f.token + "0", 401, ""},
			{"a bearer token that does not hold", "/api/x", "Authorization", "Bearer " + robot + "x", 401, ""},
			{"a person's session", "/api/x", "X-Nothing", "", 403, ""},
		} {
			res, body := f.ask(t, true, "GET", f.base+c.path, c.header, c.value)
			if res.StatusCode != c.want || (c.want == 401) != strings.Contains(res.Header.Get("WWW-Authenticate"), "invalid_token") {
				t.Errorf("%s: %s %v %s", c.name, res.Status, res.Header, body)
			}
			if c.want == 200 {
				f.behind.got(t, map[string]string{"X-Forwarded-User": c.user, "X-Gatehouse-Token": ""})
			} else if strings.HasPrefix(body, "app ") {
				t.Errorf("%s: reached the app", c.name)
			}
		}
		if res, body := f.ask(t, false, "GET", f.base+"/api/x"); res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" || res.Header.Get("Location") != "" {
			t.Errorf("nobody: %s %v %s", res.Status, res.Header, body)
		}
	})
	t.Run("a stronger sign-in is asked for, once", func(t *testing.T) {
		if res, body := f.ask(t, true, "GET", f.base+"/pay?x=1", "Sec-Fetch-Mode", "cors"); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "step_up_required") ||
			!strings.Contains(res.Header.Get("WWW-Authenticate"), `acr_values="mfa"`) {
			t.Errorf("a script: %s %v %s", res.Status, res.Header, body)
		}
		if at := p.visit(f.base + "/pay?x=1"); at.Status != http.StatusOK || at.URL.String() != f.base+"/pay?x=1" || at.Body != "app /pay?x=1" {
			t.Errorf("%d at %s:\n%s", at.Status, at.URL, at.Body)
		}
		if res, _ := f.ask(t, true, "GET", f.base+"/pay", "Sec-Fetch-Mode", "cors"); res.StatusCode != http.StatusOK {
			t.Errorf("afterwards: %s", res.Status)
		}
	})
	t.Run("the denied see Gatehouse's page", func(t *testing.T) {
		res, body := f.ask(t, true, "GET", f.base+"/board", "Accept", "text/html", "Sec-Fetch-Mode", "navigate")
		if res.StatusCode != http.StatusForbidden || !strings.Contains(body, "You are signed in as") || !strings.Contains(body, "ada@example.com") || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s %v %s", res.Status, res.Header, body)
		}
	})
	if renews {
		t.Run("a session in use is renewed in the browser", func(t *testing.T) {
			again := time.NewTicker(100 * time.Millisecond)
			defer again.Stop()
			for deadline := time.Now().Add(patience); ; <-again.C {
				res, body := f.ask(t, true, "GET", f.base+"/x")
				if res.StatusCode != http.StatusOK || time.Now().After(deadline) {
					t.Fatalf("%s %s", res.Status, body)
				}
				if set := res.Header["Set-Cookie"]; len(set) == 1 && strings.HasPrefix(set[0], "__Host-gatehouse=") && strings.Contains(set[0], "HttpOnly") {
					return
				}
			}
		})
	}
	signsOut(t, p, f.base)
	if res, body := f.ask(t, true, "GET", f.base+"/x", "Sec-Fetch-Mode", "cors"); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the sign-out: %s %s", res.Status, body)
	}
}

func TestForwardAuthPartsForNginx(t *testing.T) {
	nginx := program(t, "nginx", "/usr/sbin/nginx")
	for name, shared := range map[string]bool{"each host signs in": false, "one host signs in": true} {
		t.Run(name, func(t *testing.T) {
			inFrontOf(t, shared, func(t *testing.T, port, certFile, keyFile, socket, app string) {
				both := example(t, "forward-auth-nginx.conf",
					"listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "server_name wiki.example.com", "server_name localhost",
					"/etc/nginx/tls/wiki.example.com.crt", certFile, "/etc/nginx/tls/wiki.example.com.key", keyFile,
					"127.0.0.1:8080/.auth", "unix:"+socket+":/.auth", "127.0.0.1:8080", "unix:"+socket, "127.0.0.1:3000", app)
				runNginx(t, nginx, both+fmt.Sprintf(`
server {
    listen 127.0.0.1:%s ssl http2;
    server_name auth.localhost;
    ssl_certificate %s;
    ssl_certificate_key %s;
    location / {
        proxy_pass http://unix:%s;
        proxy_set_header Host              $host:$server_port;
        proxy_set_header X-Forwarded-For   $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
    location /.auth/verify { return 404; }
}`, port, certFile, keyFile, socket))
			}).holds(t, !shared)
		})
	}
}

func TestForwardAuthPartsForCaddy(t *testing.T) {
	caddy := program(t, "caddy", "/usr/bin/caddy")
	for name, shared := range map[string]bool{"each host signs in": false, "one host signs in": true} {
		t.Run(name, func(t *testing.T) {
			inFrontOf(t, shared, func(t *testing.T, port, certFile, keyFile, socket, app string) {
				site := fmt.Sprintf("https://%%s:%s {\n\tbind 127.0.0.1\n\ttls %s %s\n", port, certFile, keyFile)
				runCaddy(t, caddy, example(t, "forward-auth.Caddyfile",
					"wiki.example.com {", fmt.Sprintf(site, "localhost"), "127.0.0.1:8080", "unix/"+socket, "127.0.0.1:3000", app)+
					fmt.Sprintf(site, "auth.localhost")+"\trespond /.auth/verify/* 404\n\treverse_proxy unix/"+socket+"\n}\n")
			}).holds(t, !shared)
		})
	}
}
