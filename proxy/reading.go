package proxy

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// net/http sets five read deadlines for every request and reads one byte ahead
// beside every handler, to learn whether the client leaves. Most of that is
// never felt: a deadline is replaced before anybody waits for it, and the
// handler is done before a byte could come. reading has the effects without
// most of the cost: the connection gets a deadline only where a read could wait
// longer than was asked for, and a read ahead begins by waiting here, where it
// is cheap to call back, and reaches the connection if the handler takes long.
//
// net/http's read ahead ends with the first byte that a client sends on, and
// then nobody notices that it leaves: whoever sends one and goes would hold a
// connection to the upstream for as long as that likes. So the gateway also asks
// the kernel, of requests that take long.
//
// Wire's mutex guards it.
type reading struct {
	due   time.Time // the deadline that was asked for; zero is none
	set   time.Time // the one that the connection has
	spent bool      // the connection's has passed: every read fails at once
	busy  bool      // a read of the connection is under way
	// writes is the same for writing, where only zero is asked for twice.
	writes bool

	ahead  sync.Cond // of parked
	parked bool      // a read ahead waits here
	parks  uint32    // how many reads ahead there were
	known  uint32    // parks when the gateway last looked
	listed bool      // the gateway looks
}

// Read reads from the connection and watches.
func (w *Wire) Read(p []byte) (int, error) {
	if c := w.calm.Load(); c != nil {
		return w.readCalmly(c, p)
	}
	n, err := w.read(p)
	if w.excess.Load() && !w.asked.Load() {
		return 0, w.refuseHead()
	}
	return n, err
}

func (w *Wire) read(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.first) > 0 {
		n := w.takeFirst(p)
		w.watch(p[:n])
		return n, nil
	}
	if len(p) == 1 && w.gateway != nil {
		w.look()
		if w.betweenRequests() {
			if err := w.readAhead(); err != nil {
				return 0, err
			}
		}
	}
	for {
		if d := &w.reading; d.spent || !d.due.IsZero() && (d.set.IsZero() || d.due.Before(d.set)) {
			if err := w.apply(d.due); err != nil {
				return 0, err
			}
		}
		w.reading.busy = true
		w.mu.Unlock()
		n, err := w.Conn.Read(p)
		w.mu.Lock()
		w.reading.busy = false
		w.watch(p[:n])
		if n == 0 && w.early(err) {
			continue
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			w.leave()
		}
		return n, err
	}
}

// early reports a deadline that has passed on the connection, and is not the
// one that was asked for.
func (w *Wire) early(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	w.reading.spent = true
	due := w.reading.due
	return due.IsZero() || due.After(time.Now())
}

func (w *Wire) apply(t time.Time) error {
	w.reading.set, w.reading.spent = t, false
	return w.Conn.SetReadDeadline(t)
}

// SetReadDeadline bounds reads. One that is under way feels it, too.
func (w *Wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := &w.reading
	if by := w.headBy; !by.IsZero() && (t.IsZero() || t.After(by)) {
		t = by // the first head gets no more time than it had
	}
	d.due = t
	switch {
	case d.parked && !t.IsZero():
		d.callBack()
	case d.busy && !t.IsZero() && (d.set.IsZero() || t.Before(d.set)):
		return w.apply(t)
	}
	return nil
}

// SetWriteDeadline bounds writes.
func (w *Wire) SetWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t.IsZero() && !w.reading.writes {
		return nil
	}
	w.reading.writes = !t.IsZero()
	return w.Conn.SetWriteDeadline(t)
}

// SetDeadline bounds both.
func (w *Wire) SetDeadline(t time.Time) error {
	return errors.Join(w.SetReadDeadline(t), w.SetWriteDeadline(t))
}

// betweenRequests reports that nothing is to be read but a next request.
func (w *Wire) betweenRequests() bool {
	return w.state == inHead && len(w.line) == 0 && len(w.current.requestLine) == 0
}

// look has the gateway look at this connection from now on.
func (w *Wire) look() {
	w.reading.parks++
	if !w.reading.listed {
		w.reading.listed = true
		w.gateway.ahead.add(w)
	}
}

// readAhead waits until somebody wants the read to end, which is its error, or
// until the gateway finds that it takes long.
func (w *Wire) readAhead() error {
	d := &w.reading
	if d.ahead.L == nil {
		d.ahead.L = &w.mu
	}
	// With a deadline to come somebody waits for what comes. With one that has
	// passed the handler was done before this began, as it is unless it asks
	// somebody else.
	d.parked = d.due.IsZero()
	for d.parked {
		d.ahead.Wait()
	}
	if due := d.due; !due.IsZero() && !due.After(time.Now()) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// callBack ends the wait of readAhead.
func (d *reading) callBack() {
	if d.parked {
		d.parked = false
		d.ahead.Signal()
	}
}

const (
	// lookEvery is how often the gateway looks at connections whose request is
	// new: after twice that a client that leaves is noticed as it does.
	lookEvery = 50 * time.Millisecond
	// One look in so many goes to those whose request takes longer: so often it
	// is noticed if it had sent something on.
	seldom = 10
)

// readsAhead are the connections on which a handler runs, or did lately.
type readsAhead struct {
	mu     sync.Mutex // guards the rest; whoever holds it takes no Wire's
	soon   []*Wire    // to be looked at next time
	later  []*Wire    // one time in so many
	times  int
	ticker *time.Timer // runs while there are any
}

func (a *readsAhead) add(w *Wire) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.soon = append(a.soon, w)
	if a.ticker == nil {
		a.ticker = time.AfterFunc(lookEvery, a.look)
	}
}

// look sends the reads that have waited since it last looked to their
// connections, looks for clients that have left, and forgets those connections
// on which nothing happens.
func (a *readsAhead) look() {
	a.mu.Lock()
	wires := a.soon
	a.soon = nil
	if a.times++; a.times%seldom == 0 {
		wires = append(wires, a.later...)
		a.later = nil
	}
	a.mu.Unlock()
	var soon, later []*Wire
	for _, w := range wires {
		switch w.lookedAt() {
		case lookSoon:
			soon = append(soon, w)
		case lookLater:
			later = append(later, w)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.soon, a.later = append(soon, a.soon...), append(later, a.later...)
	if a.ticker = nil; len(a.soon)+len(a.later) > 0 {
		a.ticker = time.AfterFunc(lookEvery, a.look)
	}
}

const (
	lookNever = iota
	lookSoon
	lookLater
)

// lookedAt says when to look again.
func (w *Wire) lookedAt() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := &w.reading
	if d.parks != d.known { // another request
		d.known = d.parks
		return lookSoon
	}
	over := !w.asked.Load() || w.foreign.Load() || w.left
	if !over && hungUp(w.Conn) {
		w.leave()
		over = true
	}
	d.callBack()
	if over {
		d.listed = false
		return lookNever
	}
	return lookLater
}

var _ net.Conn = (*Wire)(nil)
