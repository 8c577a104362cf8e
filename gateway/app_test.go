package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// app is an application behind the gateway. It records what reaches it.
type app struct {
	t   testing.TB
	url string
	mu  sync.Mutex // guards all below
	got []*received
	do  http.HandlerFunc
}

// received is one request as the application saw it.
type received struct {
	Method, Target, Host, Proto string
	Header                      http.Header
	Body                        string
}

const hello = "hello from the app"

func newApp(t testing.TB) *app {
	t.Helper()
	a := &app{t: t}
	server := httptest.NewUnstartedServer(a)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// answers makes the app answer by do, which reads the body itself.
func (a *app) answers(do http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.do = do
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen := &received{Method: r.Method, Target: r.RequestURI, Host: r.Host, Proto: r.Proto, Header: r.Header.Clone()}
	a.mu.Lock()
	a.got = append(a.got, seen)
	do := a.do
	a.mu.Unlock()
	if do != nil {
		do(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	a.mu.Lock()
	seen.Body = string(body)
	a.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, hello)
}

// take returns what was received since the last time.
func (a *app) take() []*received {
	a.mu.Lock()
	defer a.mu.Unlock()
	got := a.got
	a.got = nil
	return got
}

// only returns the one request that was received since the last time.
func (a *app) only(t testing.TB) *received {
	t.Helper()
	got := a.take()
	if len(got) != 1 {
		t.Fatalf("the app received %d requests, want 1", len(got))
	}
	return got[0]
}

// untouched fails if anything was received since the last time.
func (a *app) untouched(t testing.TB) {
	t.Helper()
	for _, r := range a.take() {
		t.Errorf("the app received %s %s", r.Method, r.Target)
	}
}

// named returns every value of the headers that an application could take for
// name: upper case and what is no letter or digit do not count.
func (r *received) named(name string) []string {
	var values []string
	for key, list := range r.Header {
		if looksLike(key, name) {
			values = append(values, list...)
		}
	}
	return values
}

func looksLike(a, b string) bool {
	fold := func(s string) string {
		return strings.Map(func(c rune) rune {
			switch {
			case 'A' <= c && c <= 'Z':
				return c + 'a' - 'A'
			case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
				return c
			}
			return '-'
		}, s)
	}
	return fold(a) == fold(b)
}
