package proxy

import (
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestFirstHeadIsAwaited: nothing is handed on before it is whole, unless
// net/http has to answer what came instead; then everything is, in order.
func TestFirstHeadIsAwaited(t *testing.T) {
	const head = "GET / HTTP/1.1\r\nHost: a\r\n"
	for name, c := range map[string]struct {
		said string
		goes bool
	}{
		"a whole head":                {head + "\r\n", true},
		"a head and a body":           {"POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", true},
		"lines that end in LF alone":  {"GET / HTTP/1.0\nHost: a\n\n", true},
		"HTTP/2":                      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", true},
		"a broken request line":       {"GET / HTTP/x\r\n", true},
		"no letter":                   {"\x16\x03\x01", true},
		"more than is awaited":        {head + strings.Repeat("a", firstMost), true},
		"nothing":                     {"", false},
		"a piece of a request line":   {"GET / HT", false},
		"a head without an end":       {head, false},
		"a head that ends in a line":  {head + "\r", false},
		"a long head without its end": {head + "X: " + strings.Repeat("a", 2000), false},
	} {
		client, server := net.Pipe()
		w := &Wire{Conn: server}
		go func() {
			for _, b := range []byte(c.said) {
				if _, err := client.Write([]byte{b}); err != nil {
					return
				}
			}
		}()
		by := time.Now().Add(10 * time.Second)
		if !c.goes {
			by = time.Now().Add(100 * time.Millisecond)
		}
		if err := w.Await(by); (err == nil) != c.goes {
			t.Errorf("%s: %v", name, err)
		} else if c.goes {
			got := make([]byte, min(len(c.said), firstMost))
			if _, err := io.ReadFull(w, got); err != nil || string(got) != c.said[:len(got)] {
				t.Errorf("%s: %v, %q", name, err, got)
			}
		}
		client.Close()
		server.Close()
	}
}

// TestFirstHeadHasOneDeadline: net/http gives a head its time from when it
// begins to read, which is later.
func TestFirstHeadHasOneDeadline(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	w := &Wire{Conn: server}
	go io.WriteString(client, "GET / HTTP/1.1\r\nX: "+strings.Repeat("a", firstMost))
	if err := w.Await(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_ = w.SetReadDeadline(time.Now().Add(time.Hour))
	if _, err := io.Copy(io.Discard, w); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("ends with %v", err)
	}

	// A head that is whole leaves the next its own time.
	client, server = net.Pipe()
	defer client.Close()
	w = &Wire{Conn: server}
	go io.WriteString(client, "GET / HTTP/1.1\r\n\r\n")
	if err := w.Await(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.Read(make([]byte, 100))
	if !w.headBy.IsZero() {
		t.Error("the deadline stays")
	}
}

// TestFirstHeadsAreNobodyElses: their memory is used again, and nobody reads
// what another said.
func TestFirstHeadsAreNobodyElses(t *testing.T) {
	var all sync.WaitGroup
	for n := range 300 {
		all.Go(func() {
			client, server := net.Pipe()
			defer client.Close()
			said := "GET /" + strconv.Itoa(n) + " HTTP/1.1\r\nX: " + strings.Repeat(string(rune('a'+n%26)), n*13%3900) + "\r\n\r\n"
			go io.WriteString(client, said)
			w := &Wire{Conn: server}
			if err := w.Await(time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
				return
			}
			got := make([]byte, len(said))
			for read := 0; read < len(got); { // as little at a time as a reader may want
				n, err := w.Read(got[read:min(read+1+read%7, len(got))])
				if read += n; err != nil {
					t.Error(err)
					return
				}
			}
			if string(got) != said {
				t.Errorf("%d reads %q", n, got)
			}
			if w.memory != nil || w.first != nil {
				t.Error("memory that is read is kept")
			}
		})
	}
	all.Wait()
}
