package http1

import (
	"errors"
	"net"
	"os"
	"time"
)

// patience bounds the wait for an answer's head. A deadline on the connection
// for each head, and its end for each body, cost more than most answers take to
// come. So the connection keeps an earlier one, and whether that was meant is
// found out when it passes.
type patience struct {
	due time.Time // when the head must be there; zero while none is awaited
	set time.Time // what the connection has; zero is none

	// With an upload beside the reading its goroutine knows when the wait
	// begins, and sets the deadline itself.
	eager   bool
	waiting bool // and has; guarded by the upload's mutex until the head is there
}

// until begins the wait for a head.
func (p *patience) until(t time.Time) { p.due, p.eager = t, false }

// leaveToUpload leaves it to awaitHead to begin the wait.
func (p *patience) leaveToUpload(c net.Conn) {
	p.due, p.eager, p.waiting = time.Time{}, true, false
	p.clear(c)
}

// clear takes the deadline off the connection.
func (p *patience) clear(c net.Conn) {
	if !p.set.IsZero() {
		p.apply(c, time.Time{})
	}
}

func (p *patience) apply(c net.Conn, t time.Time) {
	p.set = t
	_ = c.SetReadDeadline(t) // a closed connection says so when it is read
}

// read reads from c, for as long as that may take.
func (p *patience) read(c net.Conn, b []byte) (int, error) {
	if !p.due.IsZero() && (p.set.IsZero() || p.due.Before(p.set)) {
		p.apply(c, p.due)
	}
	for {
		n, err := c.Read(b)
		if n > 0 || p.eager || !errors.Is(err, os.ErrDeadlineExceeded) || !p.due.IsZero() && !p.due.After(time.Now()) {
			return n, err
		}
		p.apply(c, p.due)
	}
}

// awaitHead starts the clock for the answer's head behind an upload.
func (c *conn) awaitHead() {
	c.waiting = true
	_ = c.Conn.SetReadDeadline(time.Now().Add(c.client.o.ResponseHeader))
}

// headCame ends the wait: a body may take as long as it likes.
func (c *conn) headCame() {
	c.due = time.Time{}
	if c.eager && c.waiting {
		_ = c.Conn.SetReadDeadline(time.Time{})
	}
	c.eager, c.waiting = false, false
}
