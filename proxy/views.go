package proxy

import (
	"sync"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// view is what a route makes of a session: worked out once and used for every
// request, because a remembered session is one shared, unchanging value.
type view struct {
	headers *Rendered
	session string // the name in the log
}

// views remembers them by the session's address in memory, so a session that
// was opened anew, refreshed or renewed is never confused with the one before.
type views struct {
	remember bool
	shards   [16]viewShard
}

type viewShard struct {
	mu sync.Mutex // guards of
	of map[viewKey]*view
}

type viewKey struct {
	session *session.Session
	route   *Route
}

// maxViews bounds a shard: a view keeps its session in memory. A full one starts
// afresh, which costs each session one rendering.
const maxViews = 256

// of returns the view of s on route, and whether it was made just now.
func (vs *views) of(s *session.Session, route *Route) (v *view, fresh bool) {
	shard := &vs.shards[shardOf(s.ID)]
	key := viewKey{s, route}
	shard.mu.Lock()
	known := shard.of[key]
	shard.mu.Unlock()
	if known != nil {
		return known, false
	}
	made := &view{
		headers: route.forwarder.Headers().Render(&s.Identity),
		session: telemetry.SessionHash(s.ID),
	}
	if !vs.remember {
		return made, false
	}
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.of == nil || len(shard.of) >= maxViews {
		shard.of = make(map[viewKey]*view)
	}
	shard.of[key] = made
	return made, true
}

// shardOf spreads random ids.
func shardOf(id string) int {
	if id == "" {
		return 0
	}
	return int(id[len(id)-1]) % len(views{}.shards)
}
