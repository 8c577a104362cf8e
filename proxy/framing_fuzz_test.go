package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzFraming: what Wire makes of bytes does not depend on how they are cut
// into reads, and whatever net/http takes for one request with one length, and
// Wire calls fine, ends where Wire says that it ends.
func FuzzFraming(f *testing.F) {
	for _, seed := range []string{
		"GET /x HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /y HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /x HTTP/1.1\r\nHost: a\r\ncontent-length:\t0005 \r\n\r\nhello",
		"GET /x HTTP/1.1\nHost: a\n\n", "GET /x HTTP/1.1\r\nX-A: b\r\n c\r\n\r\n", "\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"GET https://a/x HTTP/1.1\r\nHost: b\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /x HTTP/1.1\r\nContent-Length: 9223372036854775808\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(1))
		f.Add([]byte(seed), uint8(7))
	}
	f.Fuzz(func(t *testing.T, sent []byte, cut uint8) {
		whole, pieces := &Wire{}, &Wire{}
		whole.watch(sent)
		for rest := sent; len(rest) > 0; {
			n := min(int(cut)%16+1, len(rest))
			pieces.watch(rest[:n])
			rest = rest[n:]
		}
		if diff := cmp.Diff(whole.heads, pieces.heads, cmp.AllowUnexported(head{})); diff != "" || whole.state != pieces.state || whole.body != pieces.body {
			t.Fatalf("cut at %d: states %d and %d, bodies %d and %d, heads %s", cut, whole.state, pieces.state, whole.body, pieces.body, diff)
		}
		if len(whole.heads) == 0 {
			return
		}
		in := bytes.NewReader(sent)
		buffered := bufio.NewReader(in)
		r, err := http.ReadRequest(buffered)
		if err != nil {
			return // net/http refuses it
		}
		h := whole.heads[0]
		if h.fault(r) != "" || h.encodings > 0 || h.malformed {
			return // refused, or the last on its connection
		}
		if body, err := io.ReadAll(r.Body); err == nil && int64(len(body)) != h.length {
			t.Fatalf("net/http reads a body of %d bytes, Wire one of %d", len(body), h.length)
		}
	})
}
