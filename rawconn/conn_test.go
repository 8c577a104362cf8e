package rawconn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// pair is a connection of ours and a plain one that talk to each other.
func pair(tb testing.TB, network string) (ours, plain net.Conn) {
	tb.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(tb.TempDir(), "s")
	}
	l, err := net.Listen(network, address)
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	dialled, err := net.Dial(network, l.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { dialled.Close(); accepted.Close() })
	return rawconn.New(accepted), dialled
}

// TestConnIsANetConn is golang.org/x/net's suite: concurrent use, deadlines that
// pass, are set late and are taken off, and closing.
func TestConnIsANetConn(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			nettest.TestConn(t, func() (a, b net.Conn, stop func(), err error) {
				ours, plain := pair(t, network)
				return ours, rawconn.New(plain), func() { ours.Close(); plain.Close() }, nil
			})
		})
	}
}

// TestWriteWaitsForASlowReader and sends all of it, in pieces that go past the
// scheduler and in larger ones.
func TestWriteWaitsForASlowReader(t *testing.T) {
	for _, piece := range []int{1 << 10, 64 << 10, 1 << 20} {
		ours, plain := pair(t, "tcp")
		want := bytes.Repeat([]byte("slow reader "), 1<<20)
		go func() {
			defer ours.Close()
			for rest := want; len(rest) > 0; {
				n, err := ours.Write(rest[:min(piece, len(rest))])
				if err != nil || n != min(piece, len(rest)) {
					t.Errorf("pieces of %d: wrote %d, %v", piece, n, err)
					return
				}
				rest = rest[n:]
			}
		}()
		if got, err := io.ReadAll(plain); err != nil || !bytes.Equal(got, want) {
			t.Errorf("pieces of %d: %d of %d bytes arrive, or others; %v", piece, len(got), len(want), err)
		}
	}
}

// TestEndsAndErrorsAreNets: net/http and our own code tell them apart.
func TestEndsAndErrorsAreNets(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		p := make([]byte, 10)
		ours, plain := pair(t, network)
		io.WriteString(plain, "last words")
		plain.Close()
		if n, err := ours.Read(p); string(p[:n]) != "last words" || err != nil {
			t.Errorf("%s: read %q, %v", network, p[:n], err)
		}
		for range 2 {
			if n, err := ours.Read(p); n != 0 || err != io.EOF {
				t.Errorf("%s: the end reads as %d, %v", network, n, err)
			}
		}

		ours, _ = pair(t, network)
		ours.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := ours.Read(p)
		operation(t, err, "read", os.ErrDeadlineExceeded)
		ours.Close()
		_, err = ours.Read(p)
		operation(t, err, "read", net.ErrClosed)
		_, err = ours.Write(p)
		operation(t, err, "write", net.ErrClosed)
	}

	ours, plain := pair(t, "tcp")
	plain.(*net.TCPConn).SetLinger(0)
	plain.Close()
	_, err := ours.Read(make([]byte, 1))
	operation(t, err, "read", syscall.ECONNRESET)
	_, err = ours.Write(make([]byte, 1))
	operation(t, err, "write", syscall.EPIPE)
}

func operation(t *testing.T, err error, op string, cause error) {
	t.Helper()
	var its *net.OpError
	if !errors.As(err, &its) || its.Op != op || !errors.Is(err, cause) {
		t.Errorf("error %v; want one of %s because of: %v", err, op, cause)
	}
}

// TestHalvesEndApart: who has said all may still be told something.
func TestHalvesEndApart(t *testing.T) {
	ours, plain := pair(t, "tcp")
	if err := ours.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(plain); len(rest) > 0 || err != nil {
		t.Errorf("after CloseWrite the other side reads %q, %v", rest, err)
	}
	io.WriteString(plain, "still here")
	if p := make([]byte, 10); true {
		if _, err := io.ReadFull(ours, p); err != nil || string(p) != "still here" {
			t.Errorf("read %q, %v", p, err)
		}
	}
}

// TestSilentTakesNothing from the connection that it looks at.
func TestSilentTakesNothing(t *testing.T) {
	ours, plain := pair(t, "tcp")
	silent := func() (is bool) {
		raw, err := ours.(syscall.Conn).SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { is = rawconn.Silent(fd) })
		}
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if !silent() {
		t.Error("a new connection is not silent")
	}
	io.WriteString(plain, "word")
	p := make([]byte, 4)
	if _, err := io.ReadFull(ours, p[:1]); err != nil || silent() {
		t.Errorf("it is silent over unread bytes; %v", err)
	}
	if _, err := io.ReadFull(ours, p[1:]); err != nil || string(p) != "word" {
		t.Errorf("read %q, %v", p, err)
	}
	plain.Close()
	if _, err := ours.Read(p); err != io.EOF || silent() {
		t.Errorf("it is silent at its end; %v", err)
	}
}

// TestReadsAndWritesAllocateNothing: they are all that idle connections do.
func TestReadsAndWritesAllocateNothing(t *testing.T) {
	ours, plain := pair(t, "tcp")
	p := make([]byte, 100)
	if allocated := testing.AllocsPerRun(100, func() {
		plain.Write(p)
		ours.Read(p)
		ours.Write(p)
		plain.Read(p)
	}); allocated > 0 {
		t.Errorf("%.1f allocations a message", allocated)
	}
}

// lent counts the buffers that are out.
type lent struct{ out, most int }

func (l *lent) Get() []byte {
	l.out++
	l.most = max(l.most, l.out)
	return make([]byte, 1<<10)
}

func (l *lent) Put([]byte) { l.out-- }

// TestBorrowHoldsNothingWhileItWaits, nor when it fails.
func TestBorrowHoldsNothingWhileItWaits(t *testing.T) {
	type borrower interface {
		net.Conn
		Borrow(rawconn.Buffers) ([]byte, error)
	}
	c, plain := pair(t, "tcp")
	ours, ok := c.(borrower)
	if !ok {
		t.Skip("connections are the net package's here")
	}
	buffers := new(lent)
	io.WriteString(plain, "word")
	p, err := ours.Borrow(buffers)
	if string(p) != "word" || err != nil || buffers.out != 1 {
		t.Fatalf("borrowed %q, %v; %d buffers are out", p, err, buffers.out)
	}
	buffers.Put(p)

	ours.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = ours.Borrow(buffers)
	operation(t, err, "read", os.ErrDeadlineExceeded)
	ours.SetReadDeadline(time.Time{})
	plain.Close()
	if p, err := ours.Borrow(buffers); len(p) > 0 || err != io.EOF {
		t.Errorf("the end is %q, %v", p, err)
	}
	ours.Close()
	_, err = ours.Borrow(buffers)
	operation(t, err, "read", net.ErrClosed)
	if buffers.out != 0 || buffers.most != 1 {
		t.Errorf("%d buffers are not given back, of %d at once", buffers.out, buffers.most)
	}
}

// TestNobodyReadsAnothersBytes while connections are closed under their readers
// and writers, and their descriptors serve others at once.
func TestNobodyReadsAnothersBytes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // tells each its own port, over and over
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				line := fmt.Appendf(nil, "%08d", c.RemoteAddr().(*net.TCPAddr).Port)
				ours := rawconn.New(c)
				for range 200 {
					if _, err := ours.Write(line); err != nil {
						return
					}
				}
				io.Copy(io.Discard, c)
			}()
		}
	}()
	var all sync.WaitGroup
	for person := range 16 {
		all.Go(func() {
			for round := range 40 {
				plain, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				if round%3 == 0 {
					plain.(*net.TCPConn).SetLinger(0)
				}
				c := rawconn.New(plain)
				own := fmt.Sprintf("%08d", plain.LocalAddr().(*net.TCPAddr).Port)
				enough := make(chan struct{})
				var users sync.WaitGroup
				users.Go(func() {
					p := make([]byte, len(own))
					for n := 0; ; n++ {
						if n == (person+round)%20 {
							close(enough)
						}
						if _, err := io.ReadFull(c, p); err != nil {
							return
						}
						if string(p) != own {
							t.Errorf("%s reads %q", own, p)
						}
					}
				})
				users.Go(func() {
					for range 50 {
						if _, err := c.Write([]byte("hello")); err != nil {
							return
						}
					}
				})
				<-enough
				c.Close()
				users.Wait()
			}
		})
	}
	all.Wait()
}
