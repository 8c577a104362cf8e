package session

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	redeemedLife = 10 * time.Minute
	// redeemedCost is what an entry takes besides its target.
	redeemedCost = 256
	// maxRedeemedBytes is room for 65,536 entries without targets.
	maxRedeemedBytes = 65536 * redeemedCost
)

// Redeemed remembers which attempts were redeemed, so that a callback which
// comes twice, side by side or one after the other, calls the token endpoint
// once. It holds for this process and for ten minutes, after which the attempt
// is refused for its age.
//
// An entry takes a validly sealed attempt, which anybody can get by starting a
// sign-in, so its memory is bounded. When it is full the oldest finished entry
// goes: refusing instead would let whoever starts 110 sign-ins a second lock
// everybody out. What then remains against a replay is enough for the few
// seconds an attacker would win for attempts of his own: the attempt cookie is
// removed by the first callback, and the provider takes a code once (RFC 6749
// section 4.1.2). Only if all entries are still running is a new one refused.
type Redeemed struct {
	clock func() time.Time

	mu      sync.Mutex // guards everything below, and the entries
	entries map[[32]byte]*redemption
	oldest  *redemption // a list in the order of their beginning
	newest  *redemption
	bytes   int
}

type redemption struct {
	key           [32]byte
	began         time.Time
	over          chan struct{} // closed by Done and Failed
	finished      bool
	succeeded     bool
	target, id    string
	earlier, next *redemption
}

// NewRedeemed uses the clock now, time.Now if nil.
func NewRedeemed(now func() time.Time) *Redeemed {
	if now == nil {
		now = time.Now
	}
	return &Redeemed{clock: now, entries: map[[32]byte]*redemption{}}
}

// Begin reports whether the caller is the first to redeem the attempt with this
// state, which Take has found. Whoever gets true calls Done or Failed.
func (m *Redeemed) Begin(state string) bool {
	key := sha256.Sum256([]byte(state))
	now := m.clock()
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.oldest != nil && now.Sub(m.oldest.began) >= redeemedLife {
		m.remove(m.oldest)
	}
	if m.entries[key] != nil || !m.makeRoom() {
		return false
	}
	e := &redemption{key: key, began: now, over: make(chan struct{}), earlier: m.newest}
	if m.newest != nil {
		m.newest.next = e
	} else {
		m.oldest = e
	}
	m.newest = e
	m.entries[key] = e
	m.bytes += e.cost()
	return true
}

// Done notes that the attempt became the session called id and leads to target.
func (m *Redeemed) Done(state, target, id string) { m.finish(state, true, target, id) }

// Failed notes that the attempt came to nothing. It cannot be redeemed again.
func (m *Redeemed) Failed(state string) { m.finish(state, false, "", "") }

func (m *Redeemed) finish(state string, succeeded bool, target, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[sha256.Sum256([]byte(state))]
	if e == nil || e.finished {
		return
	}
	m.bytes -= e.cost()
	e.finish(succeeded, target, id)
	m.bytes += e.cost()
}

// Wait returns what Done noted for this state, waiting for a redemption that is
// under way until ctx is done. It is false at once for a state that nobody
// redeemed, and for one that failed. The target is for the session called id
// alone: send nobody else there.
func (m *Redeemed) Wait(ctx context.Context, state string) (target, id string, done bool) {
	m.mu.Lock()
	e := m.entries[sha256.Sum256([]byte(state))]
	if e != nil && m.clock().Sub(e.began) >= redeemedLife {
		e = nil
	}
	m.mu.Unlock()
	if e == nil {
		return "", "", false
	}
	select {
	case <-e.over:
	case <-ctx.Done():
		return "", "", false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return e.target, e.id, e.succeeded
}

// makeRoom drops the oldest finished entries until another fits. It needs the
// lock.
func (m *Redeemed) makeRoom() bool {
	for e := m.oldest; e != nil && m.bytes+redeemedCost > maxRedeemedBytes; {
		next := e.next
		if e.finished {
			m.remove(e)
		}
		e = next
	}
	return m.bytes+redeemedCost <= maxRedeemedBytes
}

// remove needs the lock. Nobody goes on waiting for what is removed.
func (m *Redeemed) remove(e *redemption) {
	if e.earlier != nil {
		e.earlier.next = e.next
	} else {
		m.oldest = e.next
	}
	if e.next != nil {
		e.next.earlier = e.earlier
	} else {
		m.newest = e.earlier
	}
	delete(m.entries, e.key)
	m.bytes -= e.cost()
	if !e.finished {
		e.finish(false, "", "")
	}
}

func (e *redemption) finish(succeeded bool, target, id string) {
	e.finished, e.succeeded, e.target, e.id = true, succeeded, target, id
	close(e.over)
}

func (e *redemption) cost() int { return redeemedCost + len(e.target) + len(e.id) }
