package proxy

import (
	"bytes"
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// frame is one of the upstream's: final, text.
func frame(payload int) []byte {
	var head []byte
	switch {
	case payload < 126:
		head = []byte{0x81, byte(payload)}
	case payload < 1<<16:
		head = []byte{0x81, 126, byte(payload >> 8), byte(payload)}
	default:
		head = []byte{0x81, 127, 0, 0, 0, 0, byte(payload >> 24), byte(payload >> 16), byte(payload >> 8), byte(payload)}
	}
	return append(head, bytes.Repeat([]byte{0x88}, payload)...) // a payload that looks like close frames
}

var goingAway = []byte{0x88, 2, 0x03, 0xe9}

// TestFramesKnowTheirBounds however the bytes arrive.
func TestFramesKnowTheirBounds(t *testing.T) {
	var stream []byte
	bounds := map[int]bool{0: true}
	for _, payload := range []int{0, 1, 125, 126, 300, 65535, 65536, 0, 7} {
		stream = append(stream, frame(payload)...)
		bounds[len(stream)] = true
	}
	for _, piece := range []int{1, 2, 3, 7, 100, 4096, len(stream)} {
		var f frames
		for at := 0; at < len(stream); {
			end := min(at+piece, len(stream))
			if !f.between() {
				n := f.bound(stream[at:end])
				if whole := at+n < end; whole && !bounds[at+n] {
					t.Fatalf("pieces of %d: %d is no bound", piece, at+n)
				}
			}
			f.follow(stream[at:end])
			at = end
			if f.between() != bounds[at] {
				t.Fatalf("pieces of %d: after %d bytes, between frames is %t", piece, at, f.between())
			}
		}
		if f.closed {
			t.Errorf("pieces of %d: a payload was taken for a close frame", piece)
		}
	}
}

// opened is a Socket that has answered its handshake, and the client's end.
func opened(t *testing.T) (*Socket, net.Conn) {
	t.Helper()
	client, gateway := net.Pipe()
	t.Cleanup(func() { client.Close(); gateway.Close() })
	client.SetDeadline(time.Now().Add(10 * time.Second))
	s := newSocket()
	s.take(gateway, gateway, new(upstream.Buffers))
	s.open.Store(true)
	return s, client
}

func (s *Socket) bye(t *testing.T) <-chan struct{} {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.goodbye(context.Background(), closeGoingAway)
	}()
	return done
}

// TestGoodbyeBetweenFrames is sent at once, and nothing follows it.
func TestGoodbyeBetweenFrames(t *testing.T) {
	s, client := opened(t)
	go s.Write(frame(300))
	expect(t, client, frame(300))
	done := s.bye(t)
	expect(t, client, goingAway)
	<-done
	if n, err := s.Write(frame(5)); n != len(frame(5)) || err != nil {
		t.Errorf("Write after the goodbye: %d, %v", n, err)
	}
	s.Conn.Close()
	if rest, _ := io.ReadAll(client); len(rest) > 0 {
		t.Errorf("% x follows the close frame", rest)
	}
}

// TestGoodbyeWaitsForTheEndOfAFrame: a close frame inside would be data.
func TestGoodbyeWaitsForTheEndOfAFrame(t *testing.T) {
	s, client := opened(t)
	message := frame(300)
	go s.Write(message[:100])
	expect(t, client, message[:100])
	done := s.bye(t)
	for s.status.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	go s.Write(append(bytes.Clone(message[100:]), frame(9)...))
	expect(t, client, message[100:])
	expect(t, client, goingAway)
	<-done
}

// TestGoodbyeGivesUpInsideAFrame that never ends: no close frame then.
func TestGoodbyeGivesUpInsideAFrame(t *testing.T) {
	s, client := opened(t)
	message := frame(300)
	go s.Write(message[:100])
	expect(t, client, message[:100])
	<-s.bye(t)
	s.Conn.Close()
	if rest, _ := io.ReadAll(client); len(rest) > 0 {
		t.Errorf("% x was written into a frame", rest)
	}
}

// TestGoodbyeToAClientThatReadsNothing does not wait for it.
func TestGoodbyeToAClientThatReadsNothing(t *testing.T) {
	s, _ := opened(t)
	go s.Write(frame(300))
	select {
	case <-s.bye(t):
	case <-time.After(10 * time.Second):
		t.Fatal("goodbye waits for a client that reads nothing")
	}
}

// TestGoodbyeAfterTheUpstreams adds no second close frame.
func TestGoodbyeAfterTheUpstreams(t *testing.T) {
	s, client := opened(t)
	own := []byte{0x88, 2, 0x03, 0xe8}
	go s.Write(own)
	expect(t, client, own)
	<-s.bye(t)
	s.Conn.Close()
	if rest, _ := io.ReadAll(client); len(rest) > 0 {
		t.Errorf("% x follows the upstream's close frame", rest)
	}
}

func expect(t *testing.T, r io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("the client reads %.20x…, %v; want %.20x…", got, err, want)
	}
}

// TestSocketsCopyMessagesOfAnySize whole, both ways.
func TestSocketsCopyMessagesOfAnySize(t *testing.T) {
	var stream []byte
	for _, payload := range []int{0, 100, waitingSize - 4, waitingSize, 40_000, 7, 1 << 20, 1} {
		stream = append(stream, frame(payload)...)
	}
	s, client := opened(t)
	go func() {
		io.Copy(s, struct{ io.Reader }{bytes.NewReader(stream)})
		s.Conn.Close()
	}()
	if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, stream) {
		t.Errorf("to the client: %d of %d bytes, or others; %v", len(got), len(stream), err)
	}

	s, client = opened(t)
	go func() {
		client.Write(stream)
		client.Close()
	}()
	var got bytes.Buffer
	if _, err := io.Copy(&got, s); err != nil || !bytes.Equal(got.Bytes(), stream) {
		t.Errorf("from the client: %d of %d bytes, or others; %v", got.Len(), len(stream), err)
	}
}
