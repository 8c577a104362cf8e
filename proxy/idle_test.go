package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// TestIdleConnectionsKeepLittle: whatever a client sent before it rests, in
// long lines, in pieces, or many requests ahead.
func TestIdleConnectionsKeepLittle(t *testing.T) {
	wires := make(chan *Wire, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served, want := 0, 0
	server := &http.Server{
		ConnContext: WithWire,
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateIdle {
				if served++; served == want {
					wires <- c.(*Wire)
				}
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := framed(r); err != nil {
				t.Error(err)
			}
		}),
	}
	go server.Serve(watched{l, nil})
	t.Cleanup(func() { server.Close() })

	long := func(n int) string { return "GET /" + strings.Repeat("x", n) + " HTTP/1.1\r\nHost: a\r\n\r\n" }
	for name, pieces := range map[string][]string{
		"short":     {long(20)},
		"long line": {long(3000)},
		"longer":    {long(60_000)},
		"in pieces": {long(3000)[:1500], long(3000)[1500:]},
		"ahead":     {strings.Repeat(long(700), 60)},
		"by turns":  {long(400), long(3000), long(400)},
	} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		served, want = 0, strings.Count(strings.Join(pieces, ""), "Host: a")
		in := bufio.NewReader(c)
		for _, piece := range pieces {
			fmt.Fprint(c, piece)
			for range strings.Count(piece, "Host: a") {
				answer, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				io.Copy(io.Discard, answer.Body)
			}
		}
		w := <-wires
		w.mu.Lock()
		kept := cap(w.spare) + cap(w.current.requestLine) + cap(w.line)
		for _, h := range w.heads[:cap(w.heads)] {
			kept += cap(h.requestLine)
		}
		if heads := cap(w.heads); kept > 2*maxSpare || heads > 1 {
			t.Errorf("%s: %d bytes of lines and room for %d heads", name, kept, heads)
		}
		w.mu.Unlock()
		c.Close()
	}
}
