package session

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	maxShards    = 32
	minShardSize = 256 << 10
	// entryCost is what an entry takes besides its text: itself, its places in
	// two maps that may be half empty and in the ring.
	entryCost = 192
)

// memory remembers sessions by the cookie values they came in, so that
// cryptography is paid for once per cookie. Only what opened is put in:
// malformed cookies cost their sender's requests some time and evict nothing.
// It says nothing about whether a session is still live.
//
// Each is kept as the text that it is sealed from, which is a fifth of what it
// takes when it is read: a crowd fits that would not otherwise, the garbage
// collector has one small entry to look at, and reading it takes a microsecond.
// Those who come often have theirs ready, see ready.
//
// A nil memory remembers nothing.
type memory struct {
	bound       int64 // as newMemory was told
	seed        maphash.Seed
	shards      []shard
	generations generations
}

type shard struct {
	mu      sync.RWMutex // guards everything below but turns
	entries map[uint64]*entry
	places  map[uint64]*entry // the others of a place are in entry.twin
	ring    []*entry          // in no order; hand goes round it (CLOCK)
	hand    int
	bytes   int // those of ready included
	limit   int
	ready   ready
	turns   atomic.Uint32 // counts what had to be read
}

// entry is one cookie's session. What is not guarded by its shard never changes.
type entry struct {
	hash   uint64 // of the cookie, under which it is found
	print  print
	packed string
	place  uint64 // a hash of where the session is stored, see stored
	mark   uint64
	ready  atomic.Pointer[opened] // nil: has to be read
	twin   *entry                 // the next one from the same place
	cost   uint32                 // bytes, about
	slot   uint32                 // in ring
	seen   atomic.Uint32          // the shard's turn when it was last read
	used   atomic.Bool            // since the hand last passed
}

// newMemory bounds the memory to about limit bytes; nil if that is too little
// to hold anything.
func newMemory(limit int64) *memory {
	if limit <= 0 {
		return nil
	}
	n := 1
	for n < maxShards && limit/int64(2*n) >= minShardSize {
		n *= 2
	}
	m := &memory{bound: limit, seed: maphash.MakeSeed(), shards: make([]shard, n)}
	m.generations.seed = m.seed
	for i := range m.shards {
		s := &m.shards[i]
		s.entries, s.places = map[uint64]*entry{}, map[uint64]*entry{}
		s.limit = int(limit / int64(n))
		s.ready.limit = readyLimit(s.limit)
	}
	return m
}

// free is how much room there is. It needs the lock, for reading at least.
func (s *shard) free() int { return s.limit - s.bytes }

// bounded reports whether m is what newMemory makes for this limit.
func (m *memory) bounded(limit int64) bool {
	if m == nil {
		return limit <= 0
	}
	return m.bound == limit
}

// get returns the session that these values opened to, or nil.
func (m *memory) get(o origin, p *pieces) *Session {
	s, _ := m.find(o, p)
	return s
}

// find returns the session that these values opened to, or nil, and the mark it
// was kept with.
//
// Comparing need not take constant time: who lacks the value cannot hit its
// bucket, because the hash is keyed by a secret of this process.
func (m *memory) find(o origin, p *pieces) (*Session, uint64) {
	if m == nil {
		return nil, 0
	}
	hash := m.hash(o, p)
	s := m.shard(hash)
	s.mu.RLock()
	e, n, free := s.entries[hash], len(s.ready.ring), s.free()
	s.mu.RUnlock()
	if e == nil {
		return nil, 0
	}
	if r := e.ready.Load(); r != nil {
		if r.origin != o || r.pieces != *p {
			return nil, 0
		}
		r.use()
		e.use()
		return r.session, e.mark
	}
	if e.print != printOf(o, p) {
		return nil, 0
	}
	e.use()
	session := unpackText(e.packed)
	// It is made ready if it comes often or there is room anyway. Failing that it
	// is this request's alone, and routes keep nothing by its address.
	if often := s.often(e, n); !often && openedCost(p, session) > free || !s.prepare(e, o, p, session) {
		session.Passing = true
	}
	return session, e.mark
}

// use is no store each time, or the cores would fight over the line.
func (e *entry) use() {
	if !e.used.Load() {
		e.used.Store(true)
	}
}

// put remembers that p opened to session, which packed was read to, for outdate
// under its ID.
func (m *memory) put(o origin, p *pieces, session *Session, packed string) {
	m.keep(o, p, session, packed, stored{ref: session.ID}, m.generation(session.ID))
}

// keep is put for a session that was loaded from a server's copy, unless that
// copy has changed since generation was asked for.
func (m *memory) keep(o origin, p *pieces, session *Session, packed string, from stored, generation uint64) {
	if m == nil {
		return
	}
	session.Passing = true // unless it is ready below, nobody else is given it
	e := &entry{hash: m.hash(o, p), print: printOf(o, p), packed: packed, place: m.generations.place(from.ref), mark: m.mark(from.sealed)}
	e.cost = uint32(entryCost + len(packed) + len(packed)/8) // the allocator rounds up
	s := m.shard(e.hash)
	if int(e.cost) > s.limit {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m.generation(from.ref) != generation {
		return
	}
	if old := s.entries[e.hash]; old != nil {
		s.remove(old)
	}
	s.makeRoom(int(e.cost))
	e.slot = uint32(len(s.ring))
	s.ring = append(s.ring, e)
	s.entries[e.hash] = e
	s.emplace(e)
	s.bytes += int(e.cost)
	e.seen.Store(s.turns.Load())
	if openedCost(p, session) <= s.free() {
		session.Passing = false
		s.add(e, newOpened(o, p, session))
	}
}

// count returns how many cookies' sessions are remembered and their size in bytes.
func (m *memory) count() (n int, size int64) {
	if m == nil {
		return 0, 0
	}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.RLock()
		n += len(s.ring)
		size += int64(s.bytes)
		s.mu.RUnlock()
	}
	return n, size
}

func (m *memory) hash(o origin, p *pieces) uint64 {
	h := maphash.String(m.seed, o.host) ^ uint64(len(o.scheme))
	for _, value := range p.values[:p.n] {
		h = bits.RotateLeft64(h, 23)*0x9e3779b97f4a7c15 ^ maphash.String(m.seed, value)
	}
	return h
}

func (m *memory) shard(hash uint64) *shard {
	return &m.shards[hash>>32%uint64(len(m.shards))]
}
