package http1_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkRoundTrip sends small requests in turn over one kept connection, to a
// neighbour in this process: only the difference between the two means anything.
func BenchmarkRoundTrip(b *testing.B) {
	for name, dial := range map[string]func(options) client{"http1": ours, "net-http": theirs} {
		b.Run(name, func(b *testing.B) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			go answerAll(l, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n"+strings.Repeat("x", 1024))
			c := dial(options{address: l.Addr().String()})
			defer c.CloseIdleConnections()
			req, _ := http.NewRequestWithContext(b.Context(), "GET", "http://neighbour/", nil)
			req.Header = http.Header{
				"User-Agent": {"bench"}, "Accept": {"*/*"}, "X-Forwarded-For": {"127.0.0.1"},
				"X-Forwarded-Proto": {"https"}, "X-Forwarded-Email": {"ada@example.com"},
			}
			b.ReportAllocs()
			for b.Loop() {
				res, err := c.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		})
	}
}

// answerAll answers each read with the same bytes.
func answerAll(l net.Listener, answer string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			buffer := make([]byte, 16<<10)
			for {
				if _, err := c.Read(buffer); err != nil {
					return
				}
				if _, err := io.WriteString(c, answer); err != nil {
					return
				}
			}
		}()
	}
}
