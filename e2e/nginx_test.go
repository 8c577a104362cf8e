package e2e

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBehindNginx runs both halves of the example as they stand there, but for
// addresses, with Dex as the provider.
func TestBehindNginx(t *testing.T) {
	nginx := program(t, "nginx", "/usr/sbin/nginx")
	ports := freePorts(t, 5)
	issuer, base, plain, gate := "http://localhost:"+ports[0]+"/dex", "https://localhost:"+ports[1], "http://localhost:"+ports[2], "127.0.0.1:"+ports[3]
	certFile, keyFile, roots := certificate(t)
	behind := newApp(t)
	startDex(t, fmt.Sprintf(`
issuer: %s
staticClients: [{id: gatehouse, name: Gatehouse, secret: only for the tests, redirectURIs: [%s/.auth/callback/corp]}]
connectors: [{type: crowd, id: crowd, name: Crowd, config: {Groups: 200}}]
`, issuer, base))
	runNginx(t, nginx, example(t, "behind-a-proxy.nginx.conf",
		"listen 443 ssl", "listen 127.0.0.1:"+ports[1]+" ssl", "listen 80", "listen 127.0.0.1:"+ports[2],
		"server_name wiki.example.com", "server_name localhost",
		"/etc/nginx/tls/wiki.example.com.crt", certFile, "/etc/nginx/tls/wiki.example.com.key", keyFile,
		"http://127.0.0.1:8080", "http://"+gate))
	client := &http.Client{Transport: trusting(roots)}
	serve(t, example(t, "behind-a-proxy.yaml",
		"listen: 127.0.0.1:8080", "listen: "+gate+"\n  admin: {listen: \"\"}", "127.0.0.1:9181", "127.0.0.1:"+ports[4],
		"https://idp.example.com", issuer, "https://wiki.example.com", base, "http://127.0.0.1:3000", behind.URL,
		`client_secret: "${OIDC_CLIENT_SECRET}"`, `client_secret: "${OIDC_CLIENT_SECRET}"`+"\n    scopes: [openid, email, profile, groups]"),
		base, client, "OIDC_CLIENT_SECRET=only for the tests")

	p := newPerson(t, roots)
	home := p.follow(p.visit(base+"/deep?x=1"), "Crowd")
	if home.Status != http.StatusOK || home.URL.String() != base+"/deep?x=1" || home.Body != "app /deep?x=1" {
		t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
	}

	t.Run("the app learns of the public address and the real client", func(t *testing.T) {
		request, err := http.NewRequest(http.MethodGet, base+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Forwarded-For", "198.51.100.66")
		request.Header.Set("X-Forwarded-Proto", "http")
		request.Header.Set("X-Forwarded-Email", "boss@example.com")
		if forged := p.ask(request); forged.Status != http.StatusOK {
			t.Errorf("status %d", forged.Status)
		}
		behind.got(t, map[string]string{
			"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost:" + ports[1], "X-Forwarded-For": "127.0.0.1",
			"X-Forwarded-Email": "elif@example.com", "Cookie": "",
		})
	})
	t.Run("the session is several cookies bound to host and https", func(t *testing.T) {
		for _, name := range []string{"__Host-gatehouse", "__Host-gatehouse.1"} {
			c := p.given[name]
			if c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("%s: %v", name, c)
			}
		}
	})
	t.Run("http is sent to https", func(t *testing.T) {
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := client.Get(plain + "/a?b=c")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusPermanentRedirect || to != "https://localhost/a?b=c" {
			t.Errorf("%s to %s", answer.Status, to)
		}
	})
	signsOut(t, p, base)
}

// runNginx runs nginx in the foreground with the content of an http block.
func runNginx(t *testing.T, nginx, http string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	// Its own directories, so that it touches nothing of the machine's; as
	// root it would run its workers as nobody, who may not enter them.
	main := fmt.Sprintf(`
user root;
pid %[1]s/pid;
error_log stderr;
worker_processes 1;
daemon off;
events {}
http {
access_log off;
client_body_temp_path %[1]s/body;
proxy_temp_path %[1]s/proxy;
fastcgi_temp_path %[1]s/fastcgi;
uwsgi_temp_path %[1]s/uwsgi;
scgi_temp_path %[1]s/scgi;
%[2]s
}
`, dir, http)
	if err := os.WriteFile(file, []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(nginx, "-t", "-q", "-p", dir, "-c", file).CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	start(t, exec.Command(nginx, "-p", dir, "-c", file, "-e", "stderr"))
}

func randomName() string { return "group-" + rand.Text()[:10] }
