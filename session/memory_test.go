package session

import "testing"

// The hash only finds the bucket: on a collision the values decide.
func TestAHashCollisionIsNoSession(t *testing.T) {
	m := newMemory(1 << 16)
	here, there := origin{"https", "wiki.example.com"}, origin{"http", "wiki.example.com"}
	mine, other := split("mine"), split("other")
	m.put(here, &mine, &Session{ID: "mine"})
	if s := m.get(here, &mine); s == nil || s.ID != "mine" {
		t.Fatalf("get = %v", s)
	}
	s := &m.shards[0]
	e := s.entries[m.hash(here, &mine)]
	s.entries[m.hash(here, &other)], s.entries[m.hash(there, &mine)] = e, e
	if got := m.get(here, &other); got != nil {
		t.Errorf("other values get %v", got)
	}
	if got := m.get(there, &mine); got != nil {
		t.Errorf("another origin gets %v", got)
	}
}
