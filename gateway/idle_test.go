//go:build !race

package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestIdleConnectionsTakeNoMoreThanABareProxys compares what a connection that
// rests after a request holds, heap and stack, with net/http/httputil's proxy
// in front of the same application. It is a fifth more at most: whether the
// collector halves a resting stack depends on some hundred bytes of its depth.
func TestIdleConnectionsTakeNoMoreThanABareProxys(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer upstream.Close()
	h := start(t, strings.ReplaceAll(simple, "${APP}", upstream.URL)+"log: {access: false}\n")
	cookie := h.signIn("ana.kovacs").sessionCookie()
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bare := &http.Server{
		Handler:           &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go bare.Serve(l)
	defer bare.Close()

	const n = 800
	var ours, theirs int64
	for range 6 { // what else runs in this process counts too
		theirs = perIdle(t, l.Addr().String(), cookie, n)
		ours = perIdle(t, h.at("public"), cookie, n)
		if 5*ours <= 6*theirs {
			return
		}
	}
	t.Errorf("an idle connection takes %d bytes, a bare proxy's %d", ours, theirs)
}

// TestSilentWebSocketsTakeLessThanABareProxys: there may be thousands, and
// httputil's proxy copies through 32 KiB in each direction of every one.
func TestSilentWebSocketsTakeLessThanABareProxys(t *testing.T) {
	app := switchingApp(t)
	h := start(t, strings.ReplaceAll(simple, "${APP}", app)+"log: {access: false}\n")
	cookie := h.signIn("ana.kovacs").sessionCookie()
	target, err := url.Parse(app)
	if err != nil {
		t.Fatal(err)
	}
	bare := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	defer bare.Close()

	const n = 300
	var ours, theirs int64
	for range 3 { // what else runs in this process counts too
		theirs = perSocket(t, bare.Listener.Addr().String(), cookie, n)
		ours = perSocket(t, h.at("public"), cookie, n)
		if ours <= theirs*2/3 {
			return
		}
	}
	t.Errorf("a silent WebSocket takes %d bytes, a bare proxy's %d", ours, theirs)
}

// switchingApp switches to WebSocket, and then says nothing.
func switchingApp(t *testing.T) (address string) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		io.Copy(io.Discard, conn)
	}))
	t.Cleanup(app.Close)
	return app.URL
}

// perSocket is what each of n WebSockets takes on which nothing is said.
func perSocket(t *testing.T, address, cookie string, n int) int64 {
	t.Helper()
	in := bufio.NewReader(nil)
	open := func() net.Conn {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, "GET /x HTTP/1.1\r\nHost: app.example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nCookie: "+cookie+"\r\n\r\n")
		in.Reset(c)
		answer, err := http.ReadResponse(in, nil)
		if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%s answers %v, %v", address, answer, err)
		}
		return c
	}
	warm := open()
	defer warm.Close()
	before := inUse()
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = open()
	}
	taken := (inUse() - before) / int64(n)
	for _, c := range conns {
		c.Close()
	}
	return taken
}

// perIdle is what each of n connections takes that rest after one request.
func perIdle(t *testing.T, address, cookie string, n int) int64 {
	t.Helper()
	request := "GET /x HTTP/1.1\r\nHost: app.example.test\r\nCookie: " + cookie + "\r\n\r\n"
	in := bufio.NewReader(nil)
	ask := func() net.Conn {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, request)
		in.Reset(c)
		answer, err := http.ReadResponse(in, nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s answers %v, %v", address, answer, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		return c
	}
	warm := ask()
	defer warm.Close()
	before := inUse()
	conns := make([]net.Conn, n)
	for i := range conns {
		conns[i] = ask()
	}
	taken := (inUse() - before) / int64(n)
	for _, c := range conns {
		c.Close()
	}
	return taken
}

// inUse is what heap and stacks hold once the collector has been through.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
