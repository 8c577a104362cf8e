package session

import (
	"sync"
	"time"
)

const (
	// renewalPause is how long after a cookie was written the same session is
	// not renewed again. It must be short, because the answer that carried the
	// cookie may be lost.
	renewalPause = 30 * time.Second
	// maxRenewals bounds each generation; beyond it more cookies are written
	// than need be.
	maxRenewals = 16 << 10
)

// renewals remembers which sessions were written lately. A browser's hundred
// parallel requests then get one renewed cookie among them, and a request that
// was under way while tokens were refreshed does not bring the old ones back.
//
// Entries are kept in two generations, so that forgetting is dropping a map.
type renewals struct {
	mu              sync.Mutex // guards everything below
	current, former map[string]time.Time
	began           time.Time // of current
}

func newRenewals() *renewals { return &renewals{current: map[string]time.Time{}} }

// recent reports whether id was written less than pause ago. After the clock
// has gone back nothing is recent.
func (n *renewals) recent(id string, now time.Time, pause time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.within(id, now, pause)
}

// claim reports whether the caller is the one to write id now.
func (n *renewals) claim(id string, now time.Time, pause time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.within(id, now, pause) {
		return false
	}
	n.note(id, now)
	return true
}

// wrote notes that id was written for another reason.
func (n *renewals) wrote(id string, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.note(id, now)
}

func (n *renewals) within(id string, now time.Time, pause time.Duration) bool {
	last, ok := n.current[id]
	if !ok {
		last, ok = n.former[id]
	}
	since := now.Sub(last)
	return ok && since >= 0 && since < pause
}

func (n *renewals) note(id string, now time.Time) {
	if now.Sub(n.began) >= renewalPause || len(n.current) >= maxRenewals {
		n.former, n.current, n.began = n.current, map[string]time.Time{}, now
	}
	n.current[id] = now
}
