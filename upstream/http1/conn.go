package http1

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

const (
	// maxHead bounds the heads of one answer, informational ones included.
	maxHead = 1 << 20
	// unbounded is what a body may take.
	unbounded = -1
)

// conn is one connection, used by one exchange at a time.
type conn struct {
	net.Conn
	client *Client
	raw    syscall.RawConn // nil where the connection has none; it is not kept then
	look   peek
	in     *bufio.Reader
	used   bool      // has answered before
	since  time.Time // when it was last put into the pool

	// Of the present exchange, touched by the goroutine that reads.
	answered bool  // a byte of the answer has come
	head     int64 // bytes that the answer's heads may still take, or unbounded
	patience
	writer headWriter
}

func newConn(client *Client, c net.Conn) *conn {
	made := &conn{Conn: c, client: client}
	if s, ok := c.(syscall.Conn); ok {
		made.raw, _ = s.SyscallConn()
	}
	made.look.prepare()
	made.writer.prepare()
	made.in = bufio.NewReaderSize(made, 4<<10)
	return made
}

// errHeadTooLarge ends an answer whose heads never end.
var errHeadTooLarge = errors.New("the head of the answer is too large")

// Read is what the bufio.Reader reads from. It bounds heads.
func (c *conn) Read(p []byte) (int, error) {
	switch {
	case c.head == 0:
		return 0, errHeadTooLarge
	case c.head > 0:
		p = p[:min(int64(len(p)), c.head)]
	}
	n, err := c.patience.read(c.Conn, p)
	if n > 0 {
		c.answered = true
		if c.head > 0 {
			c.head -= int64(n)
		}
	}
	return n, err
}

// exchange sends req and reads the head of its answer. After an error the
// connection is closed and so is req's body.
func (c *conn) exchange(req *http.Request, header Fields) (*http.Response, error) {
	c.answered, c.head = false, maxHead
	x := &answer{conn: c, ctx: req.Context()}
	x.watch.begin(x.ctx, c)
	err := c.send(req, header, x)
	if err == nil {
		var res *http.Response
		if res, err = x.read(req); err == nil {
			return res, nil
		}
	}
	x.watch.end()
	c.Close()
	if !c.answered && isEnd(err) {
		err = &staleError{err}
	}
	return nil, err
}

// send writes the head, and starts on the body if there is one.
func (c *conn) send(req *http.Request, header Fields, x *answer) error {
	out, err := c.writer.head(req, header)
	if err != nil {
		closeBody(req)
		return &RequestError{err}
	}
	_, err = c.Conn.Write(out)
	c.writer.sent()
	if err != nil {
		closeBody(req)
		return err
	}
	if hasBody(req) {
		c.leaveToUpload(c.Conn)
		x.upload = startUpload(c, req, c.writer.expects)
		return nil
	}
	closeBody(req)
	c.until(time.Now().Add(c.client.o.ResponseHeader))
	return nil
}

// keep puts the connection into the pool.
func (c *conn) keep() { c.client.idle.put(c) }

// quiet reports whether the unused connection is open and has nothing to read.
func (c *conn) quiet() bool {
	return c.raw != nil && c.in.Buffered() == 0 && c.look.quiet(c.raw)
}

// isEnd reports an error that says that the other side is gone.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
