package http1_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// FuzzAnswers: whatever a neighbour answers to one person's request, the next
// person's request gets the answer that was made for it.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		good, good + good, "HTTP/1.1 204 No Content\r\n\r\n" + good,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + good,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n" + good,
		"HTTP/1.1 103 Early Hints\r\n\r\n" + good, "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\ngood", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\ngood",
	} {
		f.Add([]byte(answer), false)
		f.Add([]byte(answer), true)
	}
	f.Fuzz(func(t *testing.T, answer []byte, head bool) {
		s := newRaw(t, func(_ int, c net.Conn, r *http.Request) bool {
			if r.URL.Path == "/first" {
				c.Write(answer)
			} else {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nthe right")
			}
			return true
		})
		c := ours(options{address: s.Addr().String()})
		defer c.CloseIdleConnections()
		method := http.MethodGet
		if head {
			method = http.MethodHead
		}
		first := newRequest(t, method, "/first", nil)
		ctx, cancel := context.WithTimeout(first.Context(), 20*time.Millisecond)
		defer cancel()
		if res, err := c.RoundTrip(first.WithContext(ctx)); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		if _, body := get(t, c, "/"); body != "the right" {
			t.Errorf("the next request got %q", body)
		}
		s.Close()
	})
}
