package proxy

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// firstPiece is the memory that a new connection gets until it has sent
	// more than that; firstMost is how much of a head is awaited here.
	firstPiece = 512
	firstMost  = 4 << 10
)

// Await reads what a new connection says until its first head is whole, or
// until net/http has to see what came instead. Meanwhile the connection costs a
// few hundred bytes, and not the buffers and the stack that net/http gives it
// at once: slow heads are cheap to send, and so they are to wait for. The head
// must be whole by the deadline; net/http sees to that if it goes on longer.
func (w *Wire) Await(by time.Time) error {
	_ = w.Conn.SetReadDeadline(by)
	memory := firstPieces.Get().(*[]byte)
	said := (*memory)[:0]
	for ends := false; !ends && !settled(said); {
		if len(said) == cap(said) {
			larger := firstHeads.Get().(*[]byte)
			said = append((*larger)[:0], said...)
			firstPieces.Put(memory)
			memory = larger
		}
		n, err := w.Conn.Read(said[len(said):cap(said)])
		said = said[:len(said)+n]
		if ends = err == io.EOF && len(said) > 0; err != nil && !ends {
			giveFirst(memory)
			return err
		}
	}
	w.first, w.memory, w.headBy = said, memory, by
	return w.Conn.SetReadDeadline(time.Time{})
}

// settled reports whether there is no more to wait for: a whole head, too much
// of one, or what begins like none.
func settled(said []byte) bool {
	if len(said) == 0 {
		return false
	}
	if len(said) >= firstMost || said[0] < 'A' || said[0] > 'Z' {
		return true
	}
	end := bytes.IndexByte(said, '\n')
	if end < 0 {
		return false
	}
	line := bytes.TrimSuffix(said[:end], []byte{'\r'})
	if !bytes.HasSuffix(line, []byte(" HTTP/1.1")) && !bytes.HasSuffix(line, []byte(" HTTP/1.0")) {
		return true
	}
	return bytes.Contains(said[end:], []byte("\n\r\n")) || bytes.Contains(said[end:], []byte("\n\n"))
}

// takeFirst reads of what was awaited. It needs the lock.
func (w *Wire) takeFirst(p []byte) int {
	n := copy(p, w.first)
	if w.first = w.first[n:]; len(w.first) == 0 {
		w.first = nil
		giveFirst(w.memory)
		w.memory = nil
	}
	return n
}

// firstPieces and firstHeads are used by one new connection after the other.
var (
	firstPieces = sync.Pool{New: func() any { return room(firstPiece) }}
	firstHeads  = sync.Pool{New: func() any { return room(firstMost) }}
)

func room(size int) *[]byte {
	b := make([]byte, 0, size)
	return &b
}

// giveFirst takes memory back that nobody reads any more.
func giveFirst(b *[]byte) {
	if cap(*b) == firstPiece {
		firstPieces.Put(b)
	} else {
		firstHeads.Put(b)
	}
}
