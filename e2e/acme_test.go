package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// authority is Pebble, Let's Encrypt's small ACME server for tests. It asks for
// real proofs, at ports of our choosing.
type authority struct {
	*process
	directory  string
	cert       string // file of who certifies the authority itself
	http, tls  string // the ports where it asks for proofs
	management string
	client     *http.Client
}

// pebble runs an authority for which every name is this machine.
func pebble(t *testing.T) *authority {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir,
		"github.com/letsencrypt/pebble/v2/cmd/pebble", "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build pebble: %v\n%s", err, output)
	}
	ports := freePorts(t, 6)
	names := "127.0.0.1:" + ports[0]
	start(t, exec.Command(filepath.Join(dir, "pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
		"-dnsserver", names, "-management", "127.0.0.1:"+ports[1], "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""))

	cert, key, roots := certificate(t)
	a := &authority{
		directory: "https://localhost:" + ports[2] + "/dir", management: "https://localhost:" + ports[3],
		cert: cert, http: ports[4], tls: ports[5],
		client: &http.Client{Transport: trusting(roots), Timeout: patience},
	}
	file := filepath.Join(dir, "pebble.json")
	asks := func(port string) int { n, _ := strconv.Atoi(port); return n }
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": "127.0.0.1:" + ports[2], "managementListenAddress": "127.0.0.1:" + ports[3],
		"certificate": cert, "privateKey": key, "httpPort": asks(a.http), "tlsPort": asks(a.tls), "keyAlgorithm": "ecdsa",
		"retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles":   map[string]any{"default": map[string]any{"description": "as usual", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(filepath.Join(dir, "pebble"), "-config", file, "-dnsserver", names)
	command.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	a.process = start(t, command)
	answers(t, a.client, a.directory)
	return a
}

// roots are who certifies what the authority issues.
func (a *authority) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	res, err := a.client.Get(a.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	pem, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatalf("the authority's root is %q", pem)
	}
	return pool
}

// shown waits for a certificate of that name which roots vouch for, and returns
// its serial number.
func shown(t *testing.T, port, name string, roots *x509.CertPool) string {
	t.Helper()
	var err error
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		var c *tls.Conn
		c, err = tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{ServerName: name, RootCAs: roots})
		if err == nil {
			defer c.Close()
			return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
		}
	}
	t.Fatalf("no certificate for %s: %v", name, err)
	return ""
}

// TestCertificatesFromAnAuthority: obtained with a proof over TLS or over HTTP,
// kept over a restart without the authority, and obtained for the route that a
// reload adds.
func TestCertificatesFromAnAuthority(t *testing.T) {
	a := pebble(t)
	roots := a.roots(t)
	for _, c := range []struct {
		name     string
		listen   string // port of the public listener
		redirect string // port of the redirect listener, or none
	}{
		{"proved over TLS", a.tls, ""},
		{"proved over HTTP", freePorts(t, 1)[0], a.http},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "gatehouse.yaml")
			write := func(hosts ...string) {
				t.Helper()
				redirect := ""
				if c.redirect != "" {
					redirect = "127.0.0.1:" + c.redirect
				}
				var text strings.Builder
				fmt.Fprintf(&text, `
server:
  listen: "127.0.0.1:%s"
  redirect_listen: "%s"
  admin: {listen: ""}
  acme: {email: ops@example.com, cache: %q, directory: %q}
session: {keys: "${GATEHOUSE_KEY}"}
routes:
`, c.listen, redirect, filepath.Join(dir, "acme"), a.directory)
				for _, host := range hosts {
					fmt.Fprintf(&text, "  - {from: \"https://%s:%s\", to: \"http://127.0.0.1:1\", policy: public}\n", host, c.listen)
				}
				if err := os.WriteFile(path+".next", []byte(text.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".next", path); err != nil {
					t.Fatal(err)
				}
			}
			write("first.example.test")
			sealing := key(t)
			serve := func() *process {
				command := exec.Command(gatehouse, "serve", "--config", path)
				command.Env = append(os.Environ(), "GATEHOUSE_KEY="+sealing, "SSL_CERT_FILE="+a.cert)
				return start(t, command)
			}
			p := serve()
			serial := shown(t, c.listen, "first.example.test", roots)

			// An ordinary request over that certificate.
			transport := trusting(roots)
			transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+c.listen)
			}
			defer transport.CloseIdleConnections()
			answers(t, &http.Client{Transport: transport}, "https://first.example.test:"+c.listen+"/.auth/ok")

			// Names that no route has get nothing, and cost the authority nothing.
			if stray, err := tls.Dial("tcp", "127.0.0.1:"+c.listen, &tls.Config{ServerName: "stray.example.test", InsecureSkipVerify: true}); err == nil {
				stray.Close()
				t.Error("a stranger's name has a certificate")
			}

			write("first.example.test", "second.example.test")
			shown(t, c.listen, "second.example.test", roots)
			transport.CloseIdleConnections()
			if err := p.stop(syscall.SIGTERM); err != nil {
				t.Errorf("it ended with %v", err)
			}

			// The next start shows the same certificate from its cache.
			serve()
			if again := shown(t, c.listen, "first.example.test", roots); again != serial {
				t.Error("the restart asked for another certificate")
			}
		})
	}
}
