package gateway_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestConnectionIsReusableOrAnnouncedAsClosed: proxies in front share their
// connections among people. Whatever one of them sends, the next request over
// the same connection is served, or the answer before it says that it ends.
func TestConnectionIsReusableOrAnnouncedAsClosed(t *testing.T) {
	t.Parallel()
	const handshake = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\n"
	const chunks = "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n"
	cases := []struct {
		name, request string
		early         bool // the app sends 103 first
	}{
		{name: "a WebSocket without a session", request: "GET /x HTTP/1.1\nHost: app.example.test\nConnection: Upgrade\nUpgrade: websocket\n" + handshake + "\n"},
		{name: "a WebSocket of another origin", request: "GET /public/x HTTP/1.1\nHost: app.example.test\nConnection: Upgrade\nUpgrade: websocket\nOrigin: https://evil.example\n" + handshake + "\n"},
		{name: "a WebSocket that the app declines", request: "GET /public/x HTTP/1.1\nHost: app.example.test\nConnection: Upgrade\nUpgrade: websocket\n" + handshake + "\n"},
		{name: "an upgrade that Connection does not name", request: "GET /public/x HTTP/1.1\nHost: app.example.test\nUpgrade: websocket\n\n"},
		{name: "chunks", request: "POST /public/x HTTP/1.1\nHost: app.example.test\n" + chunks},
		{name: "chunks that wait to be asked", request: "POST /public/x HTTP/1.1\nHost: app.example.test\nExpect: 100-continue\n" + chunks},
		{name: "chunks and an early hint", request: "POST /public/x HTTP/1.1\nHost: app.example.test\n" + chunks, early: true},
		{name: "chunks without a session", request: "POST /x HTTP/1.1\nHost: app.example.test\n" + chunks},
		{name: "an unknown host", request: "GET / HTTP/1.1\nHost: other.example.test\n\n"},
		{name: "a target that is none", request: "OPTIONS * HTTP/1.1\nHost: app.example.test\n\n"},
		{name: "one of our own addresses", request: "GET /.auth/ok HTTP/1.1\nHost: app.example.test\n\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := start(t, simple)
			h.app.answers(func(w http.ResponseWriter, r *http.Request) {
				if c.early {
					w.Header().Set("Link", "</a>")
					w.WriteHeader(http.StatusEarlyHints)
				}
				io.Copy(io.Discard, r.Body)
				fmt.Fprint(w, hello)
			})
			conn := h.connect(t)
			conn.write(c.request)
			a := conn.read()
			for a.StatusCode < 200 {
				a = conn.read()
			}
			if a.Close {
				conn.ended()
				return
			}
			conn.write("GET /public/next HTTP/1.1\nHost: app.example.test\n\n")
			if a = conn.read(); a.StatusCode != http.StatusOK {
				t.Errorf("the next request over the connection: %s", a.gist())
			}
		})
	}
}

// TestRedirectListenerHoldsToTheFraming: it answers nothing that two readers
// could read differently either.
func TestRedirectListenerHoldsToTheFraming(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, "server:\n", "server:\n  redirect_listen: 127.0.0.1:0\n", 1))
	knock := func() *connection {
		c, err := net.Dial("tcp", h.at("redirect"))
		if err != nil {
			t.Fatal(err)
		}
		return h.over(t, c)
	}
	conn := knock()
	conn.write("POST /x HTTP/1.1\nHost: app.example.test\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n")
	conn.read().wants(http.StatusBadRequest)
	conn.ended()
	conn = knock() // benign
	for range 3 {
		conn.write("GET /x?a=b HTTP/1.1\nHost: app.example.test\n\n")
		if a := conn.read().wants(http.StatusPermanentRedirect); a.Header.Get("Location") != "https://app.example.test/x?a=b" {
			t.Errorf("sent to %q", a.Header.Get("Location"))
		}
	}
}
