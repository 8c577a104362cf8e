package gateway

import (
	"log/slog"
	"time"
)

const (
	// spareDescriptors are for what is neither a client nor an upstream: the
	// log, certificates, the session store, providers, operators.
	spareDescriptors = 64
	// fewestSeats is what is tried even with a limit that is too small.
	fewestSeats = 16
)

// seats bound how many connections clients have open at once. A forwarded
// request takes a second descriptor, so clients get three quarters of them:
// else those who come to sit would leave none to serve anybody with. Who finds
// no seat waits in the kernel's queue.
type seats struct {
	taken chan struct{} // nil: no bound
	log   *slog.Logger
	said  chan time.Time // holds when a shortage was last told
}

// newSeats divides the descriptors; 0 of them is unknown, and bounds nothing.
func newSeats(descriptors int, log *slog.Logger) *seats {
	s := &seats{log: log, said: make(chan time.Time, 1)}
	s.said <- time.Time{}
	if descriptors > 0 {
		s.taken = make(chan struct{}, max((descriptors-spareDescriptors)/4*3, fewestSeats))
	}
	return s
}

// take waits for a seat. It is false if over was closed before there was one.
func (s *seats) take(over <-chan struct{}) bool {
	if s.taken == nil {
		return true
	}
	select {
	case s.taken <- struct{}{}:
		return true
	default:
	}
	if said := <-s.said; time.Since(said) > sayAgain {
		s.said <- time.Now()
		s.log.Error("new connections have to wait: clients have three quarters of the open files that this process may have; raise the limit (LimitNOFILE=, ulimit -n), or find out who holds so many connections",
			"connections", cap(s.taken))
	} else {
		s.said <- said
	}
	select {
	case s.taken <- struct{}{}:
		return true
	case <-over:
		return false
	}
}

// leave gives one back.
func (s *seats) leave() {
	if s.taken != nil {
		<-s.taken
	}
}

// count is how many are taken, of how many; 0 of 0 without a bound.
func (s *seats) count() (taken, all int) { return len(s.taken), cap(s.taken) }
