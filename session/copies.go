package session

import (
	"hash/maphash"
	"sync/atomic"
)

// stored says where a session was loaded from: the name of its place on the
// server and what stood there, sealed; with the cookie store its ID alone.
type stored struct{ ref, sealed string }

// generations keep what is remembered of a session from outliving a change of
// its place on the server, or a sign-out. A change may be told while its place is
// being read: whoever reads asks for the generation first, and nothing is kept
// that was read in an earlier one.
type generations struct {
	seed maphash.Seed
	all  atomic.Uint64 // counts the times that everything was forgotten
	of   [256]atomic.Uint64
}

// place is a hash of ref, which stands for it in memory.
func (g *generations) place(ref string) uint64 { return maphash.String(g.seed, ref) }

func (g *generations) at(place uint64) uint64 {
	return g.all.Load()<<32 + g.of[place%uint64(len(g.of))].Load()
}

func (g *generations) changed(place uint64) { g.of[place%uint64(len(g.of))].Add(1) }

// generation is that of ref, for keep.
func (m *memory) generation(ref string) uint64 {
	if m == nil {
		return 0
	}
	return m.generations.at(m.generations.place(ref))
}

// mark stands for what lay at a place, so that a change of it shows.
func (m *memory) mark(sealed string) uint64 {
	if m == nil {
		return 0
	}
	return maphash.String(m.seed, sealed)
}

// holds reports whether something from ref is remembered.
func (m *memory) holds(ref string) bool {
	if m == nil {
		return false
	}
	place := m.generations.place(ref)
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		held := s.places[place] != nil
		s.mu.RUnlock()
		if held {
			return true
		}
	}
	return false
}

// outdate forgets what came from ref, and what is being read from there: the
// same session may have been opened from several cookies, in any shard.
func (m *memory) outdate(ref string) {
	if m == nil {
		return
	}
	place := m.generations.place(ref)
	m.generations.changed(place)
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for e := s.places[place]; e != nil; e = s.places[place] {
			s.remove(e)
		}
		s.mu.Unlock()
	}
}

// outdateAll forgets everything, and everything that is being read.
func (m *memory) outdateAll() {
	if m == nil {
		return
	}
	m.generations.all.Add(1)
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for len(s.ring) > 0 {
			s.remove(s.ring[len(s.ring)-1])
		}
		s.mu.Unlock()
	}
}

// emplace makes e one of those from its place. It needs the lock.
func (s *shard) emplace(e *entry) {
	e.twin, s.places[e.place] = s.places[e.place], e
}

// unplace undoes it. It needs the lock.
func (s *shard) unplace(e *entry) {
	first := s.places[e.place]
	switch {
	case first == e && e.twin == nil:
		delete(s.places, e.place)
	case first == e:
		s.places[e.place] = e.twin
	default:
		for at := first; at != nil; at = at.twin {
			if at.twin == e {
				at.twin = e.twin
				break
			}
		}
	}
}
