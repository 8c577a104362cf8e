package upstream

import (
	"math/rand/v2"
	"slices"
)

// Balance says which of several targets a request goes to.
type Balance uint8

const (
	// RoundRobin lets targets take turns.
	RoundRobin Balance = iota
	// LeastRequests takes the target with the fewest requests under way.
	LeastRequests
	// Random takes two targets by chance and of these the one with fewer
	// requests under way: nearly as even as LeastRequests, and several
	// gateways that cannot see each other do not all choose the same one.
	Random
)

// choose returns a target that was not tried yet. One that was set aside and
// whose time is over gets a single request as a trial. When no target is well,
// all are tried as if they were: what we know may be wrong, and a 502 without
// asking helps nobody.
func (p *Pool) choose(tried []*target) (t *target, trial bool) {
	untried := func(t *target) bool { return tried == nil || !slices.Contains(tried, t) }
	well := 0
	for _, t := range p.targets {
		if !untried(t) {
			continue
		}
		if t.well() {
			well++
		} else if t.takeTrial(p.now()) {
			return t, true
		}
	}
	fits := func(t *target) bool { return untried(t) && t.well() }
	if well == 0 {
		well, fits = len(p.targets)-len(tried), untried
	}
	turn := p.turn.Add(1) - 1
	switch first := int(turn % uint64(well)); p.made.Balance {
	case LeastRequests:
		// Beginning at another place each time shares out what is equal.
		return lighter(p.nth(first, fits), p.lightest(fits)), false
	case Random:
		if well == 1 {
			return p.nth(0, fits), false
		}
		i, j := rand.IntN(well), rand.IntN(well-1)
		if j >= i {
			j++
		}
		return lighter(p.nth(i, fits), p.nth(j, fits)), false
	default:
		return p.nth(first, fits), false
	}
}

// nth is the nth target that fits. Another request may have changed since how
// many there are; then it is the last one, and without any the next in turn.
func (p *Pool) nth(n int, fits func(*target) bool) *target {
	found := p.targets[n%len(p.targets)]
	for _, t := range p.targets {
		if !fits(t) {
			continue
		}
		if found = t; n == 0 {
			break
		}
		n--
	}
	return found
}

func (p *Pool) lightest(fits func(*target) bool) *target {
	var found *target
	for _, t := range p.targets {
		if fits(t) && (found == nil || t.underWay.Load() < found.underWay.Load()) {
			found = t
		}
	}
	return found
}

// lighter prefers a when both carry the same.
func lighter(a, b *target) *target {
	if b == nil || a.underWay.Load() <= b.underWay.Load() {
		return a
	}
	return b
}
