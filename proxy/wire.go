package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Wire is a client's connection. It watches the framing of HTTP/1 requests as
// net/http reads them (framing.go), and ends a connection so that the last
// answer arrives.
type Wire struct {
	net.Conn
	linger  atomic.Bool          // see lingerAtClose
	limit   int                  // bytes that a head may have; 0 is no limit
	closed  func()               // is told of the end; may be nil
	gateway *Gateway             // answers what net/http would answer by itself; may be nil
	asked   atomic.Bool          // the answer that is written now is a handler's, see unasked.go
	mute    atomic.Bool          // the last answer is out, and there is no other
	foreign atomic.Bool          // another protocol is spoken from now on
	calm    atomic.Pointer[calm] // that is HTTP/2, see calm.go
	excess  atomic.Bool          // the head that is read is larger than may be

	mu      sync.Mutex // guards the rest: net/http reads ahead beside a handler
	reading reading
	cancel  context.CancelFunc // of the requests' context; nil before there is one
	guarded io.Closer          // ends with the client's request; nil is nothing
	left    bool               // the client has left, or we have
	state   wireState
	heads   []head // complete and not yet asked for by framed, oldest first
	current head
	spare   []byte // a request line's memory, to be used again
	line    []byte // the beginning of an unfinished line
	body    int64  // bytes left of a body with a length
	size    int    // bytes of the unfinished head

	first  []byte    // was read before net/http came, and is read by it first
	memory *[]byte   // of first
	headBy time.Time // when the first head must be whole; zero when it is
}

// maxSpare bounds the memory that an idle connection keeps for the next line:
// of most, nothing is thrown away.
const maxSpare = 512

// lingerTimeout and lingerBytes bound what Close does for a client that is
// still sending. It is read in pieces with pauses: a flood of such clients
// would have all our time otherwise.
const (
	lingerTimeout = 500 * time.Millisecond
	lingerBytes   = 2 << 20
	lingerPiece   = 64 << 10
	lingerPause   = 10 * time.Millisecond
)

// Watch watches a connection whose requests g is to answer. Their heads may
// have maxHead bytes.
func (g *Gateway) Watch(c net.Conn, maxHead int) *Wire {
	return &Wire{Conn: c, gateway: g, limit: maxHead}
}

// OnClose has f called at Close, perhaps more than once. It must come before
// the connection is used.
func (w *Wire) OnClose(f func()) { w.closed = f }

// ReadFrom lets the kernel move a body from the upstream's socket to this one.
func (w *Wire) ReadFrom(r io.Reader) (int64, error) {
	if to, ok := w.Conn.(io.ReaderFrom); ok {
		return to.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{w.Conn}, r)
}

// CloseWrite lets net/http end an answer before it resets what a client still
// sends, so that the client reads a 413 or 431 to its end.
func (w *Wire) CloseWrite() error {
	if c, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// release stops watching a connection that somebody else speaks on, as after a
// WebSocket's handshake, and returns what is to be read from then on: the
// connection itself, which has no deadline any more.
func (w *Wire) release() net.Conn {
	w.foreign.Store(true)
	w.forget()
	_ = w.SetReadDeadline(time.Time{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.first) > 0 || w.apply(time.Time{}) != nil {
		return w
	}
	return w.Conn
}

// forget stops watching and keeps nothing of what was seen.
func (w *Wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state, w.heads, w.line, w.current, w.size = opaque, nil, nil, head{}, 0
	w.excess.Store(false)
}

// lingerAtClose makes Close wait for a client that is still sending.
func (w *Wire) lingerAtClose() { w.linger.Store(true) }

// Close closes the connection. A connection that is closed over unread bytes is
// reset, and a client that still sends would lose the answer to that. So it is
// first ended on our side, and what comes is thrown away for half a second.
func (w *Wire) Close() error {
	if c := w.calm.Load(); c != nil {
		c.leave()
	}
	if w.linger.Swap(false) && w.CloseWrite() == nil {
		w.drain()
	}
	err := w.Conn.Close()
	if w.closed != nil {
		w.closed()
	}
	w.mu.Lock()
	w.reading.callBack() // to find it closed
	w.leave()
	w.mu.Unlock()
	return err
}

// drain throws away what still comes.
func (w *Wire) drain() {
	w.forget()
	until := time.Now().Add(lingerTimeout)
	_ = w.SetReadDeadline(until)
	for read := 0; read < lingerBytes && time.Now().Before(until); read += lingerPiece {
		if _, err := io.CopyN(io.Discard, w, lingerPiece); err != nil {
			return
		}
		time.Sleep(lingerPause)
	}
}

// Guard closes c when the client leaves, as net/http ends a request's context:
// for a request that has no other reason to end. It is an http1.Guardian.
func (w *Wire) Guard(c io.Closer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.guarded = c
	if w.left {
		w.leave()
	}
}

// Release takes Guard back and reports whether it was in time.
func (w *Wire) Release() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	inTime := w.guarded != nil
	w.guarded = nil
	return inTime
}

// Idle reports whether the connection is between two requests and nothing of the
// next has come, and until when it may stay so.
func (w *Wire) Idle() (until time.Time, idle bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	idle = !w.asked.Load() && !w.foreign.Load() && w.betweenRequests() && len(w.first) == 0 && len(w.heads) == 0
	return w.reading.due, idle && !w.reading.due.IsZero()
}

// leave ends the request that runs. Its context says so before anything fails.
func (w *Wire) leave() {
	w.left = true
	if w.cancel != nil {
		w.cancel()
	}
	if w.guarded != nil {
		w.guarded.Close()
		w.guarded = nil
	}
}
