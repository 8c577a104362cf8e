package session

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

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

// TestTheBoundIsInRealBytes holds what is reckoned for each session against the
// heap, for sessions that take much more memory than cookie.
func TestTheBoundIsInRealBytes(t *testing.T) {
	short := make([]string, 300)
	for i := range short {
		short[i] = string(rune('a' + i%26))
	}
	flags := make([]any, 300)
	objects := make([]any, 40)
	for i := range objects {
		objects[i] = map[string]any{"a": true}
	}
	for name, who := range map[string]identity.Identity{
		"typical":      {Provider: "ping", Email: "ada@example.com", Name: "Ada", Groups: []string{"engineering", "staff"}},
		"short groups": {Groups: short},
		"flags":        {Claims: identity.Claims{"c": flags}},
		"objects":      {Claims: identity.Claims{"c": objects}},
		"many claims": {Claims: func() identity.Claims {
			c := identity.Claims{}
			for _, s := range short[:26] {
				c[s], c[s+s], c[s+"1"] = s, json.Number("1"), false
			}
			return c
		}()},
	} {
		who.Issuer, who.Subject = "https://idp.example.com", "ada"
		s := Session{Version: Version, Identity: who, Levels: map[string]Time{"mfa": 1}, Ends: 1 << 40}
		const n = 2000
		m := newMemory(1 << 30)
		before := heap()
		for i := range n {
			s.ID = fmt.Sprintf("session-%016d", i)
			plain, err := s.pack()
			if err != nil {
				t.Fatal(err)
			}
			p := split(strings.Repeat("x", sealedLen(len(plain))-len(s.ID)) + s.ID)
			m.put(origin{"https", "wiki.example.com"}, &p, unpack(plain))
		}
		really := int(heap()-before) / n
		count, size := m.count()
		reckoned := int(size) / n
		t.Logf("%s: %d bytes reckoned, %d really, for %d of cookie", name, reckoned, really, sealedLen(s.size(t)))
		if count != n || reckoned < really || reckoned > 2*really {
			t.Errorf("%s: %d sessions of %d bytes are reckoned with %d", name, count, really, reckoned)
		}
		runtime.KeepAlive(m)
	}
}

func (s *Session) size(t *testing.T) int {
	plain, err := s.pack()
	if err != nil {
		t.Fatal(err)
	}
	return len(plain)
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestTheHashIsThisProcessesOwn: nobody outside can choose cookies that share a
// place.
func TestTheHashIsThisProcessesOwn(t *testing.T) {
	o, p := origin{"https", "wiki.example.com"}, split("value")
	if newMemory(1<<20).hash(o, &p) == newMemory(1<<20).hash(o, &p) {
		t.Error("two memories hash alike")
	}
}
