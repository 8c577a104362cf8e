package redistest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Stall stands between a client and a server and can go silent without a word,
// as a network does.
type Stall struct {
	Address string

	mu     sync.Mutex // guards silent
	silent chan struct{}
}

// StartStall passes everything on to address until Stop.
func StartStall(t testing.TB, address string) *Stall {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Stall{Address: l.Addr().String(), silent: make(chan struct{})}
	close(s.silent) // not silent: a closed channel lets pass
	var open sync.WaitGroup
	ended := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		close(ended)
		s.Go()
		open.Wait()
	})
	open.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				client.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				defer to.Close()
				defer from.Close()
				io.Copy(to, reader{from, s})
			}
			open.Go(func() { pass(server, client) })
			open.Go(func() { pass(client, server) })
			open.Go(func() { <-ended; client.Close(); server.Close() })
		}
	})
	return s
}

// Stop holds everything back that comes from now on; connections stay open.
func (s *Stall) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = make(chan struct{})
}

// Go passes on what was held back and all that follows.
func (s *Stall) Go() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.silent:
	default:
		close(s.silent)
	}
}

type reader struct {
	net.Conn
	s *Stall
}

func (r reader) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.s.mu.Lock()
	silent := r.s.silent
	r.s.mu.Unlock()
	<-silent
	return n, err
}
