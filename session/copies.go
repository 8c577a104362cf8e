package session

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// stored says where a session was loaded from: the name of its place on the
// server and what stood there, sealed; with the cookie store its ID alone.
type stored struct{ ref, sealed string }

// copies finds what is remembered of one session, so that it can be forgotten
// as soon as its place on the server changes, or when somebody signs out: the
// same session may have been opened from several cookies.
//
// A change may be told while its place is being read. Whoever reads asks for
// the generation first, and nothing is kept that was read in an earlier one.
type copies struct {
	seed        maphash.Seed
	all         atomic.Uint64 // counts the times that everything was forgotten
	generations [256]atomic.Uint64

	mu sync.Mutex // guards the rest, and every entry's twin
	of map[string]*entry
}

func (c *copies) generation(ref string) uint64 {
	return c.all.Load()<<32 + c.slot(ref).Load()
}

func (c *copies) slot(ref string) *atomic.Uint64 {
	return &c.generations[maphash.String(c.seed, ref)%uint64(len(c.generations))]
}

// add reports false if e is outdated already.
func (c *copies) add(e *entry, generation uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation(e.from.ref) != generation {
		return false
	}
	e.twin, c.of[e.from.ref] = c.of[e.from.ref], e
	return true
}

func (c *copies) remove(e *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.of[e.from.ref]
	switch {
	case first == e && e.twin == nil:
		delete(c.of, e.from.ref)
	case first == e:
		c.of[e.from.ref] = e.twin
	default:
		for at := first; at != nil; at = at.twin {
			if at.twin == e {
				at.twin = e.twin
				break
			}
		}
	}
}

// changed begins a new generation of ref and returns its remembered entries.
func (c *copies) changed(ref string) (outdated []*entry) {
	c.slot(ref).Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.of[ref]; e != nil; e = e.twin {
		outdated = append(outdated, e)
	}
	return outdated
}

// generation is that of ref, for keep.
func (m *memory) generation(ref string) uint64 {
	if m == nil {
		return 0
	}
	return m.kept.generation(ref)
}

// holds reports whether something from ref is remembered.
func (m *memory) holds(ref string) bool {
	if m == nil {
		return false
	}
	m.kept.mu.Lock()
	defer m.kept.mu.Unlock()
	return m.kept.of[ref] != nil
}

// outdate forgets what came from ref, and what is being read from there.
func (m *memory) outdate(ref string) {
	if m == nil {
		return
	}
	for _, e := range m.kept.changed(ref) {
		s := m.shard(e.hash)
		s.mu.Lock()
		if s.entries[e.hash] == e {
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
	m.kept.all.Add(1)
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for len(s.ring) > 0 {
			s.remove(s.ring[len(s.ring)-1])
		}
		s.mu.Unlock()
	}
}
