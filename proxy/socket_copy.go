package proxy

import (
	"io"
	"net/http/httputil"

	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// Most WebSockets are silent most of the time, and there may be thousands.
// io.Copy would hold 32 KiB for each direction of every one. So the messages of
// a client are read into memory that is taken once there is one. From where that
// cannot be known beforehand, over TLS and through http.Transport, a piece is
// awaited with waitingSize, and more is taken after one that fills that.
const waitingSize = 1 << 10

// borrower is a *rawconn.Conn.
type borrower interface {
	Borrow(rawconn.Buffers) ([]byte, error)
}

// WriteTo passes on what the client says, until it has said all. io.Copy calls
// it.
func (s *Socket) WriteTo(w io.Writer) (int64, error) {
	s.answered()
	from, ok := s.in.(borrower)
	if !ok {
		return copyPieces(w, s.in, s.buffers)
	}
	var passed int64
	for {
		piece, err := from.Borrow(s.buffers)
		if err != nil {
			return passed, endless(err)
		}
		n, err := w.Write(piece)
		s.buffers.Put(piece[:cap(piece)])
		passed += int64(n)
		if err != nil {
			return passed, err
		}
	}
}

// ReadFrom passes on what the upstream says.
func (s *Socket) ReadFrom(r io.Reader) (int64, error) { return copyPieces(s, r, s.buffers) }

func copyPieces(w io.Writer, r io.Reader, buffers httputil.BufferPool) (passed int64, err error) {
	waiting := make([]byte, waitingSize)
	var large []byte
	defer func() {
		if large != nil {
			buffers.Put(large)
		}
	}()
	for {
		p := waiting
		if large != nil {
			p = large
		}
		n, err := r.Read(p)
		if n > 0 {
			m, err := w.Write(p[:n])
			passed += int64(m)
			if err != nil {
				return passed, err
			}
		}
		switch {
		case err != nil:
			return passed, endless(err)
		case large == nil && n == waitingSize:
			large = buffers.Get()
		case large != nil && n <= waitingSize:
			buffers.Put(large)
			large = nil
		}
	}
}

// endless is an error of reading, of which the end is none.
func endless(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
