//go:build linux && !race

package rawconn_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// move has the kernel move n bytes from the sender to the receiver that it
// returns; done tells what ReadFrom said.
func move(t *testing.T, n int64) (sender, receiver, from, to net.Conn, done chan moved) {
	t.Helper()
	from, sender = pair(t, "tcp")
	to, receiver = pair(t, "tcp")
	done = make(chan moved, 1)
	go func() {
		rest := &io.LimitedReader{R: from, N: n}
		n, err := to.(io.ReaderFrom).ReadFrom(rest)
		done <- moved{n, rest.N, err}
	}()
	for _, c := range []net.Conn{sender, receiver} {
		c.SetDeadline(time.Now().Add(20 * time.Second))
	}
	return sender, receiver, from, to, done
}

type moved struct {
	n, left int64
	err     error
}

// TestReadFromMovesAWholeBody and nothing behind it, whatever its size. What it
// did to the connection is undone: a single byte is waited for, and read.
func TestReadFromMovesAWholeBody(t *testing.T) {
	for _, size := range []int{1, 4 << 10, 64 << 10, 128<<10 + 1, 5 << 20} {
		want := bytes.Repeat([]byte("body "), size/5+1)[:size]
		sender, receiver, from, _, done := move(t, int64(size))
		go sender.Write(append(bytes.Clone(want), "next"...))
		got := make([]byte, size)
		if _, err := io.ReadFull(receiver, got); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: others arrive, or %v", size, err)
		}
		if m := <-done; m != (moved{n: int64(size)}) {
			t.Errorf("%d bytes: %+v", size, m)
		}
		p := make([]byte, 4)
		if _, err := io.ReadFull(from, p); err != nil || string(p) != "next" {
			t.Errorf("%d bytes: behind them stands %q, %v", size, p, err)
		}
		read := make(chan error, 1)
		go func() {
			_, err := io.ReadFull(from, p[:1])
			read <- err
		}()
		select {
		case err := <-read:
			t.Errorf("%d bytes: a read does not wait: %v", size, err)
		case <-time.After(50 * time.Millisecond):
		}
		sender.Write([]byte{1})
		if err := <-read; err != nil {
			t.Errorf("%d bytes: then one byte: %v", size, err)
		}
	}
}

// TestReadFromPassesOnWhatASlowSenderSends: each piece arrives before the next
// one is sent.
func TestReadFromPassesOnWhatASlowSenderSends(t *testing.T) {
	const size = 1 << 20
	sender, receiver, _, _, done := move(t, size)
	piece := bytes.Repeat([]byte("slow"), 1<<10)
	got := make([]byte, len(piece))
	for sent := 0; sent < 20*len(piece); sent += len(piece) {
		sender.Write(piece)
		if _, err := io.ReadFull(receiver, got); err != nil || !bytes.Equal(got, piece) {
			t.Fatalf("after %d bytes: %v", sent, err)
		}
	}
	sender.Close()
	if m := <-done; m != (moved{n: int64(20 * len(piece)), left: size - int64(20*len(piece))}) {
		t.Errorf("a sender that leaves early: %+v", m)
	}
}

// TestReadFromWaitsForASlowReceiver and takes no more meanwhile than there is
// room for.
func TestReadFromWaitsForASlowReceiver(t *testing.T) {
	const size = 64 << 20
	sender, receiver, _, _, done := move(t, size)
	sender.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	n, _ := sender.Write(make([]byte, size))
	if n == size {
		t.Fatal("64 MiB are taken for a receiver that reads nothing")
	}
	sender.SetWriteDeadline(time.Now().Add(20 * time.Second))
	go sender.Write(make([]byte, size-n))
	if got, err := io.CopyN(io.Discard, receiver, size); err != nil {
		t.Errorf("%d bytes arrive, %v", got, err)
	}
	if m := <-done; m.n != size || m.err != nil {
		t.Errorf("%+v", m)
	}
}

// TestReadFromEndsWithEitherSide that goes, and when it is closed.
func TestReadFromEndsWithEitherSide(t *testing.T) {
	sender, receiver, _, _, done := move(t, 1<<30)
	receiver.(*net.TCPConn).SetLinger(0)
	receiver.Close()
	go sender.Write(make([]byte, 64<<20))
	if m := <-done; !errors.Is(m.err, syscall.ECONNRESET) && !errors.Is(m.err, syscall.EPIPE) {
		t.Errorf("the receiver has left: %+v", m)
	}
	sender, _, _, _, done = move(t, 1<<30)
	sender.(*net.TCPConn).SetLinger(0)
	sender.Close()
	m := <-done
	operation(t, m.err, "read", syscall.ECONNRESET)

	_, _, from, _, done := move(t, 1<<30)
	from.Close()
	m = <-done
	operation(t, m.err, "read", net.ErrClosed)

	sender, _, _, to, done := move(t, 1<<30)
	go sender.Write(make([]byte, 64<<20))
	to.Close()
	m = <-done
	operation(t, m.err, "write", net.ErrClosed)
}

// TestNothingIsLeftForTheNext: what was taken for a receiver that went is in a
// pipe, and pipes are used again.
func TestNothingIsLeftForTheNext(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // pools are each processor's own
	for range 8 {
		sender, _, _, to, done := move(t, 1<<30)
		for err := error(nil); err == nil; { // until nobody takes any more
			sender.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			_, err = sender.Write(bytes.Repeat([]byte("A"), 1<<20))
		}
		to.Close()
		if m := <-done; m.err == nil {
			t.Fatalf("the receiver has left: %+v", m)
		}

		const size = 1 << 20
		sender, receiver, _, _, done := move(t, size)
		go sender.Write(bytes.Repeat([]byte("B"), size))
		got := make([]byte, size)
		if _, err := io.ReadFull(receiver, got); err != nil {
			t.Fatal(err)
		}
		if others := bytes.Count(got, []byte("A")); others > 0 {
			t.Errorf("%d bytes of another answer", others)
		}
		if m := <-done; m.err != nil || m.n != size {
			t.Errorf("%+v", m)
		}
	}
}
