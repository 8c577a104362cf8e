package http1

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// continueTimeout is how long a body waits to be asked for. Neighbours that do
// not know 100-continue never ask (RFC 9110 section 10.1.1).
const continueTimeout = time.Second

// upload sends a request's body while the answer is read beside it: a neighbour
// may answer before it has read everything.
type upload struct {
	conn    *conn
	body    io.ReadCloser
	length  int64     // <=0: unknown, chunked
	verdict chan bool // nil, or tells whether the body is wanted

	mu     sync.Mutex // guards the rest
	head   bool       // the final answer's head was read
	over   bool       // no more is sent
	whole  bool       // and all of it was
	settle func()     // what to do once the body was sent whole
}

// startUpload begins to send req's body, which may wait to be asked for.
func startUpload(c *conn, req *http.Request, expectsContinue bool) *upload {
	u := &upload{conn: c, body: req.Body, length: req.ContentLength}
	if expectsContinue {
		u.verdict = make(chan bool, 1)
	}
	go u.run()
	return u
}

// ask lets a waiting body go.
func (u *upload) ask() { u.tell(true) }

// answered says that the head of the final answer is there: a body that still
// waits to be asked for is not wanted, and no deadline is to be set any more.
func (u *upload) answered() {
	if u == nil {
		return
	}
	u.tell(false)
	u.mu.Lock()
	u.head = true
	u.mu.Unlock()
}

func (u *upload) tell(wanted bool) {
	if u == nil || u.verdict == nil {
		return
	}
	select {
	case u.verdict <- wanted:
	default: // told already
	}
}

// then calls settle once the body was sent whole, which may be now. If it never
// is, the connection ends: the neighbour would take the next request for the
// rest of this one.
func (u *upload) then(settle func()) {
	u.mu.Lock()
	u.settle = settle
	over, whole := u.over, u.whole
	u.mu.Unlock()
	if over {
		u.end(whole, settle)
	}
}

// end does what then promised.
func (u *upload) end(whole bool, settle func()) {
	switch {
	case settle == nil: // the answer is still being read
	case whole:
		settle()
	default:
		u.conn.Close()
	}
}

func (u *upload) run() {
	defer u.body.Close()
	whole := u.wanted() && u.send()
	u.mu.Lock()
	u.over, u.whole = true, whole
	if !u.head {
		u.conn.awaitHead()
	}
	settle := u.settle
	u.mu.Unlock()
	u.end(whole, settle)
}

// send reports whether it sent all. A neighbour that takes no more may have
// answered already: who reads has what is there, for as long as an answer may
// take. But where the body itself broke off, what was sent must not look like a
// whole request, and nobody answers it.
func (u *upload) send() bool {
	buffer := copyBuffers.Get().(*[copySize]byte)
	defer copyBuffers.Put(buffer)
	send := u.sendChunks
	if u.length > 0 {
		send = u.sendLength
	}
	unread, unsent := send(buffer[:])
	if unread != nil {
		u.conn.Close()
	}
	return unread == nil && unsent == nil
}

// wanted waits until a body that waits to be asked for may go.
func (u *upload) wanted() bool {
	if u.verdict == nil {
		return true
	}
	wait := time.NewTimer(continueTimeout)
	defer wait.Stop()
	select {
	case wanted := <-u.verdict:
		return wanted
	case <-wait.C:
		return true
	}
}

var errBodyLength = errors.New("the request's body is not as long as its Content-Length")

// sendLength sends exactly length bytes. unread is what went wrong with the
// body itself. The body is read to its end, also past the last byte that
// counts, because readers may want to see it.
func (u *upload) sendLength(buffer []byte) (unread, unsent error) {
	left := u.length
	for {
		n, err := u.body.Read(buffer)
		if int64(n) > left {
			return errBodyLength, nil
		}
		left -= int64(n)
		if n > 0 && unsent == nil {
			if _, unsent = u.conn.Conn.Write(buffer[:n]); unsent != nil {
				return nil, unsent
			}
		}
		switch {
		case err == io.EOF && left > 0:
			return errBodyLength, nil
		case err == io.EOF:
			return nil, nil
		case err != nil:
			return err, nil
		}
	}
}

// chunkRoom is what the size of a chunk may take before it: "8000\r\n".
const chunkRoom = 6

// sendChunks sends until the body's end (RFC 9112 section 7.1), each piece as it
// comes, because it may be what the neighbour waits for.
func (u *upload) sendChunks(buffer []byte) (unread, unsent error) {
	for {
		n, err := u.body.Read(buffer[chunkRoom : len(buffer)-2])
		if n > 0 {
			var size [chunkRoom]byte
			head := append(strconv.AppendInt(size[:0], int64(n), 16), "\r\n"...)
			start := chunkRoom - len(head)
			copy(buffer[start:], head)
			end := chunkRoom + n
			buffer[end], buffer[end+1] = '\r', '\n'
			if _, unsent := u.conn.Conn.Write(buffer[start : end+2]); unsent != nil {
				return nil, unsent
			}
		}
		switch {
		case err == io.EOF:
			_, unsent := u.conn.Conn.Write([]byte("0\r\n\r\n"))
			return nil, unsent
		case err != nil:
			return err, nil
		}
	}
}

// copySize fits what a read from a socket usually gives.
const copySize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copySize]byte) }}
