package attack

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// greeting is what the application says to everybody whom it gets to see.
const greeting = "hello from the app"

// app is the application behind the gateway. It records every byte that
// arrives, and what net/http made of them.
type app struct {
	url string

	mu    sync.Mutex // guards all below
	bytes bytes.Buffer
	seen  []*http.Request
	do    http.HandlerFunc
}

func newApp(t testing.TB) *app {
	t.Helper()
	a := &app{}
	server := httptest.NewUnstartedServer(a)
	server.Listener = recording{server.Listener, a}
	server.Start()
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// answers makes the app answer by do; nil is the greeting.
func (a *app) answers(do http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.do = do
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.seen = append(a.seen, r)
	do := a.do
	a.mu.Unlock()
	if do != nil {
		do(w, r)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, greeting)
}

// take returns what arrived since the last time: requests and bytes.
func (a *app) take() (seen []*http.Request, raw string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen, raw = a.seen, a.bytes.String()
	a.seen = nil
	a.bytes.Reset()
	return seen, raw
}

// untouched fails if a single byte arrived since the last time.
func (a *app) untouched(t testing.TB) {
	t.Helper()
	if _, raw := a.take(); raw != "" {
		t.Errorf("the app received %.300q", raw)
	}
}

// only returns the one request that arrived since the last time.
func (a *app) only(t testing.TB) (r *http.Request, raw string) {
	t.Helper()
	seen, raw := a.take()
	if len(seen) != 1 {
		t.Fatalf("the app received %d requests, want 1: %.300q", len(seen), raw)
	}
	return seen[0], raw
}

// linesOf are the values of all lines in a head that a lax application could
// take for this name: case and what is no letter or digit do not count.
func linesOf(raw, name string) []string {
	var values []string
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && fold(key) == fold(name) {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

func fold(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'A' <= c && c <= 'Z':
			return c + 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		}
		return '-'
	}, name)
}

// recording is a listener whose connections keep what they read.
type recording struct {
	net.Listener
	app *app
}

func (l recording) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return recorded{c, l.app}, nil
}

type recorded struct {
	net.Conn
	app *app
}

func (c recorded) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.app.mu.Lock()
	defer c.app.mu.Unlock()
	c.app.bytes.Write(p[:n])
	return n, err
}
