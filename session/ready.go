package session

import (
	"strings"
	"sync/atomic"
	"unique"
	"unsafe"
)

const (
	// readyShare is which part of the memory those who come often get to have
	// their sessions ready, even if others have to go for it; and readyLeast what
	// it is at least in a shard. Where there is room anybody gets more.
	readyShare = 8
	readyLeast = 64 << 10
)

func readyLimit(limit int) int { return max(limit/readyShare, min(limit/2, readyLeast)) }

// opened is a session as it was read, beside the values that it came in: a
// request that finds one compares, and neither hashes nor reads. It is shared
// by requests, so that what they make of it can be kept by its address.
type opened struct {
	origin  origin
	pieces  pieces
	session *Session
	cost    int         // bytes, about
	slot    int         // in ready
	used    atomic.Bool // since the hand last passed
}

func newOpened(o origin, p *pieces, session *Session) *opened {
	r := &opened{origin: origin{o.scheme, unique.Make(o.host).Value()}, session: session, cost: openedCost(p, session)}
	r.pieces.n = p.n
	for i, value := range p.values[:p.n] {
		// A copy, because the original keeps the whole Cookie line alive.
		r.pieces.values[i] = strings.Clone(value)
	}
	return r
}

func openedCost(p *pieces, session *Session) int {
	return int(unsafe.Sizeof(opened{})) + 64 + p.size() + p.size()/8 + session.weight()
}

func (r *opened) use() {
	if !r.used.Load() {
		r.used.Store(true)
	}
}

// ready is a shard's entries whose sessions are opened. Its shard's lock guards it.
type ready struct {
	ring         []*entry // hand goes round it (CLOCK)
	hand         int
	bytes, limit int
}

// minOften is for shards in which hardly any fit.
const minOften = 8

// often reports whether e was last read so short a while ago that it would still
// be one of n that are ready, had it been made so then. A crowd that comes one
// after the other thus neither pushes out those who come often nor leaves garbage.
// turns counts readings of text in this shard, so that the difference is how many
// others were read since e was.
func (s *shard) often(e *entry, n int) bool {
	turn := s.turns.Add(1)
	return turn-e.seen.Swap(turn) <= uint32(max(minOften, n))
}

// prepare has e ready as session from now on, and reports whether it is.
func (s *shard) prepare(e *entry, o origin, p *pieces, session *Session) bool {
	r := newOpened(o, p, session)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.entries[e.hash] != e || e.ready.Load() != nil: // it went meanwhile, or somebody else was as quick
		return false
	case r.cost > max(s.ready.limit, s.free()):
		return false
	}
	for r.cost > s.free() && s.ready.bytes+r.cost > s.ready.limit {
		s.coolOne()
	}
	s.makeRoom(r.cost)
	if s.entries[e.hash] != e {
		return false // it had to go for its own sake
	}
	s.add(e, r)
	return true
}

// coolOne leaves one as text that was not used since the hand last came by. It
// needs the lock, and one that is ready.
func (s *shard) coolOne() {
	for {
		s.ready.hand %= len(s.ready.ring)
		old := s.ready.ring[s.ready.hand]
		if !old.ready.Load().used.Swap(false) {
			s.cool(old)
			return
		}
		s.ready.hand++
	}
}

// add needs the lock, and room.
func (s *shard) add(e *entry, r *opened) {
	r.slot = len(s.ready.ring)
	s.ready.ring = append(s.ready.ring, e)
	s.ready.bytes += r.cost
	s.bytes += r.cost
	e.ready.Store(r)
}

// cool leaves e as text. It needs the lock.
func (s *shard) cool(e *entry) {
	r := e.ready.Load()
	if r == nil {
		return
	}
	ring := s.ready.ring
	last := ring[len(ring)-1]
	ring[r.slot], last.ready.Load().slot = last, r.slot
	ring[len(ring)-1] = nil
	s.ready.ring = ring[:len(ring)-1]
	s.ready.bytes -= r.cost
	s.bytes -= r.cost
	e.ready.Store(nil)
}
