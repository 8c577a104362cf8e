package policy

import (
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// groupIndex turns fifty group selectors and a caller with hundreds of groups
// into one look-up per group of the caller: it says of each group which
// selectors name it. Selectors are numbered in the order of compiling.
type groupIndex struct {
	selectors map[string]groupMask
	count     int
	// sketches has a bit for the sketch of each group in selectors. Most of
	// a caller's groups are none of ours, and this tells without hashing them.
	sketches [sketchBits / 64]uint64
}

const sketchBits = 2048

// sketch mixes the length and a few bytes from where names and ids differ:
// "CN=ops,OU=…", "team-17", UUIDs. Equal groups have equal sketches; the
// reverse need not hold.
func sketch(group string) int {
	n := len(group)
	if n < 4 {
		return n
	}
	h := uint(n)
	for _, c := range [...]byte{group[3], group[n/2], group[n-2], group[n-1]} {
		h = h*131 + uint(c)
	}
	return int(h % sketchBits)
}

// groupMask has one bit for each numbered group selector of a policy.
type groupMask [4]uint64

const maxGroupBits = 64 * len(groupMask{})

// groupBit is the number of a group selector.
type groupBit uint8

// groupSet is a group selector that came after the numbers ran out. It goes
// through the caller's groups for itself.
type groupSet map[string]struct{}

// Group is true for members of one of the groups, compared byte for byte. For
// somebody whose groups could not all be read, any that were not found are
// unknown: a deny must not fail to see what it denies.
func Group(list []string) Selector {
	return selector(func(c *compiler) (test, error) {
		set, err := wordSet("group", list)
		if err != nil {
			return test{}, err
		}
		return test{term: c.groups.add(set), about: aboutCaller}, nil
	})
}

func (x *groupIndex) add(set map[string]struct{}) term {
	if x.count == maxGroupBits {
		return groupSet(set)
	}
	if x.selectors == nil {
		x.selectors = map[string]groupMask{}
	}
	bit := x.count
	x.count++
	for group := range set {
		mask := x.selectors[group]
		mask[bit/64] |= 1 << (bit % 64)
		x.selectors[group] = mask
		k := sketch(group)
		x.sketches[k/64] |= 1 << (k % 64)
	}
	return groupBit(bit)
}

func (b groupBit) truth(in *reading) Truth {
	if !in.memberRead {
		in.memberRead = true
		in.member = in.groups.memberOf(in.who.Groups)
	}
	return memberTruth(in.member[b/64]&(1<<(b%64)) != 0, in.who)
}

func memberTruth(found bool, caller *identity.Identity) Truth {
	if !found && caller.GroupsUnreadable {
		return Unknown
	}
	return truthOf(found)
}

// memberOf is the selectors that name any of groups.
func (x *groupIndex) memberOf(groups []string) groupMask {
	var member groupMask
	for _, group := range groups {
		if k := sketch(group); x.sketches[k/64]&(1<<(k%64)) == 0 {
			continue
		}
		mask := x.selectors[group]
		for i := range mask {
			member[i] |= mask[i]
		}
	}
	return member
}

func (s groupSet) truth(caller *identity.Identity) Truth {
	return memberTruth(slices.ContainsFunc(caller.Groups, func(group string) bool { return holds(s, group) }), caller)
}
