package attack

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// area is one class of attacks and its score.
type area struct {
	t    *testing.T
	name string
}

var scores struct {
	mu  sync.Mutex // guards all below
	all map[string]*[2]int
}

// begin opens an area.
func begin(t *testing.T, name string) *area {
	t.Helper()
	t.Parallel()
	return &area{t, name}
}

// try is one case: a point if it holds.
func (a *area) try(name string, hold func(t *testing.T)) {
	a.t.Helper()
	a.score(a.t.Run(name, hold))
}

func (a *area) score(held bool) {
	scores.mu.Lock()
	defer scores.mu.Unlock()
	if scores.all == nil {
		scores.all = map[string]*[2]int{}
	}
	s := scores.all[a.name]
	if s == nil {
		s = new([2]int)
		scores.all[a.name] = s
	}
	s[1]++
	if held {
		s[0]++
	}
}

// TestMain prints the scores, and holds the suite to one more promise: when
// every gateway is closed, no goroutine and no descriptor of theirs is left.
func TestMain(m *testing.M) {
	before := descriptors()
	code := m.Run()
	for _, name := range slices.Sorted(maps.Keys(scores.all)) {
		s := scores.all[name]
		fmt.Printf("%s: %d/%d\n", name, s[0], s[1])
	}
	if code == 0 {
		code = leaks(before)
	}
	os.Exit(code)
}

func leaks(before int) int {
	deadline := time.Now().Add(10 * time.Second)
	for {
		left, more := goleak.Find(), descriptors()-before
		if left == nil && more <= 0 {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Fprintf(os.Stderr, "%d descriptors more than at the beginning; goroutines: %v\n", more, left)
			return 1
		}
	}
}

// descriptors counts the open ones, where the system tells. The poller's own
// come with the first socket and stay, so one is opened before counting.
func descriptors() int {
	c, err := listenAnywhere()
	if err != nil {
		return 0
	}
	c.Close()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
