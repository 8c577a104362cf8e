package session

import "strings"

// drop forgets what these values opened to, for a session that has ended.
func (m *memory) drop(o origin, p *pieces) {
	if m == nil {
		return
	}
	hash, print := m.hash(o, p), printOf(o, p)
	s := m.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[hash]; e != nil && e.print == print {
		s.remove(e)
	}
}

// forget drops all matching sessions and returns how many different ones they
// were: a renewed session has been opened from several cookies.
func (m *memory) forget(match Match) int {
	if m == nil {
		return 0
	}
	places := map[uint64]bool{}
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		for slot := len(s.ring) - 1; slot >= 0; slot-- {
			if e := s.ring[slot]; match.selectsPacked(e.packed) {
				places[e.place] = true
				s.remove(e)
			}
		}
		s.mu.Unlock()
	}
	return len(places)
}

// selectsPacked is selects for a session that is not read unless it may be one:
// names stand in the text as they are.
func (m Match) selectsPacked(packed string) bool {
	switch m.by() {
	case byNothing:
		return false
	case byAll:
		return true
	case byID:
		if !strings.Contains(packed, m.ID) {
			return false
		}
	case bySID:
		if !strings.Contains(packed, m.SID) {
			return false
		}
	case bySubject:
		if !strings.Contains(packed, m.Subject) {
			return false
		}
	}
	return m.selects(unpackText(packed))
}

// makeRoom has those be ready no longer that are so beyond their share, and then
// evicts what was not used since the hand last came by. It needs the lock.
func (s *shard) makeRoom(cost int) {
	for cost > s.free() && s.ready.bytes > s.ready.limit {
		s.coolOne()
	}
	for cost > s.free() && len(s.ring) > 0 {
		s.hand %= len(s.ring)
		if e := s.ring[s.hand]; e.used.Swap(false) {
			s.hand++
		} else {
			s.remove(e)
		}
	}
}

// remove needs the lock.
func (s *shard) remove(e *entry) {
	s.cool(e)
	last := s.ring[len(s.ring)-1]
	s.ring[e.slot], last.slot = last, e.slot
	s.ring[len(s.ring)-1] = nil
	s.ring = s.ring[:len(s.ring)-1]
	delete(s.entries, e.hash)
	s.bytes -= int(e.cost)
	s.unplace(e)
}
