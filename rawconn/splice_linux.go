//go:build !race

package rawconn

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"syscall"
)

// spliceMost is moved at once, in about 50 µs.
const spliceMost = 256 << 10

// ReadFrom lets the kernel move bytes from another connection's socket to this
// one, if r limits a Conn.
func (c *Conn) ReadFrom(r io.Reader) (int64, error) {
	to, tcp := c.Conn.(*net.TCPConn)
	if !tcp {
		return io.Copy(struct{ io.Writer }{c}, r)
	}
	if limited, ok := r.(*io.LimitedReader); ok {
		if from, ours := limited.R.(*Conn); ours {
			return c.splice(from, limited)
		}
	}
	return to.ReadFrom(r)
}

func (c *Conn) splice(from *Conn, limited *io.LimitedReader) (moved int64, err error) {
	p, _ := pipes.Get().(*pipe)
	if p == nil { // for want of descriptors
		return io.Copy(struct{ io.Writer }{c}, limited)
	}
	moved, err = p.move(c, from, limited.N)
	limited.N -= moved
	if p.held > 0 { // taken, and not delivered: another answer must not be sent them
		p.close()
		return moved, err
	}
	pipes.Put(p)
	if moved == 0 && errors.Is(err, syscall.EINVAL) { // a kernel that cannot, or no such socket
		return io.Copy(struct{ io.Writer }{c}, limited)
	}
	return moved, err
}

// pipe is where bytes are between two sockets: splice(2) wants one.
type pipe struct {
	r, w        int
	drain, pump func(fd uintptr) bool // made once, as a Conn's
	forgotten   runtime.Cleanup

	left  int64 // bytes that are not yet here
	held  int   // bytes that are
	errno syscall.Errno
}

// pipes are used by one answer after the other. A new one is nil if there are no
// descriptors.
var pipes = sync.Pool{New: func() any {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil
	}
	// One that stays smaller works, too.
	_, _, _ = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(ends[0]), syscall.F_SETPIPE_SZ, 4*spliceMost)
	p := &pipe{r: ends[0], w: ends[1]}
	p.drain, p.pump = p.fill, p.empty
	p.forgotten = runtime.AddCleanup(p, closeEnds, ends)
	return p
}}

func closeEnds(ends [2]int) {
	syscall.Close(ends[0])
	syscall.Close(ends[1])
}

func (p *pipe) close() {
	p.forgotten.Stop()
	closeEnds([2]int{p.r, p.w})
}

// move moves n bytes, or fewer if from ends before.
func (p *pipe) move(to, from *Conn, n int64) (moved int64, err error) {
	p.left, p.held, p.errno = n, 0, 0
	for p.left > 0 {
		if err := p.end("read", from, from.raw.Read(p.drain)); err != nil || p.held == 0 {
			return moved, err
		}
		taken := p.held
		err := p.end("write", to, to.raw.Write(p.pump))
		moved += int64(taken - p.held)
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// fill is one attempt to take from the source.
func (p *pipe) fill(fd uintptr) bool {
	n, errno := splice(fd, uintptr(p.w), min(p.left, spliceMost))
	if errno == syscall.EAGAIN {
		return false
	}
	p.held, p.errno = n, errno
	p.left -= int64(n)
	return true
}

// empty goes on passing on where it has stopped.
func (p *pipe) empty(fd uintptr) bool {
	for p.held > 0 {
		n, errno := splice(uintptr(p.r), fd, int64(p.held))
		switch errno {
		case 0:
			p.held -= n
		case syscall.EAGAIN:
			return false
		default:
			p.errno = errno
			return true
		}
	}
	return true
}

// splice moves up to n bytes between a socket and a pipe.
func splice(from, to uintptr, n int64) (int, syscall.Errno) {
	const nonblock = 2 // SPLICE_F_NONBLOCK
	for {
		moved, _, errno := syscall.RawSyscall6(syscall.SYS_SPLICE, from, 0, to, 0, uintptr(n), nonblock)
		switch errno {
		case 0:
			return int(moved), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// end makes an error of what an attempt or the wait for it came to.
func (p *pipe) end(op string, c *Conn, waiting error) error {
	if p.errno != 0 {
		return c.failed(op, "splice", p.errno)
	}
	return named(op, waiting)
}
