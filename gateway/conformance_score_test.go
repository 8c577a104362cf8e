package gateway_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
)

// scoreboard counts the cases of each plan that hold.
type scoreboard struct {
	mu    sync.Mutex // guards plans
	plans map[string]*[2]int
}

func (s *scoreboard) run(t *testing.T, plan, name string, hold func(*testing.T)) {
	t.Run(plan+"/"+name, func(t *testing.T) {
		t.Parallel()
		t.Cleanup(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.plans == nil {
				s.plans = map[string]*[2]int{}
			}
			if s.plans[plan] == nil {
				s.plans[plan] = new([2]int)
			}
			s.plans[plan][1]++
			if !t.Failed() {
				s.plans[plan][0]++
			}
		})
		hold(t)
	})
}

// report is read with go test -v.
func (s *scoreboard) report(t *testing.T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, plan := range slices.Sorted(maps.Keys(s.plans)) {
		t.Logf("conformance, %s: %d/%d", plan, s.plans[plan][0], s.plans[plan][1])
	}
}
