package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate writes a self-signed pair for the names and returns its roots.
func certificate(t *testing.T, names ...string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, data := range map[string][]byte{cert: public, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(public)
	return cert, key, roots
}

const overTLS = `
server:
  listen: 127.0.0.1:0
  admin: {listen: ""}
  redirect_listen: 127.0.0.1:0
  tls:
    - {cert: "${CERT}", key: "${CERT_KEY}"}
    - {cert: "${OTHER}", key: "${OTHER_KEY}"}
` + oneKey + fromPing + threeRoutes + `
  - {name: other, from: "https://other.example.test", to: "${APP}", policy: public}
`

// secure starts a gateway that ends TLS itself.
func secure(t *testing.T) (*house, *x509.CertPool) {
	t.Helper()
	cert, key, roots := certificate(t, "app.example.test")
	other, otherKey, _ := certificate(t, "other.example.test")
	data, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	roots.AppendCertsFromPEM(data)
	return start(t, overTLS, with("CERT", cert), with("CERT_KEY", key), with("OTHER", other), with("OTHER_KEY", otherKey)), roots
}

// TestSignInOverTLS with HTTP/2 and HTTP/1.1: certificates by SNI, __Host-
// cookies, HSTS.
func TestSignInOverTLS(t *testing.T) {
	t.Parallel()
	h, roots := secure(t)
	for _, major := range []int{1, 2} {
		b := h.browserFor(t)
		protocols := new(http.Protocols)
		protocols.SetHTTP1(major == 1)
		protocols.SetHTTP2(major == 2)
		transport := &http.Transport{
			DialContext: h.dial, Protocols: protocols,
			TLSClientConfig: &tls.Config{RootCAs: roots},
		}
		plain := &http.Transport{}
		t.Cleanup(transport.CloseIdleConnections)
		t.Cleanup(plain.CloseIdleConnections)
		b.client.Transport = watched{h, split{secure: transport, plain: plain}}

		a := b.open(home + "/x?y=z").fromApp()
		if a.ProtoMajor != major || a.TLS == nil {
			t.Errorf("HTTP/%d: answered over %s", major, a.Proto)
		}
		if got := h.app.only(t); got.Target != "/x?y=z" || got.Header.Get("X-Forwarded-Proto") != "https" || got.Header.Get("X-Forwarded-User") == "" {
			t.Errorf("HTTP/%d: the app sees %v", major, got)
		}
		me := b.fetch("GET", home+"/.auth/me", "").wants(http.StatusOK)
		if me.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("HTTP/%d: no HSTS", major)
		}
		b.open("https://other.example.test/").fromApp()
		b.fetch("POST", home+"/x", strings.Repeat("x", 100_000)).fromApp()
		b.once(home + "/.auth/logout").wants(http.StatusSeeOther)
		b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
		h.app.take()
	}
}

// split goes to plaintext addresses by another transport, which speaks
// HTTP/1.1.
type split struct{ secure, plain http.RoundTripper }

func (s split) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return s.secure.RoundTrip(r)
	}
	return s.plain.RoundTrip(r)
}

// TestTLSVersionsAndProtocols: 1.2 or newer, and framing is watched inside TLS
// too.
func TestTLSVersionsAndProtocols(t *testing.T) {
	t.Parallel()
	h, roots := secure(t)
	with := func(config *tls.Config) *tls.Config {
		config.RootCAs, config.ServerName = roots, "app.example.test"
		return config
	}
	old := with(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	if c, err := tls.Dial("tcp", h.at("public"), old); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		conn := h.connectTLS(t, with(&tls.Config{MinVersion: version, MaxVersion: version}))
		conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
		conn.read().fromApp()
		h.app.only(t)
		conn.write("POST /public/x HTTP/1.1\nHost: app.example.test\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\nGET /public/smuggled HTTP/1.1\nHost: app.example.test\n\n")
		conn.read().wants(http.StatusBadRequest)
		conn.ended()
		h.app.untouched(t)
	}
	conn := h.connectTLS(t, with(&tls.Config{NextProtos: []string{"h2"}}))
	if status := h2Request(t, conn, [2]string{":method", "GET"}, [2]string{":scheme", "https"}, [2]string{":authority", "app.example.test"},
		[2]string{":path", "/public/x"}, [2]string{"x-a", "b\r\nX-Forwarded-Email: m@example.com"}); status != "" && status != "400" {
		t.Errorf("CR LF in an HTTP/2 value: %s", status)
	}
	h.app.untouched(t)
	// Plaintext on the TLS port, and a handshake that never comes, hurt nobody else.
	stuck := h.connect(t)
	stuck.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	waiting := h.connect(t)
	defer waiting.Close()
	conn = h.connectTLS(t, with(&tls.Config{}))
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	conn.read().fromApp()
}

// TestWebSocketOverTLS: the connection is handed over whole.
func TestWebSocketOverTLS(t *testing.T) {
	t.Parallel()
	h, roots := secure(t)
	h.app.answers(echo)
	conn := h.connectTLS(t, &tls.Config{RootCAs: roots, ServerName: "app.example.test"})
	conn.write(handshake("/public/socket", "Origin: https://app.example.test\n"))
	if res, err := http.ReadResponse(conn.r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	io.WriteString(conn.Conn, "over TLS")
	back := make([]byte, len("over TLS"))
	if _, err := io.ReadFull(conn.r, back); err != nil || string(back) != "over TLS" {
		t.Errorf("the echo is %q, %v", back, err)
	}
}

// TestRedirectListener sends http to https, on known hosts only and without a
// look at headers.
func TestRedirectListener(t *testing.T) {
	t.Parallel()
	h, _ := secure(t)
	client := &http.Client{CheckRedirect: stay, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, c := range []struct {
		method, host, target string
		want                 int
		location             string
	}{
		{"GET", "app.example.test", "/x?y=%2F", 308, home + "/x?y=%2F"},
		{"HEAD", "APP.example.test.", "/", 308, home + "/"},
		{"GET", "app.example.test:80", "/", 308, home + "/"},
		{"GET", "app.example.test:8080", "/.auth/login", 308, home + "/.auth/login"},
		{"POST", "app.example.test", "/x", 421, ""},
		{"GET", "evil.example", "/x", 421, ""},
		{"GET", "app.example.test", "//evil.example/", 400, ""},
		{"GET", "app.example.test", "/%5cevil.example/", 400, ""},
		{"TRACE", "app.example.test", "/", 405, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+h.at("redirect")+c.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		r.Header.Set("X-Forwarded-Host", "evil.example")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.want || res.Header.Get("Location") != c.location {
			t.Errorf("%s %s at %s: %d to %q", c.method, c.target, c.host, res.StatusCode, res.Header.Get("Location"))
		}
	}
	h.app.untouched(t)
}

// TestCertificatesAreReloaded when their files change, without a restart:
// connections go on, and the next handshake shows the new one. Without the name
// of a client the first pair is shown.
func TestCertificatesAreReloaded(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t, "app.example.test")
	h := start(t, strings.Replace(strings.Replace(overTLS, "    - {cert: \"${OTHER}\", key: \"${OTHER_KEY}\"}\n", "", 1), `admin: {listen: ""}`, `admin: {listen: "127.0.0.1:0"}`, 1),
		watching, with("CERT", cert), with("CERT_KEY", key))
	shown := func(config *tls.Config) string {
		t.Helper()
		config.InsecureSkipVerify = true
		c := h.connectTLS(t, config)
		defer c.Close()
		return c.Conn.(*tls.Conn).ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	before := h.connectTLS(t, &tls.Config{RootCAs: roots, ServerName: "app.example.test"})
	if name := shown(&tls.Config{}); name != "app.example.test" {
		t.Fatalf("the certificate is %s", name)
	}

	next, nextKey, _ := certificate(t, "next.example.test")
	for from, to := range map[string]string{next: cert, nextKey: key} {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "new certificate", func() bool { return shown(&tls.Config{}) == "next.example.test" })
	before.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	before.read().fromApp()

	// A pair that does not fit is refused, and the one before goes on.
	stray, _, _ := certificate(t, "stray.example.test")
	if err := os.Rename(stray, cert); err != nil {
		t.Fatal(err)
	}
	eventually(t, "refusal", func() bool { return h.metric(`gatehouse_reloads_total{outcome="failure"}`) != "0" })
	if name := shown(&tls.Config{}); name != "next.example.test" {
		t.Errorf("the certificate is %s", name)
	}
}

// TestTLSGoesOnWithoutItsKey: a file that drops server.tls is served, and the
// listener keeps its certificates until the restart that the answer asks for.
func TestTLSGoesOnWithoutItsKey(t *testing.T) {
	t.Parallel()
	cert, key, roots := certificate(t, "app.example.test")
	one := strings.Replace(overTLS, "    - {cert: \"${OTHER}\", key: \"${OTHER_KEY}\"}\n", "", 1)
	h := start(t, one, reloadable, with("CERT", cert), with("CERT_KEY", key))
	h.rewrite(strings.Replace(one, "  tls:\n    - {cert: \"${CERT}\", key: \"${CERT_KEY}\"}\n", "", 1))
	if waiting, err := h.server.Reload(); err != nil || len(waiting) != 1 || waiting[0] != "server.tls" {
		t.Fatalf("Reload: %v, %v", waiting, err)
	}
	conn := h.connectTLS(t, &tls.Config{RootCAs: roots, ServerName: "app.example.test"})
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	conn.read().fromApp()
	_, err := h.server.Reload()
	if waiting, again := h.server.Reload(); again != nil || err != nil || len(waiting) != 1 {
		t.Errorf("asked again, %v wait for a restart (%v, %v)", waiting, err, again)
	}
}
