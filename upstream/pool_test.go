package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// told is what a test server answers about the request it got.
func told(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Proto", r.Proto)
	w.Header().Set("X-Host", r.Host)
	w.Header().Set("X-Target", r.RequestURI)
	w.Write(body)
}

func newPool(t *testing.T, o Options, targets ...string) *Pool {
	t.Helper()
	for _, target := range targets {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		o.Targets = append(o.Targets, u)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// send makes a request as a proxy would, for the path alone.
func send(t *testing.T, p *Pool, method, path, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "public.example.com"
	req.GetBody = nil // a client's body cannot be had twice
	res, err := p.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b), nil
}

func kindOf(t *testing.T, err error) Kind {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is no *Error", err, err)
	}
	return e.Kind
}

// refusing is an address that nobody listens at.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestEverySchemeReachesItsServer(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(told))
	defer plain.Close()

	h2c := httptest.NewUnstartedServer(http.HandlerFunc(told))
	h2c.Config.Protocols = protocols((*http.Protocols).SetUnencryptedHTTP2, (*http.Protocols).SetHTTP1)
	h2c.Start()
	defer h2c.Close()

	secure := httptest.NewUnstartedServer(http.HandlerFunc(told))
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())

	socket := filepath.Join(t.TempDir(), "app.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	local := &http.Server{Handler: http.HandlerFunc(told)}
	go local.Serve(l)
	defer local.Close()

	for _, tt := range []struct{ name, target, proto string }{
		{"http", plain.URL, "HTTP/1.1"},
		{"h2c", strings.Replace(h2c.URL, "http", "h2c", 1), "HTTP/2.0"},
		{"https", secure.URL, "HTTP/2.0"},
		{"unix", "unix://" + socket, "HTTP/1.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool(t, Options{TLS: TLS{Roots: roots}}, tt.target)
			res, body, err := send(t, p, "POST", "/a%2Fb?x=1&y=%zz", "hello")
			if err != nil {
				t.Fatal(err)
			}
			if body != "hello" {
				t.Errorf("body = %q", body)
			}
			if got := res.Header.Get("X-Proto"); got != tt.proto {
				t.Errorf("protocol = %s, want %s", got, tt.proto)
			}
			if got := res.Header.Get("X-Target"); got != "/a%2Fb?x=1&y=%zz" {
				t.Errorf("target = %s", got)
			}
			if got := res.Header.Get("X-Host"); got != "public.example.com" {
				t.Errorf("host = %s", got)
			}
			if got := res.Request.RemoteAddr; got != tt.target {
				t.Errorf("answered by %s, want %s", got, tt.target)
			}

			req, _ := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
			res, err = p.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			own, _ := url.Parse(tt.target)
			want := own.Host
			if tt.name == "unix" {
				want = "localhost"
			}
			if got := res.Header.Get("X-Host"); got != want {
				t.Errorf("without a Host it is %s, want the target's own %s", got, want)
			}

			req, _ = http.NewRequestWithContext(t.Context(), "GET", "/", nil)
			req.Header.Set("Connection", "Upgrade")
			req.Header.Set("Upgrade", "websocket")
			res, err = p.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.Header.Get("X-Proto"); got != "HTTP/1.1" {
				t.Errorf("an upgrade is asked for over %s", got)
			}
		})
	}
}

func TestBasePathIsPutBeforeTheRequestsPath(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(told))
	defer s.Close()
	for _, tt := range []struct{ base, path, want string }{
		{"", "/x", "/x"},
		{"/", "/x", "/x"},
		{"/base", "/x", "/base/x"},
		{"/base/", "/x", "/base/x"},
		{"/base/", "/", "/base/"},
		{"/base", "/a%2Fb/%e4", "/base/a%2Fb/%e4"},
		{"/b%2Fe", "/x?q=%2F", "/b%2Fe/x?q=%2F"},
		{"/b%2Fe", "//x", "/b%2Fe//x"},
	} {
		p := newPool(t, Options{}, s.URL+tt.base)
		req := httptest.NewRequest("GET", "http://public.example.com"+tt.path, nil)
		req.RequestURI = ""
		before := *req.URL
		res, err := p.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("X-Target"); got != tt.want {
			t.Errorf("%s with %s is %s, want %s", tt.base, tt.path, got, tt.want)
		}
		if *req.URL != before {
			t.Errorf("the caller's URL was changed to %v", req.URL)
		}
	}
}

func TestTargetsTakeTurns(t *testing.T) {
	var hits [3]atomic.Int32
	var targets []string
	for i := range hits {
		s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits[i].Add(1) }))
		defer s.Close()
		targets = append(targets, s.URL)
	}
	p := newPool(t, Options{}, targets...)
	for range 9 {
		if _, _, err := send(t, p, "GET", "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	for i := range hits {
		if got := hits[i].Load(); got != 3 {
			t.Errorf("target %d got %d requests of 9", i, got)
		}
	}
}

func TestDeadTargetIsSkippedWithTheBodyWhole(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(told))
	defer s.Close()
	p := newPool(t, Options{}, refusing(t), s.URL)
	for range 4 {
		_, body, err := send(t, p, "POST", "/", "once")
		if err != nil {
			t.Fatal(err)
		}
		if body != "once" {
			t.Errorf("body = %q", body)
		}
	}
}

func TestPostIsSentOnce(t *testing.T) {
	var hits atomic.Int32
	hangUp := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	a, b := httptest.NewServer(hangUp), httptest.NewServer(hangUp)
	defer a.Close()
	defer b.Close()
	p := newPool(t, Options{}, a.URL, b.URL)
	_, _, err := send(t, p, "POST", "/", "once")
	if got := kindOf(t, err); got != Broken {
		t.Errorf("kind = %v, want broken", got)
	}
	if got := hits.Load(); got != 1 {
		t.Errorf("the POST was sent %d times", got)
	}
}

func TestDeadTargetsAreUnreachable(t *testing.T) {
	p := newPool(t, Options{}, refusing(t), refusing(t), "unix:///nonexistent/app.sock")
	closed := &countingBody{Reader: strings.NewReader("x")}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", "/", closed)
	_, err := p.RoundTrip(req)
	if got := kindOf(t, err); got != Unreachable {
		t.Errorf("kind = %v, want unreachable", got)
	}
	if closed.times.Load() == 0 {
		t.Error("the body was never closed")
	}
}

type countingBody struct {
	io.Reader
	times atomic.Int32
}

func (b *countingBody) Close() error {
	b.times.Add(1)
	return nil
}

func TestSlowUpstreamTimesOut(t *testing.T) {
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	p := newPool(t, Options{ResponseHeader: 20 * time.Millisecond}, slow.URL)
	_, _, err := send(t, p, "GET", "/", "")
	if got := kindOf(t, err); got != TimedOut {
		t.Errorf("silent server: kind = %v (%v), want timed out", got, err)
	}

	// A listener that accepts and never shakes hands.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p = newPool(t, Options{Dial: 20 * time.Millisecond}, "https://"+l.Addr().String())
	_, _, err = send(t, p, "GET", "/", "")
	if got := kindOf(t, err); got != TimedOut {
		t.Errorf("silent handshake: kind = %v (%v), want timed out", got, err)
	}
}

func TestCallerWhoGaveUpIsToldSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	p := newPool(t, Options{}, s.URL)
	req, _ := http.NewRequestWithContext(ctx, "GET", "/", nil)
	_, err := p.RoundTrip(req)
	if got := kindOf(t, err); got != Cancelled {
		t.Errorf("kind = %v (%v), want cancelled", got, err)
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(told))
	defer s.Close()
	s.Config.ErrorLog = nil
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	for _, tt := range []struct {
		name string
		tls  TLS
		ok   bool
	}{
		{"own root", TLS{Roots: roots}, true},
		{"own root and a name of the certificate", TLS{Roots: roots, ServerName: "example.com"}, true},
		{"another name", TLS{Roots: roots, ServerName: "other.test"}, false},
		{"the system's roots", TLS{}, false},
		{"anything goes", TLS{InsecureSkipVerify: true}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPool(t, Options{TLS: tt.tls}, s.URL)
			_, _, err := send(t, p, "GET", "/", "")
			if tt.ok != (err == nil) {
				t.Errorf("error = %v", err)
			}
			if err != nil && kindOf(t, err) != Unreachable {
				t.Errorf("kind = %v, want unreachable", kindOf(t, err))
			}
		})
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(told))
	s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	s.StartTLS()
	defer s.Close()
	p := newPool(t, Options{TLS: TLS{InsecureSkipVerify: true}}, s.URL)
	if _, _, err := send(t, p, "GET", "/", ""); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	t.Setenv("HTTP_PROXY", refusing(t))
	p := newPool(t, Options{}, "https://127.0.0.1:1", "h2c://127.0.0.1:1")
	for _, target := range p.targets {
		c := target.connections.Load()
		if c.transport.(*http.Transport).Proxy != nil || c.upgrades.(*http.Transport).Proxy != nil {
			t.Error("a transport has a Proxy")
		}
	}
}

func TestBadTargetsAreRefused(t *testing.T) {
	for _, target := range []string{
		"ftp://a", "a.example", "http://", "http:///x", "http://u:p@a", "http://a?x=1", "http://a#f",
		"unix://host/sock", "unix:sock",
	} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{Targets: []*url.URL{u}}); err == nil {
			t.Errorf("%s was accepted", target)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("the password is in %q", err)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no target at all was accepted")
	}
}

func TestConnectionsAreKeptUntilClose(t *testing.T) {
	var opened atomic.Int32
	closed := make(chan struct{}, 8)
	s := httptest.NewUnstartedServer(http.HandlerFunc(told))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed <- struct{}{}
		}
	}
	s.Start()
	defer s.Close()
	p := newPool(t, Options{}, s.URL)
	for range 5 {
		if _, _, err := send(t, p, "GET", "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	if got := opened.Load(); got != 1 {
		t.Errorf("5 requests opened %d connections", got)
	}
	p.Close()
	<-closed
}

func TestBuffersAreReused(t *testing.T) {
	var b Buffers
	if got := len(b.Get()); got != 32<<10 {
		t.Errorf("a buffer has %d bytes", got)
	}
	b.Put(make([]byte, 10)) // a stranger's is dropped
	if got := len(b.Get()); got != 32<<10 {
		t.Errorf("a buffer has %d bytes", got)
	}
	if n := testing.AllocsPerRun(100, func() { b.Put(b.Get()) }); n >= 1 {
		t.Errorf("%v allocations a turn", n)
	}
}
