package proxy

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkDoor is what looking at the connection and refusing at the door cost
// one request of a browser: to be held against the CPU time of a whole one,
// which make bench tells.
func BenchmarkDoor(b *testing.B) {
	sent := []byte("GET /docs/page?q=1 HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: " + strings.Repeat("Mozilla/5.0 ", 9) +
		"\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip, br\r\nSec-Fetch-Mode: navigate\r\n" +
		"Sec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-gatehouse=" + strings.Repeat("A", 1200) + "\r\n\r\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(sent))))
	if err != nil {
		b.Fatal(err)
	}
	w := &Wire{}
	r = r.WithContext(WithWire(b.Context(), w))
	b.ReportAllocs()
	for b.Loop() {
		w.watch(sent)
		if _, err := framed(r); err != nil {
			b.Fatal(err)
		}
		for _, refuse := range [...]func(*http.Request) error{refuseMethod, refuseTarget, refuseLength, refuseExpectation, refuseUpgrade, refuseSecondHost} {
			if err := refuse(r); err != nil {
				b.Fatal(err)
			}
		}
		if _, ok := parseAuthority(r.Host); !ok {
			b.Fatal("no host")
		}
		if _, err := CanonicalPath(r.URL.EscapedPath(), Permit{}); err != nil {
			b.Fatal(err)
		}
	}
}
