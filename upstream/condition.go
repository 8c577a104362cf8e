package upstream

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// asideFirst is how long a target is set aside the first time; each trial
	// that fails doubles it, up to asideLongest.
	asideFirst   = 10 * time.Second
	asideLongest = time.Minute
)

// condition is what is known of one target. Two things can keep requests away
// from it: their own failures in a row, for a time, and the health checks.
type condition struct {
	unwell atomic.Bool  // the checks say so
	aside  atomic.Int64 // when it may be tried again, in Unix nanoseconds; 0: not set aside
	bad    atomic.Int32 // requests in a row that got no answer

	underWay atomic.Int64
	requests [answers]atomic.Uint64 // by what became of them

	mu      sync.Mutex // guards what follows
	penalty time.Duration
	since   time.Time // when it last changed between well and not
	lastErr string
	lastAt  time.Time
}

// answers is how many things can become of a request: an answer, or a Kind.
const answers = int(Cancelled) + 2

func (c *condition) well() bool { return !c.unwell.Load() && c.aside.Load() == 0 }

// takeTrial gives one caller a target whose time is over, and everybody else
// another penalty's patience until it is known how that went.
func (c *condition) takeTrial(now time.Time) bool {
	until := c.aside.Load()
	if until == 0 || c.unwell.Load() || now.UnixNano() < until {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.aside.CompareAndSwap(until, now.Add(c.penalty).UnixNano())
}

// answered notes that t answers, whatever it said.
func (p *Pool) answered(t *target) {
	t.requests[0].Add(1)
	if t.bad.Load() == 0 && t.aside.Load() == 0 {
		return // as nearly always
	}
	t.bad.Store(0)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.penalty = 0
	if t.aside.Swap(0) != 0 {
		t.since = p.now()
		p.made.Log.Info("upstream answers again", "route", p.made.Route, "upstream", t.name)
	}
}

// unanswered notes that t gave no answer. A caller who gave up says nothing
// about it, and neither does a connection for which we had no descriptor.
func (p *Pool) unanswered(t *target, err error, trial bool) {
	kind := Broken
	var lost *Error
	if errors.As(err, &lost) {
		kind = lost.Kind
	}
	t.requests[1+kind].Add(1)
	if kind == Cancelled || ownShortage(err) {
		return
	}
	bad := t.bad.Add(1)
	now := p.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastErr, t.lastAt = err.Error(), now
	switch aside := t.aside.Load() != 0; {
	case aside && trial:
		t.penalty = min(2*t.penalty, asideLongest)
	case !aside && int(bad) >= p.made.Health.UnhealthyAfter:
		t.penalty, t.since = asideFirst, now
		p.made.Log.Warn("upstream set aside after failures in a row",
			"route", p.made.Route, "upstream", t.name, "for", t.penalty.String(), "error", t.lastErr)
	default:
		return
	}
	t.aside.Store(now.Add(t.penalty).UnixNano())
}

// ownShortage reports that it never came to a connection, for lack of
// descriptors here.
func ownShortage(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// judged notes what the health checks say.
func (p *Pool) judged(t *target, unwell bool, why error) {
	now := p.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if why != nil {
		t.lastErr, t.lastAt = "health check: "+why.Error(), now
	}
	if !unwell && t.aside.Swap(0) != 0 {
		t.bad.Store(0)
		t.penalty = 0
	}
	if t.unwell.Swap(unwell) == unwell {
		return
	}
	t.since = now
	if unwell {
		p.made.Log.Warn("upstream down", "route", p.made.Route, "upstream", t.name, "error", t.lastErr)
	} else {
		p.made.Log.Info("upstream up", "route", p.made.Route, "upstream", t.name)
	}
}
