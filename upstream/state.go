package upstream

import "time"

// The states of a target.
const (
	Up    = "up"    // it answers, or nothing is known yet
	Aside = "aside" // requests in a row got no answer; tried again soon
	Down  = "down"  // the health checks say so
)

// State is what is known of one target, for pages and metrics.
type State struct {
	Target   string // as configured
	State    string // Up, Aside or Down
	Since    time.Time
	UnderWay int64
	Answered uint64
	// Lost counts requests without an answer by Kind.
	Lost        [answers - 1]uint64
	LastError   string
	LastErrorAt time.Time
}

// States lists the targets in the configuration's order.
func (p *Pool) States() []State {
	all := make([]State, len(p.targets))
	for i, t := range p.targets {
		s := &all[i]
		s.Target, s.State, s.UnderWay = t.name, Up, t.underWay.Load()
		switch {
		case t.unwell.Load():
			s.State = Down
		case t.aside.Load() != 0:
			s.State = Aside
		}
		s.Answered = t.requests[0].Load()
		for kind := range s.Lost {
			s.Lost[kind] = t.requests[1+kind].Load()
		}
		t.mu.Lock()
		s.Since, s.LastError, s.LastErrorAt = t.since, t.lastErr, t.lastAt
		t.mu.Unlock()
	}
	return all
}
