package proxy

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	uploadTooLarge = iota + 1
	uploadBroken
	uploadTooSlow
	uploadWhole
)

// uploadTimeout is how long a client may take to send a piece of a body.
const uploadTimeout = time.Minute

// upload is the request's body. It remembers how its reading ended, since it is
// not the upstream's fault if it could not be read, and gives each piece its
// time: a body that never arrives would hold a connection to the upstream.
//
// Transports read in goroutines of their own, and one of those may come for
// more when the handler has returned. Then the connection's deadline is another
// request's, and to ask HTTP/2 for it ends the process: whoever resets streams
// of uploads fast enough could do that. So nothing moves it after Close.
type upload struct {
	io.ReadCloser
	extended time.Time // when the deadline was last moved
	wire     *Wire     // nil in HTTP/2
	state    atomic.Uint32

	mu       sync.Mutex // guards the rest
	deadline *http.ResponseController
	closed   bool
}

// until moves the deadline of reading, unless it is nobody's business any more.
// It fails for writers that are no connection.
func (u *upload) until(t time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.closed {
		_ = u.deadline.SetReadDeadline(t)
	}
}

func (u *upload) Read(p []byte) (int, error) {
	if now := time.Now(); now.Sub(u.extended) > uploadTimeout/6 {
		u.extended = now
		u.until(now.Add(uploadTimeout))
	}
	n, err := u.ReadCloser.Read(p)
	if err != nil {
		u.until(time.Time{})
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
	case err == io.EOF:
		u.state.Store(uploadWhole)
	case errors.As(err, &tooLarge):
		u.state.Store(uploadTooLarge)
	case errors.Is(err, os.ErrDeadlineExceeded):
		u.state.Store(uploadTooSlow)
	default:
		u.state.Store(uploadBroken)
	}
	return n, err
}

// Close ends the reading. Of a body that was not read whole nobody wants the
// rest any more, and net/http must not wait for it before it ends the
// connection. It comes before the handler returns, perhaps again afterwards.
func (u *upload) Close() error {
	until := time.Time{}
	if u.state.Load() != uploadWhole {
		if u.wire != nil {
			u.wire.lingerAtClose()
		}
		until = time.Now()
	}
	u.until(until)
	u.mu.Lock()
	u.closed = true
	u.mu.Unlock()
	return u.ReadCloser.Close()
}
