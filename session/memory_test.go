package session

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// The hash only finds the bucket: on a collision the values decide, whether the
// session is ready or not.
func TestAHashCollisionIsNoSession(t *testing.T) {
	m := newMemory(1 << 16)
	here, there := origin{"https", "wiki.example.com"}, origin{"http", "wiki.example.com"}
	mine, other := split("mine"), split("other")
	put(t, m, here, &mine, Session{ID: "mine"})
	s := &m.shards[0]
	e := s.entries[m.hash(here, &mine)]
	for _, ready := range []bool{true, false} {
		if (e.ready.Load() != nil) != ready {
			t.Fatalf("ready: %t", !ready)
		}
		for _, p := range []struct {
			o origin
			p *pieces
		}{{here, &other}, {there, &mine}} {
			s.entries[m.hash(p.o, p.p)] = e
			if got := m.get(p.o, p.p); got != nil {
				t.Errorf("ready: %t: other values or another origin get %v", ready, got)
			}
			delete(s.entries, m.hash(p.o, p.p))
		}
		if !ready {
			break
		}
		if got := m.get(here, &mine); got == nil || got.ID != "mine" {
			t.Fatalf("get = %v", got)
		}
		s.cool(e)
	}
	if got := m.get(here, &mine); got == nil || got.ID != "mine" {
		t.Fatalf("get = %v", got)
	}
}

// put remembers s, filled up so that it is a session.
func put(t testing.TB, m *memory, o origin, p *pieces, s Session) *Session {
	t.Helper()
	s.Version = Version
	if s.Identity.Issuer == "" {
		s.Identity.Issuer, s.Identity.Subject = "https://idp.example.com", "ada"
	}
	plain, err := s.pack()
	if err != nil {
		t.Fatal(err)
	}
	packed := string(plain)
	opened := unpackText(packed)
	m.put(o, p, opened, packed)
	return opened
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
		p, before := &pieces{}, heap()
		for i := range n {
			s.ID = fmt.Sprintf("session-%016d", i)
			plain, err := s.pack()
			if err != nil {
				t.Fatal(err)
			}
			*p = split(strings.Repeat("x", sealedLen(len(plain))-len(s.ID)) + s.ID)
			put(t, m, origin{"https", "wiki.example.com"}, p, s)
		}
		for _, ready := range []bool{true, false} {
			really := int(heap()-before) / n
			count, size := m.count()
			reckoned := int(size) / n
			t.Logf("%s, ready %t: %d bytes reckoned, %d really, for %d of text", name, ready, reckoned, really, s.size(t))
			if count != n || reckoned < really || reckoned > 2*really {
				t.Errorf("%s, ready %t: %d sessions of %d bytes are reckoned with %d", name, ready, count, really, reckoned)
			}
			for i := range m.shards {
				for ring := &m.shards[i].ready.ring; len(*ring) > 0; {
					m.shards[i].cool((*ring)[0])
				}
			}
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

// TestACrowdDoesNotPushOutThoseWhoComeOften: who comes often finds the same
// session, ready, however many others come in turn; and whoever of them begins
// to come often, too.
func TestACrowdDoesNotPushOutThoseWhoComeOften(t *testing.T) {
	m := newMemory(minShardSize) // one shard
	o := origin{"https", "wiki.example.com"}
	came := func(i int) *pieces {
		p := split(fmt.Sprintf("cookie-%d", i))
		return &p
	}
	const regulars, crowd = 5, 600
	for i := range regulars + crowd {
		put(t, m, o, came(i), Session{ID: fmt.Sprint(i)})
	}
	often := make([]*Session, regulars)
	for i := range often {
		for range 2 {
			often[i] = m.get(o, came(i))
		}
		if often[i] == nil || often[i].Passing {
			t.Fatalf("regular %d: %+v", i, often[i])
		}
	}
	s := &m.shards[0]
	for range 3 {
		passing, again := 0, 0
		for i := range crowd {
			got := m.get(o, came(regulars+i))
			if got == nil || got.ID != fmt.Sprint(regulars+i) {
				t.Fatalf("of the crowd, %d is %+v", i, got)
			}
			if got.Passing {
				passing++
			}
			if regular := i % regulars; m.get(o, came(regular)) != often[regular] {
				often[regular] = m.get(o, came(regular))
				again++
			}
		}
		if passing < crowd/2 || again > regulars {
			t.Errorf("%d of %d were passing; regulars were given another session %d times", passing, crowd, again)
		}
		if s.ready.bytes > s.limit || s.bytes > s.limit {
			t.Errorf("%d bytes ready, %d in all; limits %d and %d", s.ready.bytes, s.bytes, s.ready.limit, s.limit)
		}
	}
	late := came(regulars + crowd/2)
	m.get(o, late)
	first := m.get(o, late)
	if second := m.get(o, late); first != second || first.Passing {
		t.Errorf("who comes again and again gets %p, then %p", first, second)
	}
	if n, _ := m.count(); n != regulars+crowd {
		t.Errorf("%d remembered", n)
	}
}

// TestTheBoundHoldsWhileSessionsBecomeReady, and nothing is reckoned twice.
func TestTheBoundHoldsWhileSessionsBecomeReady(t *testing.T) {
	m := newMemory(minShardSize)
	o, s := origin{"https", "wiki.example.com"}, &m.shards[0]
	for i := range 20_000 {
		p := split(fmt.Sprintf("cookie-%d", i*i%2000))
		if m.get(o, &p) == nil {
			put(t, m, o, &p, Session{ID: fmt.Sprint(i * i % 2000), SID: strings.Repeat("s", i%700)})
		}
		if i%3 == 0 {
			m.get(o, &p)
		}
		if i%50 == 0 {
			m.outdate(fmt.Sprint(i * i % 2000))
		}
		if s.bytes > s.limit || s.ready.bytes > s.limit {
			t.Fatalf("after %d: %d bytes, %d ready", i, s.bytes, s.ready.bytes)
		}
	}
	if len(s.ring) < 150 || len(s.ready.ring) < 10 {
		t.Errorf("%d remembered, %d ready", len(s.ring), len(s.ready.ring))
	}
	if m.forget(Match{All: true}); s.bytes != 0 || s.ready.bytes != 0 || len(s.entries)+len(s.places)+len(s.ready.ring) != 0 {
		t.Errorf("left: %d bytes, %d ready, %d entries, %d places", s.bytes, s.ready.bytes, len(s.entries), len(s.places))
	}
}

// TestEverybodyIsReadyWhileThereIsRoom, and when there is none any more those
// who are ready beyond their share make room for newcomers.
func TestEverybodyIsReadyWhileThereIsRoom(t *testing.T) {
	m := newMemory(4 * minShardSize)
	o := origin{"https", "wiki.example.com"}
	came := func(i int) *pieces {
		p := split(fmt.Sprintf("cookie-%d", i))
		return &p
	}
	const few, many = 200, 2200
	for i := range few {
		put(t, m, o, came(i), Session{ID: fmt.Sprint(i)})
	}
	for i := range few {
		if s := m.get(o, came(i)); s == nil || s.Passing || s != m.get(o, came(i)) {
			t.Fatalf("session %d is %+v", i, s)
		}
	}
	for i := few; i < many; i++ {
		put(t, m, o, came(i), Session{ID: fmt.Sprint(i)})
	}
	if n, size := m.count(); n != many || size > m.bound {
		t.Errorf("%d of %d remembered in %d bytes", n, many, size)
	}
	for i := range m.shards {
		if s := &m.shards[i]; s.ready.bytes == 0 || s.ready.bytes > 3*s.limit/4 {
			t.Errorf("shard %d has %d bytes ready, of %d", i, s.ready.bytes, s.limit)
		}
	}
	for i := many; i < 3*many; i++ { // more than there is room for
		put(t, m, o, came(i), Session{ID: fmt.Sprint(i)})
	}
	for i := range m.shards {
		if s := &m.shards[i]; s.ready.bytes == 0 || s.ready.bytes > s.ready.limit {
			t.Errorf("in a full memory shard %d has %d bytes ready, of %d", i, s.ready.bytes, s.ready.limit)
		}
	}
}

// TestWhatIsHandedOutOnceIsPassing, also where it was opened just now and there is
// no room to keep it so: what is made of it would be kept for nobody.
func TestWhatIsHandedOutOnceIsPassing(t *testing.T) {
	m := newMemory(1 << 16)
	o := origin{"https", "wiki.example.com"}
	passing := 0
	for i := range 400 {
		p := split(fmt.Sprint("value", i))
		first := put(t, m, o, &p, Session{ID: fmt.Sprint(i)})
		again := m.get(o, &p)
		if first != again && !first.Passing || first == again && first.Passing {
			t.Fatalf("session %d: the same is handed out again: %t; passing: %t", i, first == again, first.Passing)
		}
		if first.Passing {
			passing++
		}
	}
	if passing == 0 || passing == 400 {
		t.Errorf("%d of 400 are passing: the memory is too large or too small for this test", passing)
	}
}
