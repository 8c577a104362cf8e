//go:build !race

// The race detector has sync.Pool forget at random, so this is counted without it.

package gateway_test

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"testing"
)

// TestRequestsAllocateNoMoreThanTheyDid: times differ from machine to machine
// and from minute to minute, allocations do not. They are those of the whole
// process for one request over a kept connection, net/http's part included; the
// client and the application here allocate nothing. Who makes a path leaner
// lowers its ceiling.
func TestRequestsAllocateNoMoreThanTheyDid(t *testing.T) {
	h := start(t, asking+"log: {access: false}\n", with("APP", steadyApp(t)))
	signedIn := "Cookie: " + h.visitorCookie("ana.kovacs") + "\r\n"

	for _, c := range []struct {
		name, target, header string
		status               int
		ceiling              float64
	}{
		{"signed in", "/", signedIn, 200, 42},
		{"public", "/public", "", 200, 40},
		{"forward auth, signed in", "/.auth/verify/nginx", signedIn + "X-Original-Method: GET\r\nX-Original-URL: " + home + "/\r\n", 200, 54},
		{"redirect of the anonymous", "/", "Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n", 302, 47},
		{"401 of the anonymous", "/", "Accept: application/json\r\n", 401, 49},
		{"403", "/admin", signedIn, 403, 45},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := h.exchange(t, "GET "+c.target+" HTTP/1.1\r\nHost: app.example.test\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"+c.header+"\r\n")
			if got := e.status(); got != c.status {
				t.Fatalf("status %d, want %d", got, c.status)
			}
			switch got := testing.AllocsPerRun(500, e.again); {
			case got > c.ceiling:
				t.Errorf("%v allocations a request, the ceiling is %v", got, c.ceiling)
			case got < c.ceiling-2:
				t.Logf("%v allocations a request; the ceiling of %v can be lowered", got, c.ceiling)
			}
		})
	}
}

// steadyApp answers every read with the same kilobyte.
func steadyApp(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	answer := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + strings.Repeat("x", 1024))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for request := make([]byte, 16<<10); ; {
					if _, err := conn.Read(request); err != nil {
						return
					}
					if _, err := conn.Write(answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// exchange is one request and its answer, over and over on one connection.
type exchange struct {
	t       *testing.T
	conn    net.Conn
	request []byte
	buffer  []byte
	length  int // of the answer
}

func (h *house) exchange(t *testing.T, request string) *exchange {
	t.Helper()
	conn, err := net.Dial("tcp", h.server.Address("public").String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	e := &exchange{t: t, conn: conn, request: []byte(request), buffer: make([]byte, 16<<10)}
	for range 10 { // pools and connections fill
		e.again()
	}
	return e
}

// again asks and reads the whole answer, which has a Content-Length.
func (e *exchange) again() {
	if _, err := e.conn.Write(e.request); err != nil {
		e.t.Fatal(err)
	}
	e.length = 0
	for whole := -1; whole < 0 || e.length < whole; {
		n, err := e.conn.Read(e.buffer[e.length:])
		if err != nil {
			e.t.Fatal(err)
		}
		e.length += n
		if end := bytes.Index(e.buffer[:e.length], []byte("\r\n\r\n")); whole < 0 && end >= 0 {
			whole = end + 4 + e.contentLength(e.buffer[:end])
		}
	}
}

// contentLength reads it without allocating.
func (e *exchange) contentLength(head []byte) (n int) {
	name := []byte("\r\nContent-Length: ")
	at := bytes.Index(head, name)
	if at < 0 {
		return 0
	}
	for _, digit := range head[at+len(name):] {
		if digit < '0' || digit > '9' {
			break
		}
		n = 10*n + int(digit-'0')
	}
	return n
}

func (e *exchange) status() int {
	line, _, _ := bytes.Cut(e.buffer[:e.length], []byte("\r\n"))
	code, err := strconv.Atoi(string(line[len("HTTP/1.1 "):][:3]))
	if err != nil {
		e.t.Fatalf("%q", line)
	}
	return code
}
