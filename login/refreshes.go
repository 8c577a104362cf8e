package login

import (
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

const (
	// The rests between attempts to refresh one session double from the first
	// to the last.
	firstRest, lastRest = time.Second, time.Minute
	// maxRests bounds the memory of failures. Each took a session with a
	// refresh token, so strangers make none.
	maxRests = 16 << 10
)

// Refreshes is what one process remembers of its refreshes over reloads: which
// are under way, so that any number of requests make one, and which failed, so
// that a provider in trouble is left alone.
type Refreshes struct {
	now func() time.Time

	mu      sync.Mutex // guards all below
	flights map[string]*flight
	rests   map[string]rest      // by session ID
	pauses  map[string]time.Time // by provider: nobody asks it until then
}

// flight is one refresh under way. done is closed when the rest is there.
type flight struct {
	done    chan struct{}
	session *session.Session
	err     error
}

// rest is what the failures of one session ask for.
type rest struct {
	until    time.Time
	failures int
}

// NewRefreshes uses the clock now, time.Now if nil.
func NewRefreshes(now func() time.Time) *Refreshes {
	if now == nil {
		now = time.Now
	}
	return &Refreshes{now: now, flights: map[string]*flight{}, rests: map[string]rest{}, pauses: map[string]time.Time{}}
}

// join returns the flight of a session, and whether the caller has to fly it.
func (m *Refreshes) join(id string) (f *flight, lead bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f = m.flights[id]; f != nil {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	m.flights[id] = f
	return f, true
}

// land hands the outcome to everybody who waits.
func (m *Refreshes) land(id string, f *flight, s *session.Session, err error) {
	f.session, f.err = s, err
	m.mu.Lock()
	delete(m.flights, id)
	m.mu.Unlock()
	close(f.done)
}

// resting reports whether this session or its provider is to be left alone.
func (m *Refreshes) resting(id, providerName string) bool {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.rests[id].until) || now.Before(m.pauses[providerName])
}

// failed notes that a refresh came to nothing for now. Retry-After counts for
// the session, and for everybody where the provider is short of strength or
// cannot be reached: each of a thousand sessions would find that out by itself.
func (m *Refreshes) failed(id, providerName string, err error) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rests) >= maxRests {
		m.forget(now)
	}
	r := m.rests[id]
	pause := firstRest << min(r.failures, 6)
	pause = min(pause, lastRest)
	pause = pause/2 + rand.N(pause/2) // replicas and tabs must not come back together
	var e *provider.Error
	if errors.As(err, &e) && e.Unavailable {
		switch e.Reason {
		case provider.ReasonThrottling:
			pause = max(pause, e.RetryAfter)
			m.pauses[providerName] = now.Add(e.RetryAfter)
		case provider.ReasonUnreachable, provider.ReasonSlow:
			m.pauses[providerName] = now.Add(min(e.RetryAfter, 5*time.Second))
		}
	}
	m.rests[id] = rest{until: now.Add(pause), failures: r.failures + 1}
}

// succeeded forgets earlier failures of the session.
func (m *Refreshes) succeeded(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rests, id)
}

// forget drops what is over, or everything if that is nothing. It needs the
// lock.
func (m *Refreshes) forget(now time.Time) {
	for id, r := range m.rests {
		if now.After(r.until) {
			delete(m.rests, id)
		}
	}
	if len(m.rests) >= maxRests {
		clear(m.rests)
	}
}
