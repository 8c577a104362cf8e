package session

import (
	"fmt"
	"net/http"
	"sync"
)

const (
	// maxEditionBytes bounds the memory for refreshed sessions.
	maxEditionBytes = 32 << 20
	// editionCost is what an entry takes besides its session.
	editionCost = 256
)

// editions remembers the newest edition of each session that was refreshed in
// this process. Requests that were under way then still carry the cookie of
// the one before, and so does a browser whose answer was lost: without this
// memory they would spend a refresh token twice, which providers take for theft
// (RFC 9700 section 4.14.2).
//
// An entry takes a grant at the provider, so strangers make none. When the
// memory is full the oldest goes.
type editions struct {
	mu     sync.RWMutex // guards all below
	of     map[string]*edition
	oldest *edition // a list in the order of the refreshes
	newer  *edition
	bytes  int
}

type edition struct {
	session       *Session
	cost          int
	earlier, next *edition
}

func newEditions() *editions { return &editions{of: map[string]*edition{}} }

// newest returns the newest edition of s: s itself unless a later one is
// remembered. Sessions without a refresh token cost nothing.
func (m *editions) newest(s *Session) *Session {
	if s == nil || s.Tokens.Refresh == "" && s.Edition == 0 {
		return s
	}
	m.mu.RLock()
	e := m.of[s.ID]
	m.mu.RUnlock()
	if e == nil || e.session.Edition <= s.Edition {
		return s
	}
	return e.session
}

// put remembers s.
func (m *editions) put(s *Session) {
	e := &edition{session: s, cost: editionCost + s.weight()}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.of[s.ID]; old != nil {
		m.remove(old)
	}
	for m.oldest != nil && m.bytes+e.cost > maxEditionBytes {
		m.remove(m.oldest)
	}
	if e.earlier = m.newer; e.earlier != nil {
		e.earlier.next = e
	} else {
		m.oldest = e
	}
	m.newer = e
	m.of[s.ID] = e
	m.bytes += e.cost
}

// prune drops what has ended. It costs little: the oldest come first.
func (m *editions) prune(ended func(*Session) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.oldest != nil && ended(m.oldest.session) {
		m.remove(m.oldest)
	}
}

// remove needs the lock.
func (m *editions) remove(e *edition) {
	if e.earlier != nil {
		e.earlier.next = e.next
	} else {
		m.oldest = e.next
	}
	if e.next != nil {
		e.next.earlier = e.earlier
	} else {
		m.newer = e.earlier
	}
	delete(m.of, e.session.ID)
	m.bytes -= e.cost
}

// Reload returns the newest edition of s. See Store.
func (c *CookieStore) Reload(_ *http.Request, s *Session) (*Session, error) {
	now := c.editions.newest(s)
	if !c.lifetime.Live(now, At(c.clock())) || c.revoked.ended(now) {
		return nil, ErrNone
	}
	return now, nil
}

// Update remembers next, which the browser gets with the next answer that may
// carry a cookie. See Store.
func (c *CookieStore) Update(r *http.Request, next *Session) (*Session, error) {
	now := At(c.clock())
	made := *next
	made.Version, made.Seen, made.Behind, made.Passing = Version, now, true, false
	made.Edition = c.editions.newest(next).Edition + 1
	if !c.lifetime.Live(&made, now) || c.revoked.ended(&made) {
		return nil, ErrNone
	}
	if _, err := c.seal(originOf(r), &made); err != nil {
		return nil, fmt.Errorf("update session: %w", err)
	}
	c.editions.prune(c.Ended)
	c.editions.put(&made)
	return &made, nil
}

// Shared is false: a refresh is remembered by the process that made it.
func (c *CookieStore) Shared() bool { return false }
