//go:build !race

package rawconn

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// most is how much is read or written at once without telling the scheduler,
// and so about the time for which it can give our place to nobody else: 10 µs.
// Longer pieces go net's way.
const most = 64 << 10

// Conn is a connection of the net package. It waits for its socket as that
// does, deadlines included.
type Conn struct {
	net.Conn
	raw     syscall.RawConn
	in, out half
}

// half is one direction of a Conn.
type half struct {
	mu      sync.Mutex // held while something is read or written; guards the rest
	p       []byte     // what is to be read into or written
	buffers Buffers    // where p is to come from; may be nil
	done    int
	errno   syscall.Errno
	step    func(fd uintptr) bool // made once: one for each call would be allocated
}

// New makes a Conn of a TCP or Unix connection. Every other is returned as it
// is, and so is one whose socket could block: everybody would wait for that. The
// race detector follows what goes through sockets in net's calls alone, so that
// under it all are.
func New(c net.Conn) net.Conn {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return c
	}
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil || !neverBlocks(raw) {
		return c
	}
	made := &Conn{Conn: c, raw: raw}
	made.in.step, made.out.step = made.in.read, made.out.write
	return made
}

// neverBlocks is what net makes of every socket. Of a closed one it is false.
func neverBlocks(raw syscall.RawConn) (never bool) {
	err := raw.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		never = err == nil && flags&unix.O_NONBLOCK != 0
	})
	return err == nil && never
}

// Read reads what there is, and waits if that is nothing.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 || len(p) > most {
		return c.Conn.Read(p)
	}
	h := &c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(p)
	err := h.end("read", c, c.raw.Read(h.step))
	if err == nil && h.done == 0 {
		return 0, io.EOF
	}
	return h.done, err
}

// Borrow is Read into memory of its own, which it takes only once there is
// something to read: whoever waits holds none. The caller puts back what it got.
func (c *Conn) Borrow(from Buffers) ([]byte, error) {
	h := &c.in
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(nil)
	h.buffers = from
	waiting := c.raw.Read(h.step)
	piece := h.p
	h.buffers = nil
	err := h.end("read", c, waiting)
	switch {
	case err == nil && h.done > 0:
		return piece[:h.done], nil
	case piece != nil:
		from.Put(piece)
	}
	if err == nil {
		err = io.EOF
	}
	return nil, err
}

// Write writes all of p, or says why it could not.
func (c *Conn) Write(p []byte) (int, error) {
	if len(p) == 0 || len(p) > most {
		return c.Conn.Write(p)
	}
	h := &c.out
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(p)
	err := h.end("write", c, c.raw.Write(h.step))
	return h.done, err
}

func (h *half) begin(p []byte) { h.p, h.done, h.errno = p, 0, 0 }

// read is one attempt. It is false when there is nothing to read yet.
func (h *half) read(fd uintptr) bool {
	if h.buffers != nil {
		h.p = h.buffers.Get()
	}
	for {
		n, errno := call(syscall.SYS_READ, fd, h.p)
		switch errno {
		case 0:
			h.done = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			if h.buffers != nil {
				h.buffers.Put(h.p)
				h.p = nil
			}
			return false
		default:
			h.errno = errno
		}
		return true
	}
}

// write goes on where it has stopped. It is false when there is no room for the
// rest yet.
func (h *half) write(fd uintptr) bool {
	for h.done < len(h.p) {
		n, errno := call(syscall.SYS_WRITE, fd, h.p[h.done:])
		switch errno {
		case 0:
			h.done += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return false
		default:
			h.errno = errno
			return true
		}
	}
	return true
}

// end makes an error of what an attempt or the wait for it came to.
func (h *half) end(op string, c *Conn, waiting error) error {
	h.p = nil
	if h.errno != 0 {
		return c.failed(op, op, h.errno)
	}
	return named(op, waiting)
}

// failed is what the net package would have made of errno.
func (c *Conn) failed(op, call string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(call, errno)}
}

// named is the error of a wait with an Op that net/http knows, and not
// "raw-read". It was made for us alone.
func named(op string, waiting error) error {
	if its, ok := waiting.(*net.OpError); ok {
		its.Op = op
	}
	return waiting
}

// CloseWrite ends what is sent.
func (c *Conn) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// SyscallConn is the socket, as for the net package's connections.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.Conn.(syscall.Conn).SyscallConn() }
