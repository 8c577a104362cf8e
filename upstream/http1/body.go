package http1

import (
	"errors"
	"io"
)

// body is the body of an answer. At its end the connection goes back to the
// pool; closed before, or broken, it ends the connection.
type body struct {
	answer *answer
	// left counts the bytes of a body with a length; stream is any other, as
	// http.ReadResponse reads it.
	left     int64
	stream   io.Reader
	reusable bool // the answer allows it
	over     error
}

// spliceFrom is the length above which what is not yet in the buffer is handed
// to the writer as the connection itself.
const spliceFrom = 32 << 10

var errClosed = errors.New("read on a closed body")

// Read reads. A body shorter than its Content-Length is io.ErrUnexpectedEOF.
func (b *body) Read(p []byte) (int, error) {
	if b.over != nil {
		return 0, b.over
	}
	if b.stream != nil {
		n, err := b.stream.Read(p)
		switch {
		case err == io.EOF:
			b.finish()
		case err != nil:
			err = b.fail(err)
		}
		return n, err
	}
	n, err := b.answer.conn.in.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case b.left == 0:
		b.finish()
		return n, io.EOF
	case err == io.EOF:
		err = b.fail(io.ErrUnexpectedEOF)
	case err != nil:
		err = b.fail(err)
	}
	return n, err
}

// Buffered is how many bytes have come that were not read yet, the framing of
// chunks included.
func (b *body) Buffered() int { return b.answer.conn.in.Buffered() }

// WriteTo writes the rest of the body. What is in the buffer already is not
// copied once more, and a writer that can read from connections itself gets
// what is long without a copy through this process.
func (b *body) WriteTo(w io.Writer) (written int64, err error) {
	if b.over == nil && b.stream == nil {
		n, err := b.writeBuffered(w)
		written += n
		if err != nil {
			return written, err
		}
		if from, splices := w.(io.ReaderFrom); splices && b.left >= spliceFrom {
			n, err := b.handOver(from)
			return written + n, err
		}
	}
	if b.over == io.EOF {
		return written, nil
	}
	buffer := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buffer)
	n, err := copyBody(w, b, buffer[:])
	return written + n, err
}

// writeBuffered writes what has come with the head.
func (b *body) writeBuffered(w io.Writer) (int64, error) {
	in := b.answer.conn.in
	n := int(min(int64(in.Buffered()), b.left))
	if n == 0 {
		return 0, nil
	}
	held, _ := in.Peek(n)
	m, err := w.Write(held)
	if err != nil {
		return int64(m), err
	}
	_, _ = in.Discard(n)
	if b.left -= int64(n); b.left == 0 {
		b.finish()
	}
	return int64(n), nil
}

// handOver lets to read the rest from the connection itself.
func (b *body) handOver(to io.ReaderFrom) (int64, error) {
	c := b.answer.conn
	c.clear(c.Conn) // who reads from the connection itself knows nothing of our patience
	rest := &io.LimitedReader{R: c.Conn, N: b.left}
	n, err := to.ReadFrom(rest)
	b.left = rest.N
	switch {
	case err != nil:
		return n, b.fail(err)
	case b.left > 0:
		return n, b.fail(io.ErrUnexpectedEOF)
	}
	b.finish()
	return n, nil
}

// copyBody is io.CopyBuffer without its detours.
func copyBody(w io.Writer, r io.Reader, buffer []byte) (written int64, err error) {
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			m, failed := w.Write(buffer[:n])
			written += int64(m)
			if failed != nil {
				return written, failed
			}
		}
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
	}
}

// Close gives the connection up unless the body was read to its end.
func (b *body) Close() error {
	if b.over == nil {
		_ = b.fail(errClosed)
	}
	return nil
}

// fail ends the connection, and says so in the request's own words if its
// context ended it.
func (b *body) fail(err error) error {
	x := b.answer
	x.watch.end()
	x.conn.Close()
	if cause := x.ctx.Err(); cause != nil {
		err = cause
	}
	b.over = err
	return err
}

// finish lets the connection serve again, if nothing speaks against it: no byte
// behind the answer, nobody who closes it, and the whole request sent.
func (b *body) finish() {
	b.over = io.EOF
	x := b.answer
	if !x.watch.end() || !b.reusable || x.conn.in.Buffered() > 0 {
		x.conn.Close()
		return
	}
	if x.upload == nil {
		x.conn.keep()
		return
	}
	x.upload.then(x.conn.keep)
}
