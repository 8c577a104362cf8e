package proxy

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Frames that cost a client nothing and us a request, or at least a hand-over
// between goroutines, are what floods of HTTP/2 are made of: streams that are
// reset at once (rapid reset, CVE-2023-44487), streams that the client's own
// mistakes make us reset (CVE-2025-8671), and pings, settings, priorities,
// windows, empty frames (CVE-2019-9512 to 9518). net/http bounds how many
// requests run at once, not how many come to nothing. So each connection has an
// allowance of both kinds, which what it is answered refills: a browser that
// leaves a page cancels a hundred streams, but it has been answered before and
// will be again.
const (
	// A connection may cancel so many streams at once, and so many more a
	// second. Each stream that is answered to its end earns another.
	cancelBurst, cancelRate = 600, 50
	// The same for frames that carry neither a request nor a body. What they
	// speak of is mostly what they were sent: each frame of an answer earns
	// some, up to what a long line can hold of them.
	chatterBurst, chatterRate, chatterEarned, chatterMost = 1000, 200, 4, 10_000
	// trustedShare is how much more a trusted proxy may, which stands for many.
	trustedShare = 10
	// A client that has cancelled more than the first tenth of that is read in
	// small pieces with a pause for each cancel in them, so that its requests
	// do not start by the hundred. So are beginners, but for the pause.
	cancelPause = time.Millisecond
	smallPiece  = 512
	// farewell is how long a flood's connection is kept without being read, so
	// that requests under way are answered and the next flood takes its time.
	farewell = time.Second
)

// calm follows an HTTP/2 connection and ends it when its client floods.
type calm struct {
	heard, said h2Frames // what the client sends, what it is sent
	preface     int      // bytes of the preface to come
	cancels     allowance
	chatter     allowance
	unpaid      int    // cancels since the last pause
	answered    bool   // at least once
	latest      uint32 // the newest stream in what is read now
	handed      uint32 // the newest stream that net/http knows of
	reason      string // why it has to go, or ""

	atEase  atomic.Bool            // it behaves, and is read in pieces of any size
	over    atomic.Bool            // nothing is read any more
	parting atomic.Pointer[[]byte] // to be written between two frames
	writing sync.Mutex             // held while something is written
	gone    chan struct{}          // closed with the connection
	close   sync.Once
}

// newCalm begins behind the preface's first line, share times as patient as
// with a browser.
func newCalm(share float64, now time.Time) *calm {
	return &calm{
		preface: len(h2PrefaceRest),
		cancels: allowance{left: share * cancelBurst, burst: share * cancelBurst, most: share * cancelBurst, perSecond: share * cancelRate, at: now},
		chatter: allowance{left: share * chatterBurst, burst: share * chatterBurst, most: share * chatterMost, perSecond: share * chatterRate, at: now},
		gone:    make(chan struct{}),
	}
}

// hear follows what the client sends.
func (c *calm) hear(p []byte, now time.Time) {
	n := min(c.preface, len(p))
	c.preface -= n
	p = p[n:]
	c.handed = c.latest
	if len(p) == 0 || c.reason != "" {
		return
	}
	c.cancels.refill(now)
	c.chatter.refill(now)
	for len(p) > 0 {
		n, whole := c.heard.step(p)
		p = p[n:]
		if !whole {
			continue
		}
		switch f := &c.heard; {
		case f.kind() == h2ResetStream:
			c.cancelled()
		case f.kind() == h2Headers:
			c.latest = max(c.latest, f.stream())
		case f.kind() != h2Data || f.length() == 0 && !f.ends():
			if !c.chatter.take() {
				c.reason = "frame_flood"
			}
		}
	}
}

// say follows what the client is sent.
func (c *calm) say(p []byte) {
	for len(p) > 0 {
		n, whole := c.said.step(p)
		p = p[n:]
		if !whole {
			continue
		}
		switch f := &c.said; f.kind() {
		case h2Data, h2Headers:
			c.chatter.earn(chatterEarned)
			if f.ends() {
				c.cancels.earn(1)
				c.answered = true
			}
		case h2ResetStream:
			if clientsFault(f.failure()) {
				c.cancelled()
			}
		}
	}
}

func (c *calm) cancelled() {
	c.unpaid++
	if !c.cancels.take() {
		c.reason = "reset_flood"
	}
}

// clientsFault reports whether an error with which we reset a stream says that
// the client broke the protocol: PROTOCOL_ERROR, FLOW_CONTROL_ERROR,
// STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM.
func clientsFault(code uint32) bool {
	switch code {
	case 0x1, 0x3, 0x5, 0x6, 0x7:
		return true
	}
	return false
}

// beCalm begins to follow HTTP/2, with patience for who stands for many.
func (w *Wire) beCalm() {
	share := 1.0
	if w.gateway != nil && w.gateway.believes(w.Conn) {
		share = trustedShare
	}
	w.calm.Store(newCalm(share, time.Now()))
}

// believes reports whether a trusted proxy is at the connection's other end.
func (g *Gateway) believes(c net.Conn) bool {
	_, trusted := g.current.Load().door.peer(c.RemoteAddr().String())
	return trusted
}

// flooded counts and tells that a connection is ended.
func (g *Gateway) flooded(c net.Conn, reason string) {
	rt := g.current.Load()
	rt.metrics.Refused(reason)
	peer, _ := rt.door.peer(c.RemoteAddr().String())
	rt.log.Info("an HTTP/2 connection was ended", "reason", reason, "peer", peer)
}

// readCalmly is Wire.Read of an HTTP/2 connection.
func (w *Wire) readCalmly(c *calm, p []byte) (int, error) {
	if c.over.Load() {
		return 0, io.EOF
	}
	if len(p) > smallPiece && !c.atEase.Load() {
		p = p[:smallPiece]
	}
	n, err := w.read(p)
	w.mu.Lock()
	reason, pause := c.reason, c.pause()
	w.mu.Unlock()
	if reason != "" {
		w.dismiss(c, reason)
		return 0, io.EOF
	}
	c.wait(pause)
	return n, err
}

// pause is how long the client has to wait, which pays for its cancels.
func (c *calm) pause() time.Duration {
	unpaid := c.unpaid
	c.unpaid = 0
	atEase := c.answered && c.cancels.left >= c.cancels.most*9/10
	c.atEase.Store(atEase)
	if c.cancels.left >= c.cancels.most*9/10 {
		return 0
	}
	return time.Duration(unpaid) * cancelPause
}

// wait waits, unless the connection is closed before.
func (c *calm) wait(pause time.Duration) {
	if pause == 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.gone:
	}
}

// dismiss tells a flood's client to go. Of what is read now net/http never
// hears, and the client may ask again elsewhere (RFC 9113 section 6.8).
func (w *Wire) dismiss(c *calm, reason string) {
	c.over.Store(true)
	if w.gateway != nil {
		w.gateway.flooded(w.Conn, reason)
	}
	parting := goAway(c.handed, enhanceYourCalm, reason)
	c.parting.Store(&parting)
	if c.writing.TryLock() { // or whoever writes says it
		_ = w.Conn.SetWriteDeadline(time.Now().Add(farewell))
		if c.said.between() {
			_, _ = w.part(c)
		}
		c.writing.Unlock()
	}
	c.wait(farewell)
}

// writeCalmly is Wire.Write of an HTTP/2 connection.
func (w *Wire) writeCalmly(c *calm, p []byte) (written int, err error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	for {
		part := p
		if c.parting.Load() != nil {
			part = p[:c.said.bound(p)]
		}
		if len(part) > 0 {
			n, err := w.Conn.Write(part)
			w.mu.Lock()
			c.say(part[:n])
			w.mu.Unlock()
			written += n
			if p = p[n:]; err != nil {
				return written, err
			}
		}
		if c.said.between() {
			if _, err := w.part(c); err != nil {
				return written, err
			}
		}
		if len(p) == 0 {
			return written, nil
		}
	}
}

// part says what is to be said at parting, once. It needs the lock of writing.
func (w *Wire) part(c *calm) (int, error) {
	if parting := c.parting.Swap(nil); parting != nil {
		return w.Conn.Write(*parting)
	}
	return 0, nil
}

// leave ends the wait of a farewell.
func (c *calm) leave() { c.close.Do(func() { close(c.gone) }) }

// goAway is the frame of that name.
func goAway(last, code uint32, why string) []byte {
	b := []byte{0, 0, byte(8 + len(why)), h2GoAway, 0, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, last)
	b = binary.BigEndian.AppendUint32(b, code)
	return append(b, why...)
}

// allowance is a token bucket that time fills up to burst, and merit to most.
type allowance struct {
	left, burst, most, perSecond float64
	at                           time.Time // of the last refill
}

func (a *allowance) refill(now time.Time) {
	a.left = max(a.left, min(a.left+a.perSecond*now.Sub(a.at).Seconds(), a.burst))
	a.at = now
}

func (a *allowance) earn(n float64) { a.left = min(a.left+n, a.most) }

func (a *allowance) take() bool {
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}
