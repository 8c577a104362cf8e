package rawconn

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	// spliceMost is moved at once, in about 50 µs.
	spliceMost = 256 << 10
	// A sender is waited for until gather bytes are there, because to be woken
	// for every segment costs more than to move it. One that takes longer for
	// them than gatherWait is slow, and all that it sends passed on as it comes.
	gather     = 64 << 10
	gatherWait = 10 * time.Millisecond
)

// ReadFrom lets the kernel move bytes from another connection's socket to this
// one, if r limits a Conn. That has no deadline for reading afterwards.
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
	if p.held > 0 {
		p.close()
	} else {
		pipes.Put(p)
	}
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

	from    *Conn
	left    int64 // bytes that are not yet here
	held    int   // bytes that are
	errno   syscall.Errno
	gathers bool
	timed   bool // from has a deadline of ours
	waited  bool
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
	p.from, p.left, p.held, p.errno = from, n, 0, 0
	defer p.done()
	p.gatherIf(n > 2*gather)
	for p.left > 0 {
		p.gatherIf(p.gathers && p.left > 2*gather)
		p.waited = false
		err := from.raw.Read(p.drain)
		if p.timed && errors.Is(err, os.ErrDeadlineExceeded) {
			p.gatherIf(p.gathers && !p.waited) // who is slow has each byte passed on as it comes
			p.untime()
			continue
		}
		if err = p.end("read", from, err); err != nil || p.held == 0 {
			return moved, err
		}
		taken := p.held
		err = p.end("write", to, to.raw.Write(p.pump))
		moved += int64(taken - p.held)
		if err != nil {
			return moved, err
		}
	}
	return moved, nil
}

// done leaves the source as it was, and knows it no more.
func (p *pipe) done() {
	p.gatherIf(false)
	p.untime()
	p.from = nil
}

// fill is one attempt to take from the source.
func (p *pipe) fill(fd uintptr) bool {
	n, errno := splice(fd, uintptr(p.w), min(p.left, spliceMost))
	if errno == syscall.EAGAIN {
		if p.waited = true; p.gathers {
			p.timed = true
			_ = p.from.Conn.SetReadDeadline(time.Now().Add(gatherWait)) // of a closed one the next attempt tells
		}
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

// gatherIf has the source's socket tell us from how many bytes on there is
// something to read: SO_RCVLOWAT, socket(7).
func (p *pipe) gatherIf(gathers bool) {
	if gathers == p.gathers {
		return
	}
	p.gathers = gathers
	bytes := int32(1)
	if gathers {
		bytes = gather
	}
	_ = p.from.raw.Control(func(fd uintptr) {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, fd, syscall.SOL_SOCKET, syscall.SO_RCVLOWAT,
			uintptr(unsafe.Pointer(&bytes)), unsafe.Sizeof(bytes), 0)
	})
}

func (p *pipe) untime() {
	if p.timed {
		p.timed = false
		_ = p.from.Conn.SetReadDeadline(time.Time{})
	}
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
