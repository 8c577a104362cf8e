package session

import (
	"hash/maphash"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"unique"
)

const (
	maxShards    = 32
	minShardSize = 256 << 10
	// entryCost is what an entry takes besides its values: itself, its places in
	// two maps and the ring, and what the allocator rounds up.
	entryCost = 384
)

// memory remembers opened sessions by the cookie values they came in, so that
// cryptography is paid for once per cookie. Only what opened is put in:
// malformed cookies cost their sender's requests some time and evict nothing.
// It says nothing about whether a session is still live.
//
// A nil memory remembers nothing.
type memory struct {
	bound  int64 // as newMemory was told
	seed   maphash.Seed
	shards []shard
	limit  int // bytes in each shard
	kept   copies
}

type shard struct {
	mu      sync.RWMutex // guards everything below
	entries map[uint64]*entry
	ring    []*entry // in no order; hand goes round it (CLOCK)
	hand    int
	bytes   int
	kept    *copies // has a lock of its own
}

type entry struct {
	hash    uint64
	origin  origin
	pieces  pieces
	session *Session
	from    stored
	twin    *entry      // the next one from the same place, see copies
	cost    int         // bytes, about
	slot    int         // in ring
	used    atomic.Bool // since the hand last passed
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
	m := &memory{bound: limit, seed: maphash.MakeSeed(), shards: make([]shard, n), limit: int(limit / int64(n))}
	for i := range m.shards {
		m.shards[i].entries = map[uint64]*entry{}
		m.shards[i].kept = &m.kept
	}
	m.kept.seed, m.kept.of = m.seed, map[string]*entry{}
	return m
}

// bounded reports whether m is what newMemory makes for this limit.
func (m *memory) bounded(limit int64) bool {
	if m == nil {
		return limit <= 0
	}
	return m.bound == limit
}

// get returns the session that these values opened to, or nil.
func (m *memory) get(o origin, p *pieces) *Session {
	if e := m.find(o, p); e != nil {
		return e.session
	}
	return nil
}

// find returns the entry of these values, or nil.
//
// The comparison need not take constant time: who lacks the value cannot hit
// its bucket, because the hash is keyed by a secret of this process.
func (m *memory) find(o origin, p *pieces) *entry {
	if m == nil {
		return nil
	}
	hash := m.hash(o, p)
	s := m.shard(hash)
	s.mu.RLock()
	e := s.entries[hash]
	s.mu.RUnlock()
	if e == nil || e.origin != o || e.pieces != *p {
		return nil
	}
	if !e.used.Load() { // a store each time would make the cores fight over the line
		e.used.Store(true)
	}
	return e
}

// put remembers that p opened to session, for outdate under its ID.
func (m *memory) put(o origin, p *pieces, session *Session) {
	m.keep(o, p, session, stored{ref: session.ID}, m.generation(session.ID))
}

// keep is put for a session that was loaded from a server's copy, unless that
// copy has changed since generation was asked for.
func (m *memory) keep(o origin, p *pieces, session *Session, from stored, generation uint64) {
	if m == nil {
		return
	}
	e := &entry{hash: m.hash(o, p), origin: origin{o.scheme, unique.Make(o.host).Value()}, session: session, from: from}
	e.pieces.n = p.n
	for i, value := range p.values[:p.n] {
		// A copy, because the original keeps the whole Cookie line alive.
		e.pieces.values[i] = strings.Clone(value)
	}
	e.cost = entryCost + p.size() + len(from.ref) + len(from.sealed) + session.weight()
	if e.cost > m.limit {
		return
	}
	s := m.shard(e.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !m.kept.add(e, generation) {
		return
	}
	if old := s.entries[e.hash]; old != nil {
		s.remove(old)
	}
	for s.bytes+e.cost > m.limit {
		s.evict()
	}
	e.slot = len(s.ring)
	s.ring = append(s.ring, e)
	s.entries[e.hash] = e
	s.bytes += e.cost
}

// drop forgets what these values opened to, for a session that has ended.
func (m *memory) drop(o origin, p *pieces) {
	if m == nil {
		return
	}
	hash := m.hash(o, p)
	s := m.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[hash]; e != nil && e.origin == o && e.pieces == *p {
		s.remove(e)
	}
}

// forget drops all matching sessions and returns how many different ones they
// were: a renewed session has been opened from several cookies.
func (m *memory) forget(match Match) int {
	if m == nil {
		return 0
	}
	ids := map[string]bool{}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for slot := len(s.ring) - 1; slot >= 0; slot-- {
			if e := s.ring[slot]; match.selects(e.session) {
				ids[e.session.ID] = true
				s.remove(e)
			}
		}
		s.mu.Unlock()
	}
	return len(ids)
}

// count returns how many opened cookies are remembered and their size in bytes.
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

// evict removes the first entry that was not used since the hand last came by.
// It needs the lock and at least one entry.
func (s *shard) evict() {
	for {
		s.hand %= len(s.ring)
		e := s.ring[s.hand]
		if !e.used.Swap(false) {
			s.remove(e)
			return
		}
		s.hand++
	}
}

// remove needs the lock.
func (s *shard) remove(e *entry) {
	last := s.ring[len(s.ring)-1]
	s.ring[e.slot], last.slot = last, e.slot
	s.ring[len(s.ring)-1] = nil
	s.ring = s.ring[:len(s.ring)-1]
	delete(s.entries, e.hash)
	s.bytes -= e.cost
	s.kept.remove(e)
}
