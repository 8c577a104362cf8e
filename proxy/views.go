package proxy

import (
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// view is what a route makes of a caller: worked out once and used for every
// request, because the session of somebody who comes often is one shared,
// unchanging value, and so is whom a remembered token proves.
type view struct {
	headers *Rendered
	until   session.Time // a token in headers ends then; zero: none does
	stamps  stamps
	session string // the name in the log
}

// views remembers them by the caller's address in memory, so a session that
// was opened anew, refreshed or renewed is never confused with the one before.
type views struct {
	remember bool // also those of sessions
	most     int  // in each shard
	shards   [16]viewShard
}

// newViews keeps as many views as become the memory for opened sessions, which
// is in bytes; without any only those of machines.
func newViews(memory int64) views {
	most := memory / viewShare / int64(len(views{}.shards))
	return views{remember: memory > 0, most: int(max(most, minViews))}
}

type viewShard struct {
	mu sync.Mutex // guards of
	of map[viewKey]*view
}

type viewKey struct {
	caller caller
	route  *Route
	origin string // "" unless the route is a wildcard's
}

// viewShare is how much memory for sessions there is to each view, which takes
// less than half of that with an assertion in it, and keeps its session besides. When a shard is full a view at random gives way, which
// costs its session one rendering and, with an assertion, one signature.
const (
	viewShare = 4 << 10
	minViews  = 64 // in a shard
)

// of returns the view of c, who is somebody, on route, and whether it was made
// just now. A route of many origins has one for each: tokens name the origin.
func (vs *views) of(c caller, route *Route, origin string, now func() time.Time) (v *view, fresh bool) {
	kept := c.session == nil || vs.remember && !c.session.Passing
	shard, key := &vs.shards[shardOf(c.id())], viewKey{c, route, origin}
	if kept {
		shard.mu.Lock()
		known := shard.of[key]
		shard.mu.Unlock()
		if known != nil && (known.until.IsZero() || session.At(now()) < known.until) {
			return known, false
		}
	}
	made := &view{
		stamps:  stamps{plans: route.assertions, caller: assertion.Caller{Identity: c.who(), Session: c.id(), Origin: origin}},
		session: telemetry.SessionHash(c.id()),
	}
	if c.token != nil {
		made.stamps.caller.Machine = c.token.Machine
	}
	if plan := route.forwarder.Headers(); plan.SendsTokens() && c.session != nil {
		var tokens Tokens
		tokens, made.until = live(&c.session.Tokens, session.At(now()))
		made.headers = plan.RenderWith(c.who(), tokens)
	} else {
		made.headers = plan.Render(c.who())
	}
	if !kept {
		return made, false
	}
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if shard.of == nil {
		shard.of = make(map[viewKey]*view)
	}
	if len(shard.of) >= vs.most {
		for victim := range shard.of { // maps begin anywhere
			delete(shard.of, victim)
			break
		}
	}
	shard.of[key] = made
	return made, true
}

// live are the tokens that have not expired at now, and when the first of them
// will, zero if none does. A token of unknown end counts: its provider says no
// more, and the app will.
func live(t *session.Tokens, now session.Time) (tokens Tokens, until session.Time) {
	for _, each := range []struct {
		token   string
		expires session.Time
		into    *string
	}{{t.Access, t.AccessExpires, &tokens.Access}, {t.ID, t.IDExpires, &tokens.ID}} {
		if !each.expires.IsZero() && now >= each.expires {
			continue
		}
		*each.into = each.token
		if !each.expires.IsZero() && (until.IsZero() || each.expires < until) {
			until = each.expires
		}
	}
	return tokens, until
}

// shardOf spreads ids (FNV-1a). The last character of a random one alone would
// not do: it is one of four.
func shardOf(id string) int {
	sum := uint32(2166136261)
	for i := range len(id) {
		sum = (sum ^ uint32(id[i])) * 16777619
	}
	return int(sum>>16) % len(views{}.shards)
}
