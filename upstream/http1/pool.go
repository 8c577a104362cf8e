package http1

import (
	"sync"
	"time"
)

// pool keeps unused connections, the last one used on top: what a busy client
// needs stays warm, and what it does not need grows old at the bottom.
type pool struct {
	max  int
	keep time.Duration

	mu     sync.Mutex // guards the rest
	conns  []*conn
	sweep  *time.Timer // runs while there are connections
	closed bool
}

// take returns the youngest connection that is quiet: open, and with nothing to
// read. One that has ended, or on which the neighbour speaks unasked, is
// closed, because its bytes would be read as the answer to the next request.
func (p *pool) take() *conn {
	for {
		p.mu.Lock()
		n := len(p.conns) - 1
		if n < 0 {
			p.mu.Unlock()
			return nil
		}
		c := p.conns[n]
		p.conns[n] = nil
		p.conns = p.conns[:n]
		p.mu.Unlock()
		if c.quiet() {
			c.used = true
			return c
		}
		c.Close()
	}
}

// put keeps c, or closes it if there is no room.
func (p *pool) put(c *conn) {
	c.since = time.Now()
	p.mu.Lock()
	if p.closed || len(p.conns) >= p.max {
		p.mu.Unlock()
		c.Close()
		return
	}
	p.conns = append(p.conns, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.keep, p.expire)
	}
	p.mu.Unlock()
}

// expire closes what was unused for too long, and what the neighbour has
// closed meanwhile, so that no descriptors are held for nothing.
func (p *pool) expire() {
	p.mu.Lock()
	old := time.Now().Add(-p.keep)
	var ended []*conn
	kept := p.conns[:0]
	for _, c := range p.conns {
		if c.since.After(old) && c.quiet() {
			kept = append(kept, c)
		} else {
			ended = append(ended, c)
		}
	}
	clear(p.conns[len(kept):])
	p.conns = kept
	p.sweep = nil
	if len(kept) > 0 && !p.closed {
		next := min(kept[0].since.Add(p.keep).Sub(time.Now()), sweepEvery)
		p.sweep = time.AfterFunc(max(next, time.Millisecond), p.expire)
	}
	p.mu.Unlock()
	for _, c := range ended {
		c.Close()
	}
}

// sweepEvery is the longest that a connection which the neighbour has closed
// holds its descriptor here.
const sweepEvery = 15 * time.Second

func (p *pool) close() {
	p.mu.Lock()
	conns := p.conns
	p.conns, p.closed = nil, true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	p.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}
