package policy

import "math/bits"

// Shadows is a set of shadow rules of one policy, by their order among its
// shadow rules. Shadow rules are read where they stand and decide nothing.
type Shadows uint64

// maxShadows bounds the shadow rules of one policy.
const maxShadows = 64

// All goes through the set.
func (s Shadows) All(yield func(int) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(bits.TrailingZeros64(uint64(s))) {
			return
		}
	}
}

// Shadows lists the shadow rules of p.
func (p *Policy) Shadows() []ShadowRule { return p.shadows }

// ShadowRule names a rule that is tried out.
type ShadowRule struct {
	Name   string
	Action Action
}
