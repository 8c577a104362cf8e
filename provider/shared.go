package provider

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// failureMemory is how long a failed fetch answers for those who come
	// after it, so that a dead provider is not hammered by its own users.
	failureMemory = 3 * time.Second
	// forcedEvery is the least time between two fetches that a token asked
	// for (security: keys for unknown kids).
	forcedEvery = time.Minute
)

// shared is a value fetched over the network once for everybody who waits.
// A fetch outlives the caller who began it, within a deadline of its own; a
// caller's context bounds only that caller's wait. A good value stays through
// later failures.
type shared[T any] struct {
	load    func(context.Context) (T, error)
	timeout time.Duration
	now     func() time.Time
	flights singleflight.Group

	mu         sync.Mutex // guards the fields below; never held while loading
	value      T
	generation int   // counts good fetches; 0: there is no value yet
	err        error // of the last fetch
	failed     time.Time
	forced     time.Time
}

// versioned is a value and which good fetch it came from.
type versioned[T any] struct {
	value      T
	generation int
}

// peek returns the value at hand, generation 0 if there is none, and how the
// last fetch ended.
func (s *shared[T]) peek() (versioned[T], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return versioned[T]{s.value, s.generation}, s.err
}

// get returns the value at hand, or joins or begins the first fetch.
func (s *shared[T]) get(ctx context.Context) (versioned[T], error) {
	if at, _ := s.peek(); at.generation > 0 {
		return at, nil
	}
	return s.fly(ctx, func() (done bool, err error) {
		if s.generation > 0 {
			return true, nil
		}
		remembered := s.err != nil && s.now().Sub(s.failed) < failureMemory
		return remembered, s.err
	})
}

// refresh fetches whatever is at hand, on schedule.
func (s *shared[T]) refresh(ctx context.Context) error {
	_, err := s.fly(ctx, func() (bool, error) { return false, nil })
	return err
}

// force fetches because the value of generation seen did not do. If a newer
// one is there already that is the answer; otherwise at most one forced fetch
// a minute is made on each budget, and callers beyond it get the value they
// have seen, or the error of a last fetch that failed. last is when the budget
// was spent; it belongs to the lock.
func (s *shared[T]) force(ctx context.Context, seen int, last *time.Time) (versioned[T], error) {
	return s.fly(ctx, func() (done bool, err error) {
		if s.generation != seen {
			return true, nil
		}
		now := s.now()
		if !last.IsZero() && now.Sub(*last) < forcedEvery {
			return true, s.err
		}
		*last = now
		return false, nil
	})
}

// fly loads for everybody who waits, unless decide, which runs under the lock
// and inside the flight, finds that nothing has to be loaded. Deciding inside
// is what makes "at most" exact: whoever arrives after a flight sees its
// outcome rather than starting the next.
func (s *shared[T]) fly(ctx context.Context, decide func() (done bool, err error)) (versioned[T], error) {
	flight := s.flights.DoChan("", func() (any, error) {
		s.mu.Lock()
		done, err := decide()
		s.mu.Unlock()
		if !done {
			err = s.fetch(ctx)
		}
		at, _ := s.peek()
		return at, err
	})
	select {
	case r := <-flight:
		return r.Val.(versioned[T]), r.Err
	case <-ctx.Done():
		return versioned[T]{}, transportFailure(ctx, context.Cause(ctx)).about("wait for the provider")
	}
}

func (s *shared[T]) fetch(caller context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(caller), s.timeout)
	defer cancel()
	value, err := s.load(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err = err; err != nil {
		s.failed = s.now()
		return err
	}
	s.value = value
	s.generation++
	return nil
}
