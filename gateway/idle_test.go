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
// in front of the same application. It is a tenth more at most.
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
	for range 3 { // what else runs in this process counts too
		theirs = perIdle(t, l.Addr().String(), cookie, n)
		ours = perIdle(t, h.at("public"), cookie, n)
		if 10*ours <= 11*theirs {
			return
		}
	}
	t.Errorf("an idle connection takes %d bytes, a bare proxy's %d", ours, theirs)
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
