package http1_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A raw neighbour answers with bytes, whatever they are. Its script says what it
// does with the n-th request (from 0) of all its connections.
type raw struct {
	net.Listener
	conns     atomic.Int32
	leaveBody atomic.Bool // of requests, unread
}

func newRaw(t *testing.T, script func(n int, c net.Conn, r *http.Request) (more bool)) *raw {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &raw{Listener: l}
	t.Cleanup(func() { l.Close() })
	var n atomic.Int32
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			go func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if !s.leaveBody.Load() {
						io.Copy(io.Discard, r.Body)
					}
					if !script(int(n.Add(1)-1), c, r) {
						return
					}
				}
			}()
		}
	}()
	return s
}

const good = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"

// TestAnswersThatSpeakOfABodyTheyCannotHave end their connection: the body may
// come late, behind the next request.
func TestAnswersThatSpeakOfABodyTheyCannotHave(t *testing.T) {
	for _, c := range []struct {
		method, answer string
		conns          int32
	}{
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n", 2},
		{"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 2},
		{"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 42\r\n\r\n", 2},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 42\r\n\r\n", 2},
		{"GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 2},
		// Benign.
		{"HEAD", "HTTP/1.1 200 OK\r\n\r\n", 1},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", 1},
		{"GET", "HTTP/1.1 304 Not Modified\r\nEtag: x\r\n\r\n", 1},
	} {
		t.Run(c.method+" "+c.answer, func(t *testing.T) {
			s := newRaw(t, func(n int, conn net.Conn, _ *http.Request) bool {
				if n == 0 {
					io.WriteString(conn, c.answer)
				} else {
					io.WriteString(conn, good)
				}
				return true
			})
			client := ours(options{address: s.Addr().String()})
			defer client.CloseIdleConnections()
			res, err := client.RoundTrip(newRequest(t, c.method, "/", nil))
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if _, body := get(t, client, "/"); body != "good" {
				t.Errorf("the next request got %q", body)
			}
			if n := s.conns.Load(); n != c.conns {
				t.Errorf("%d connections, want %d", n, c.conns)
			}
		})
	}
}

// After an answer whose end two readers could see differently, or behind which
// something follows, the connection serves nobody else: the next request must
// get its own answer, from a new connection.
func TestDoubtfulAnswersEndTheirConnection(t *testing.T) {
	for name, first := range map[string]string{
		"bytes behind a length":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
		"bytes behind no body":    "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
		"bytes behind a 304":      "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil",
		"bytes behind chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
		"length and chunks":       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and length":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
		"the same length twice":   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
		"a folded line":           "HTTP/1.1 200 OK\r\nX-A: b\r\n Content-Length: 5\r\nContent-Length: 2\r\n\r\nok",
		"close":                   "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.0":                "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"HTTP/1.0 and keep-alive": "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, func(n int, c net.Conn, _ *http.Request) bool {
				if n == 0 {
					io.WriteString(c, first)
				} else {
					io.WriteString(c, good)
				}
				return true
			})
			c := ours(options{address: s.Addr().String()})
			defer c.CloseIdleConnections()
			if res, err := c.RoundTrip(newRequest(t, "GET", "/", nil)); err == nil {
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			if _, body := get(t, c, "/"); body != "good" {
				t.Errorf("the next request got %q", body)
			}
			if n := s.conns.Load(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
		})
	}
}

// The benign twin: nothing is wrong with these, and their connection is kept.
func TestPlainAnswersKeepTheirConnection(t *testing.T) {
	for name, first := range map[string]string{
		"a length":         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"chunks":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"chunks, trailers": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n2\r\nok\r\n0\r\nX-A: b\r\n\r\n",
		"no body":          "HTTP/1.1 204 No Content\r\n\r\n",
		"bare line feeds":  "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
		"a 1xx before":     "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
	} {
		t.Run(name, func(t *testing.T) {
			s := newRaw(t, func(n int, c net.Conn, _ *http.Request) bool {
				if n == 0 {
					io.WriteString(c, first)
				} else {
					io.WriteString(c, good)
				}
				return true
			})
			c := ours(options{address: s.Addr().String()})
			defer c.CloseIdleConnections()
			get(t, c, "/")
			if _, body := get(t, c, "/"); body != "good" || s.conns.Load() != 1 {
				t.Errorf("the next request got %q over %d connections", body, s.conns.Load())
			}
		})
	}
}

// A neighbour that speaks while nobody asked must not be heard by who asks next.
func TestUnaskedBytesAreNobodysAnswer(t *testing.T) {
	spoken := make(chan struct{})
	s := newRaw(t, func(n int, c net.Conn, _ *http.Request) bool {
		io.WriteString(c, good)
		if n == 0 {
			go func() {
				time.Sleep(20 * time.Millisecond)
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
				close(spoken)
			}()
		}
		return true
	})
	c := ours(options{address: s.Addr().String()})
	defer c.CloseIdleConnections()
	get(t, c, "/")
	<-spoken
	time.Sleep(20 * time.Millisecond) // on its way
	if _, body := get(t, c, "/"); body != "good" || s.conns.Load() != 2 {
		t.Errorf("got %q over %d connections", body, s.conns.Load())
	}
}

func TestMalformedAnswersAreErrors(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":              "",
		"no HTTP":              "SSH-2.0-OpenSSH\r\n\r\n",
		"half a head":          "HTTP/1.1 200 OK\r\nContent-",
		"two lengths":          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
		"no length":            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
		"negative length":      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"unknown encoding":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"unasked switch":       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"endless head":         "HTTP/1.1 200 OK\r\n" + strings.Repeat("X-A: "+strings.Repeat("b", 1000)+"\r\n", 1200) + "\r\n",
		"endless 1xx":          strings.Repeat("HTTP/1.1 103 Early Hints\r\nX-A: "+strings.Repeat("b", 1000)+"\r\n\r\n", 1200),
		"a status of 4 digits": "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	} {
		s := newRaw(t, func(_ int, c net.Conn, _ *http.Request) bool {
			io.WriteString(c, answer)
			return false
		})
		c := ours(options{address: s.Addr().String()})
		res, err := c.RoundTrip(newRequest(t, "GET", "/", nil))
		if err == nil {
			res.Body.Close()
			t.Errorf("%s: answered %d", name, res.StatusCode)
		}
		c.CloseIdleConnections()
	}
}

func TestCutBodiesAreErrors(t *testing.T) {
	for name, answer := range map[string]string{
		"length":      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
		"long length": "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nhalf",
		"chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf",
		"last chunk":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"bad chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n0\r\n\r\n",
	} {
		for _, how := range []string{"Read", "WriteTo"} {
			s := newRaw(t, func(_ int, c net.Conn, _ *http.Request) bool {
				io.WriteString(c, answer)
				return false
			})
			c := ours(options{address: s.Addr().String()})
			res, err := c.RoundTrip(newRequest(t, "GET", "/", nil))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if how == "Read" {
				_, err = io.ReadAll(res.Body)
			} else {
				_, err = io.Copy(readerFrom{io.Discard}, res.Body)
			}
			if err == nil {
				t.Errorf("%s by %s: half a body looked whole", name, how)
			}
			res.Body.Close()
			c.CloseIdleConnections()
		}
	}
}

type readerFrom struct{ io.Writer }

func (w readerFrom) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w.Writer}, r)
}

// A kept connection that the neighbour closes while a request is on its way: a
// GET is sent again, a POST never.
func TestOnlyWhatMayBeRepeatedIsSentAgain(t *testing.T) {
	for _, tc := range []struct {
		method, body string
		arrive       int32
	}{{"GET", "", 3}, {"HEAD", "", 3}, {"OPTIONS", "", 3}, {"POST", "", 2}, {"POST", "x", 2}, {"PUT", "x", 2}, {"DELETE", "", 2}, {"GET", "x", 2}} {
		var arrived atomic.Int32
		s := newRaw(t, func(n int, c net.Conn, r *http.Request) bool {
			arrived.Add(1)
			if n == 1 {
				return false // read, and closed without an answer
			}
			io.WriteString(c, good)
			return true
		})
		c := ours(options{address: s.Addr().String()})
		get(t, c, "/")
		var body io.Reader
		if tc.body != "" {
			body = strings.NewReader(tc.body)
		}
		res, err := c.RoundTrip(newRequest(t, tc.method, "/", body))
		if err == nil {
			res.Body.Close()
		}
		if sent := arrived.Load(); sent != tc.arrive || (err == nil) != (tc.arrive == 3) {
			t.Errorf("%s with body %q: arrived %d times, want %d; %v", tc.method, tc.body, sent, tc.arrive, err)
		}
		c.CloseIdleConnections()
	}
}

// A fresh connection that gives no answer is never asked again: somebody may
// have acted upon the request.
func TestFreshConnectionIsAskedOnce(t *testing.T) {
	var arrived atomic.Int32
	s := newRaw(t, func(int, net.Conn, *http.Request) bool { arrived.Add(1); return false })
	c := ours(options{address: s.Addr().String()})
	if _, err := c.RoundTrip(newRequest(t, "GET", "/", nil)); err == nil || arrived.Load() != 1 {
		t.Errorf("arrived %d times, %v", arrived.Load(), err)
	}
}

func TestClosedKeptConnectionsAreNotUsed(t *testing.T) {
	closed := make(chan struct{}, 1)
	s := newRaw(t, func(n int, c net.Conn, _ *http.Request) bool {
		io.WriteString(c, good)
		if n == 0 {
			c.Close()
			closed <- struct{}{}
			return false
		}
		return true
	})
	c := ours(options{address: s.Addr().String()})
	defer c.CloseIdleConnections()
	get(t, c, "/")
	<-closed
	time.Sleep(20 * time.Millisecond)
	// A POST cannot be repeated, so it must not have tried the closed one.
	if _, body := do(t, c, newRequest(t, "POST", "/", strings.NewReader("x"))); body != "good" {
		t.Errorf("got %q", body)
	}
}
