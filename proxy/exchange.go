package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// exchange is one request on its way through a Forwarder, in one piece of
// memory. It is the request's context too, because that is what reaches
// every hook. It is not pooled: a transport may hold a context
// longer than the request lasts.
type exchange struct {
	context.Context
	f             *Forwarder
	visit         Visit
	started       time.Time
	path, rawPath string
	webSocket     bool // asked for
	informs       bool // the client understands 1xx
	hijacked      bool
	duplex        bool // the answer may begin before the body's end
	err           error
	sent          http.Header // by the client; not to be changed
	cookies       []string    // lines for the upstream
	facts         [6]fact
	outURL        url.URL
	informal      informal
	splices       bool  // the client's connection can take a body from another socket
	wire          *Wire // tells alone when the request is over; nil if others may
	answer        answer
	upload        upload
	download      download
}

type exchangeKey struct{}

// Value finds the exchange itself, and who is to be told of informational
// answers, besides what r's context holds.
func (x *exchange) Value(key any) any {
	switch key {
	case exchangeKey{}:
		return x
	case upstream.Inform{}:
		return x.inform
	case upstream.Guard{}:
		if x.wire != nil {
			return x.wire
		}
		return nil
	}
	return x.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// answer is what the client gets.
type answer struct {
	http.ResponseWriter
	f *Forwarder
	x *exchange
}

// Unwrap lets http.ResponseController flush.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader keeps Gatehouse's cookies out of informational answers, and
// these from HTTP/1.0 clients (RFC 9110 section 15.2).
func (a *answer) WriteHeader(status int) {
	h := a.Header()
	if status < 200 {
		if !a.x.informs {
			return
		}
		a.f.stripSetCookie(h)
	} else {
		if _, typed := h["Content-Type"]; !typed {
			h["Content-Type"] = nil // net/http would guess one, and make HTML of a text
		}
		if a.x.visit.Last || a.x.duplex && a.x.upload.state.Load() != uploadWhole {
			// The upstream may never read the rest, and net/http would look
			// for the next request in it. Clients must know before they send
			// one.
			h["Connection"] = []string{"close"}
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write notes why a client could not be told more.
func (a *answer) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	if err != nil {
		a.x.visit.Outcome.Err = fmt.Errorf("write to client: %w", err)
	}
	return n, err
}

// ReadFrom lets a long body go from socket to socket. Over TLS and HTTP/2 that
// cannot be, and a buffer of ours is cheaper than io.Copy's.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	to, ok := a.ResponseWriter.(io.ReaderFrom)
	if !ok || !a.x.splices {
		buffer := a.f.buffers.Get()
		defer a.f.buffers.Put(buffer)
		return io.CopyBuffer(struct{ io.Writer }{a}, struct{ io.Reader }{r}, buffer)
	}
	n, err := to.ReadFrom(r)
	if err != nil {
		a.x.visit.Outcome.Err = fmt.Errorf("pass on to client: %w", err)
	}
	return n, err
}

// Hijack hands the connection to a WebSocket.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	a.x.hijacked = true
	in := conn
	if watched, ok := conn.(interface{ wire() *Wire }); ok {
		in = watched.wire().release()
	}
	if socket := a.x.visit.Socket; socket != nil {
		socket.take(conn, in, a.f.buffers)
		conn = socket
	}
	return conn, buffered, nil
}

// download is the answer's body. Closing it completes the trailers, announced
// or not, which are passed on right after.
type download struct {
	io.ReadCloser
	res *http.Response
	f   *Forwarder
	x   *exchange
	// looked is when the session was last looked at; zero for an answer that
	// is not long.
	looked time.Time
}

// errSessionEnded cuts an answer whose reader has been signed out.
var errSessionEnded = errors.New("the session ended during the answer")

func (d *download) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if !d.looked.IsZero() {
		// What arrived after the end must not be passed on either.
		if now := time.Now(); now.Sub(d.looked) >= watchSession {
			if d.looked = now; d.x.visit.Ended() {
				n, err = 0, errSessionEnded
			}
		}
	}
	if err != nil && err != io.EOF {
		d.x.visit.Outcome.Err = fmt.Errorf("read from upstream: %w", err)
	}
	return n, err
}

// WriteTo writes the body, by the transport's own way if it has one.
func (d *download) WriteTo(w io.Writer) (int64, error) {
	if own, ok := d.ReadCloser.(io.WriterTo); ok {
		n, err := own.WriteTo(w)
		if err != nil && d.x.visit.Outcome.Err == nil {
			d.x.visit.Outcome.Err = fmt.Errorf("read from upstream: %w", err)
		}
		return n, err
	}
	buffer := d.f.buffers.Get()
	defer d.f.buffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{d}, buffer)
}

func (d *download) Close() error {
	err := d.ReadCloser.Close()
	d.f.stripSetCookie(d.res.Trailer)
	d.f.dropTrailers(d.res.Trailer)
	return err
}
