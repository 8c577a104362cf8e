package gateway

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/proxy"
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

	mu      sync.Mutex // guards the rest
	sitting map[*proxy.Wire]struct{}
}

// newSeats divides the descriptors; 0 of them is unknown, and bounds nothing.
func newSeats(descriptors int, log *slog.Logger) *seats {
	s := &seats{log: log, said: make(chan time.Time, 1)}
	s.said <- time.Time{}
	if descriptors > 0 {
		s.sitting = map[*proxy.Wire]struct{}{}
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
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for {
		s.makeRoom()
		select {
		case s.taken <- struct{}{}:
			return true
		case <-over:
			return false
		case <-again.C:
		}
	}
}

const (
	// askAgain is how often room is looked for while somebody waits.
	askAgain = time.Second
	// sitsIdle is how long a connection must have been silent to be asked to go,
	// and roomAtOnce the part of them that is, so that not each newcomer looks
	// through all.
	sitsIdle   = 2 * time.Second
	roomAtOnce = 16
)

// sit and rise note an HTTP/1 connection that was handed out, and its end.
func (s *seats) sit(w *proxy.Wire) {
	if s.taken == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sitting[w] = struct{}{}
}

func (s *seats) rise(w *proxy.Wire) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sitting, w)
}

// makeRoom closes those connections between requests that have been silent for
// longest: their clients come again when they have something to ask.
func (s *seats) makeRoom() {
	type idle struct {
		wire  *proxy.Wire
		since time.Time
	}
	var silent []idle
	before := time.Now().Add(-sitsIdle)
	s.mu.Lock()
	for w := range s.sitting {
		if until, is := w.Idle(); is && until.Add(-keepAlive).Before(before) {
			silent = append(silent, idle{w, until})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(silent, func(a, b idle) int { return a.since.Compare(b.since) })
	for _, i := range silent[:min(len(silent), 1+len(silent)/roomAtOnce)] {
		go i.wire.Close() // over TLS it may wait for a client that reads nothing, and nobody may wait for that
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
