package proxy

import (
	"context"
	"net"
	"net/http/httputil"
	"sync"
	"sync/atomic"
	"time"
)

// Close statuses of WebSockets (RFC 6455 section 7.4.1).
const (
	closeGoingAway       = 1001
	closePolicyViolation = 1008
)

// goodbyeTimeout is how long it may take until a close frame can be sent: the
// upstream may stand in the middle of a frame, or the client read nothing.
const goodbyeTimeout = 500 * time.Millisecond

// Socket is the client's side of a WebSocket. It follows the frames that the
// upstream sends, so that Gatehouse can put a close frame between two of them
// and never into one: a client would take that for the upstream's data.
type Socket struct {
	net.Conn
	in      net.Conn // the same, without what watches requests
	buffers httputil.BufferPool

	taken  atomic.Bool  // Conn is there
	open   atomic.Bool  // the answer to the handshake is out
	status atomic.Int32 // to close with between two frames, or zero

	mu      sync.Mutex // held while writing; guards the rest
	frames  frames
	over    bool          // our close frame is out, and nothing may follow it
	settled chan struct{} // closed when a close frame is out, whoever sent it
}

func newSocket() *Socket { return &Socket{settled: make(chan struct{})} }

// take begins with the client's connection, of which in is to be read.
func (s *Socket) take(conn, in net.Conn, buffers httputil.BufferPool) {
	s.Conn, s.in, s.buffers = conn, in, buffers
	s.taken.Store(true)
}

// Read reads what the client sends.
func (s *Socket) Read(p []byte) (int, error) {
	s.answered()
	return s.in.Read(p)
}

// answered is told that the handshake is. ReverseProxy reads as soon as it has
// answered it, which goes past Write.
func (s *Socket) answered() {
	if s.open.CompareAndSwap(false, true) && s.status.Load() != 0 {
		s.mu.Lock()
		s.conclude()
		s.mu.Unlock()
	}
}

// Write passes on what the upstream sends. What comes after our close frame is
// dropped, because the client waits only for the end (RFC 6455 section 5.5.1).
func (s *Socket) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open.Store(true)
	s.conclude()
	if s.over {
		return len(p), nil
	}
	part := p
	if s.status.Load() != 0 {
		part = p[:s.frames.bound(p)]
	}
	n, err := s.Conn.Write(part)
	s.frames.follow(part[:n])
	if err != nil {
		return n, err
	}
	s.conclude()
	return len(p), nil
}

// CloseWrite passes on that the upstream has no more to say.
func (s *Socket) CloseWrite() error {
	if c, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// goodbye sends a close frame as soon as one may be sent. When it returns the
// connection is to be cut, with a frame or without; it lingers then, so that
// the frame arrives. Nothing of what the client says meanwhile is passed on
// for long: goodbyeTimeout is the most.
func (s *Socket) goodbye(ctx context.Context, status int) {
	s.status.Store(int32(status))
	if s.taken.Load() {
		// Whoever writes to a client that reads nothing holds the lock.
		_ = s.SetWriteDeadline(time.Now().Add(goodbyeTimeout))
	}
	s.mu.Lock()
	s.conclude()
	s.mu.Unlock()
	timer := time.NewTimer(goodbyeTimeout)
	defer timer.Stop()
	select {
	case <-s.settled:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// conclude sends a pending close frame if this is a bound between frames. It
// needs the lock.
func (s *Socket) conclude() {
	status := s.status.Load()
	switch {
	case s.over || s.settledAlready():
		return
	case s.frames.closed: // the upstream was first
		close(s.settled)
	case status != 0 && s.open.Load() && s.frames.between():
		s.over = true
		if watched, ok := s.Conn.(interface{ wire() *Wire }); ok {
			watched.wire().lingerAtClose()
		}
		_, _ = s.Conn.Write([]byte{finalFrame | opcodeClose, 2, byte(status >> 8), byte(status)})
		close(s.settled)
	}
}

func (s *Socket) settledAlready() bool {
	select {
	case <-s.settled:
		return true
	default:
		return false
	}
}
