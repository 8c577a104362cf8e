package proxy

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// TestViewsAreBoundedAndKeepMostOfACrowd: when one too many comes, one goes,
// and not all of them, who would each cost a signature.
func TestViewsAreBoundedAndKeepMostOfACrowd(t *testing.T) {
	route := plainRoute(t)
	const most = 1024
	made := newViews(most * viewShare * int64(len(views{}.shards)))
	vs := &made
	var crowd []caller
	for len(crowd) < most+10 {
		if id := session.NewID(); shardOf(id) == 0 {
			crowd = append(crowd, caller{session: &session.Session{ID: id, Identity: identity.Identity{Subject: "s"}}})
		}
	}
	for _, c := range crowd {
		vs.of(c, route, "", time.Now)
	}
	if n := len(vs.shards[0].of); n != most {
		t.Errorf("%d views are kept, want %d", n, most)
	}
	fresh := 0
	for _, c := range crowd {
		if _, made := vs.of(c, route, "", time.Now); made {
			fresh++
		}
	}
	if fresh > most/4 {
		t.Errorf("%d of %d had to be made again", fresh, len(crowd))
	}
}

// TestNothingIsKeptForWhoOnlyPasses: their session has another address with each
// request.
func TestNothingIsKeptForWhoOnlyPasses(t *testing.T) {
	vs, route := newViews(64<<20), plainRoute(t)
	for _, passing := range []bool{true, false} {
		c := caller{session: &session.Session{ID: "id", Identity: identity.Identity{Subject: "ada"}, Passing: passing}}
		first, fresh := vs.of(c, route, "", time.Now)
		second, _ := vs.of(c, route, "", time.Now)
		if fresh == passing || (first == second) == passing || !first.headers.sets("X-Forwarded-User") {
			t.Errorf("passing: %t: fresh %t, the same %t", passing, fresh, first == second)
		}
	}
	if n := len(vs.shards[shardOf("id")].of); n != 1 {
		t.Errorf("%d views are kept", n)
	}
}

// TestViewsSpreadOverTheirShards: of random ids and of counted ones alike.
func TestViewsSpreadOverTheirShards(t *testing.T) {
	const n = 16_000
	shards := len(views{}.shards)
	for name, id := range map[string]func(i int) string{
		"random":  func(int) string { return session.NewID() },
		"counted": func(i int) string { return fmt.Sprintf("session-%d", i) },
	} {
		in := make([]int, shards)
		for i := range n {
			in[shardOf(id(i))]++
		}
		for shard, got := range in {
			if got < n/shards/2 || got > 2*n/shards {
				t.Errorf("%s: %d of %d ids in shard %d", name, got, n, shard)
			}
		}
	}
}

// TestViewsFollowTheMemoryForSessions: its bound is theirs.
func TestViewsFollowTheMemoryForSessions(t *testing.T) {
	for memory, want := range map[int64]int{0: minViews, 1 << 20: minViews, 64 << 20: 1024, 1 << 30: 16 << 10} {
		if v := newViews(memory); v.most != want || v.remember != (memory > 0) {
			t.Errorf("%d bytes: %d in each shard, remembers sessions: %t", memory, v.most, v.remember)
		}
	}
}

// plainRoute sets the headers that every route sets.
func plainRoute(t *testing.T) *Route {
	t.Helper()
	plan, err := CompileHeaders(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	forwarder, err := NewForwarder(ForwarderOptions{
		Upstream: &upstream.Pool{}, Headers: plan, StripCookies: kept, StripSetCookie: func(http.Header) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Route{forwarder: forwarder}
}
