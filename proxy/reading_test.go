package proxy

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// watchedPipe is a connection that a Gateway watches, and the client's end.
func watchedPipe(t *testing.T) (w *Wire, client net.Conn) {
	t.Helper()
	client, server := net.Pipe()
	w = new(Gateway).Watch(server, 0)
	t.Cleanup(func() { client.Close(); w.Close() })
	return w, client
}

// A deadline counts as it was last set, also where the connection itself was
// given another.
func TestReadDeadlinesAreFelt(t *testing.T) {
	for name, set := range map[string]func(w *Wire){
		"set before the read": func(w *Wire) { w.SetReadDeadline(time.Now().Add(time.Hour)) },
		"set twice, to later": func(w *Wire) {
			w.SetReadDeadline(time.Now().Add(time.Minute))
			w.SetReadDeadline(time.Now().Add(time.Hour))
		},
		"set twice, to earlier": func(w *Wire) {
			w.SetReadDeadline(time.Now().Add(2 * time.Hour))
			w.SetReadDeadline(time.Now().Add(time.Hour))
		},
		"set during the read": func(w *Wire) {
			go func() { time.Sleep(time.Minute); w.SetReadDeadline(time.Now().Add(59 * time.Minute)) }()
		},
		"shortened during it": func(w *Wire) {
			w.SetReadDeadline(time.Now().Add(3 * time.Hour))
			go func() { time.Sleep(time.Minute); w.SetReadDeadline(time.Now().Add(59 * time.Minute)) }()
		},
		"prolonged during it": func(w *Wire) {
			w.SetReadDeadline(time.Now().Add(2 * time.Minute))
			go func() { time.Sleep(time.Minute); w.SetReadDeadline(time.Now().Add(59 * time.Minute)) }()
		},
		"for reading and writing": func(w *Wire) { w.SetDeadline(time.Now().Add(time.Hour)) },
		"after one that passed": func(w *Wire) {
			w.SetReadDeadline(time.Unix(1, 0))
			if _, err := w.Read(make([]byte, 8)); !errors.Is(err, os.ErrDeadlineExceeded) {
				panic(err)
			}
			w.SetReadDeadline(time.Now().Add(time.Hour))
		},
	} {
		for _, size := range []int{1, 100} { // a read ahead, and another
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, _ := watchedPipe(t)
					began := time.Now()
					set(w)
					_, err := w.Read(make([]byte, size))
					if waited := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || waited != time.Hour {
						t.Errorf("a read of %d ends after %v with %v, want an hour and a deadline", size, waited, err)
					}
				})
			})
		}
	}
}

// What net/http does beside every handler: one byte, ahead, and called back.
func TestReadAheadIsCalledBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, client := watchedPipe(t)
		for _, handling := range []time.Duration{0, time.Millisecond, 10 * lookEvery} {
			began := time.Now()
			go func() { time.Sleep(handling); w.SetReadDeadline(time.Unix(1, 0)) }()
			if _, err := w.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != handling {
				t.Fatalf("called back after %v: %v after %v", handling, err, time.Since(began))
			}
			w.SetReadDeadline(time.Time{})
			go io.WriteString(client, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			if n, err := w.Read(make([]byte, 4096)); err != nil || n != 27 {
				t.Fatalf("the next request: %d bytes, %v", n, err)
			}
			w.heads = nil
		}
	})
}

func TestReadAheadNoticesWhoLeavesAndWhoSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, client := watchedPipe(t)
		go client.Write([]byte("G"))
		began := time.Now()
		p := make([]byte, 1)
		if n, err := w.Read(p); n != 1 || p[0] != 'G' || time.Since(began) > 2*lookEvery {
			t.Errorf("who sends: %d, %v after %v", n, err, time.Since(began))
		}
		// What goes on with a head is no read ahead: it must not wait.
		go client.Write([]byte("ET / HTTP/1.1\r\n\r\n"))
		began = time.Now()
		if n, err := w.Read(p); n != 1 || time.Since(began) != 0 {
			t.Errorf("the rest of a head: %d, %v after %v", n, err, time.Since(began))
		}
		if n, err := w.Read(make([]byte, 100)); n != 16 {
			t.Errorf("the rest of a head: %d, %v", n, err)
		}
		go func() { time.Sleep(time.Second); client.Close() }()
		began = time.Now()
		if _, err := w.Read(p); err != io.EOF || time.Since(began) > time.Second+2*lookEvery {
			t.Errorf("who leaves: %v after %v", err, time.Since(began))
		}
	})
}

func TestReadAheadEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _ := watchedPipe(t)
		began := time.Now()
		go w.Close()
		if _, err := w.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) || time.Since(began) != 0 {
			t.Errorf("%v after %v, want at once that it is closed", err, time.Since(began))
		}
	})
}

// Through net/http itself: whoever leaves ends the handler's context, and whoever
// stays is served again on the same connection.
func TestServerLearnsThatTheClientLeft(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	server := &http.Server{
		ConnContext: WithWire, ConnState: Between, ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if _, err := framed(r); err != nil {
				t.Error(err)
			}
			if r.URL.Path == "/wait" {
				select {
				case <-r.Context().Done():
				case <-time.After(time.Minute):
				}
				left <- context.Cause(r.Context())
			}
		}),
	}
	go server.Serve(watched{listener, new(Gateway)})
	defer server.Close()

	c, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(c)
	for range 3 {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if res, err := http.ReadResponse(answers, nil); err != nil || res.StatusCode != 200 {
			t.Fatal(res, err)
		}
		time.Sleep(3 * lookEvery / 2) // so that the gateway forgets the connection meanwhile
	}
	io.WriteString(c, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
	c.Close()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler was told %v", err)
	}
}

// Whatever a client sent on before it left, its request ends, and does not hold
// the upstream. Whoever sends on and stays is served.
func TestServerLearnsThatTheClientLeftAfterSendingOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	guarded := make(chan struct{}, 1)
	server := &http.Server{
		ConnContext: WithWire, ConnState: Between,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := framed(r); err != nil {
				t.Error(err)
			}
			switch r.URL.Path {
			case "/wait":
				wireOf(r).Guard(closing(func() { guarded <- struct{}{} }))
				select {
				case <-r.Context().Done():
				case <-time.After(time.Minute):
				}
				left <- context.Cause(r.Context())
			case "/slow":
				select {
				case <-r.Context().Done():
				case <-time.After(3 * seldom * lookEvery / 2):
				}
				io.WriteString(w, "slow")
			}
		}),
	}
	go server.Serve(watched{listener, new(Gateway)})
	defer server.Close()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const wait = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
	const next = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
	for name, send := range map[string]struct{ with, later string }{
		"nothing":                 {"", ""},
		"a byte":                  {"", "G"},
		"a line end":              {"", "\r\n"},
		"a request":               {"", next},
		"a request at once":       {next, ""},
		"much at once":            {strings.Repeat(next, 200), ""},
		"requests at once, later": {next + next, next + "GET"},
	} {
		ways := []string{"close"}
		if name == "a byte" {
			ways = []string{"close", "reset", "half"}
		}
		for _, how := range ways {
			t.Run(name+", "+how, func(t *testing.T) {
				c := dial()
				defer c.Close()
				io.WriteString(c, wait+send.with)
				time.Sleep(3 * lookEvery)
				io.WriteString(c, send.later)
				time.Sleep(lookEvery / 5)
				switch how {
				case "reset":
					c.(*net.TCPConn).SetLinger(0)
					c.Close()
				case "close":
					c.Close()
				case "half":
					c.(*net.TCPConn).CloseWrite()
				}
				select {
				case err := <-left:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("the handler was told %v", err)
					}
				case <-time.After(20 * time.Second):
					t.Fatal("the handler still waits")
				}
				<-guarded
			})
		}
	}
	// Benign: it waits for all of its answers.
	c := dial()
	defer c.Close()
	io.WriteString(c, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	time.Sleep(3 * lookEvery)
	io.WriteString(c, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	answers := bufio.NewReader(c)
	for range 2 {
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(res.Body); string(body) != "slow" {
			t.Errorf("whoever stays gets %q", body)
		}
	}
}

type closing func()

func (c closing) Close() error { c(); return nil }
