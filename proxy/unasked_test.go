package proxy

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// answers is a connection that keeps what is written to it.
type answers struct {
	net.Conn
	strings.Builder
}

func (a *answers) Write(p []byte) (int, error) { return a.Builder.Write(p) }
func (a *answers) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }

// TestOnlyAnswersOfNetHTTPItselfAreRestated: what a handler or another protocol
// writes passes byte for byte, however much it looks like a refusal.
func TestOnlyAnswersOfNetHTTPItselfAreRestated(t *testing.T) {
	const theirs = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	for name, before := range map[string]func(*Wire){
		"a handler":         func(w *Wire) { framed(requestOn(w)) },
		"after a handshake": func(w *Wire) { w.foreign.Store(true) },
		"HTTP/2":            func(w *Wire) { w.watch([]byte("PRI * HTTP/2.0\r\n")) },
		"nobody's":          func(w *Wire) { w.gateway = nil },
	} {
		out := &answers{}
		w := NewGateway(&Runtime{}).Watch(out, 0)
		before(w)
		if io.WriteString(w, theirs); out.String() != theirs {
			t.Errorf("%s: %q", name, out.String())
		}
	}
}

func requestOn(w *Wire) *http.Request {
	r, _ := http.NewRequest(http.MethodGet, "http://a/", nil)
	return r.WithContext(WithWire(r.Context(), w))
}
