package attack

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/attack/leaks"
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

// TestMain prints the scores, and looks for what the gateways left behind.
func TestMain(m *testing.M) {
	code := leaks.Run(m)
	for _, name := range slices.Sorted(maps.Keys(scores.all)) {
		s := scores.all[name]
		fmt.Printf("%s: %d/%d\n", name, s[0], s[1])
	}
	os.Exit(code)
}
