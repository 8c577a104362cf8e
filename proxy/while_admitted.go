package proxy

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/policy"
)

// watchSession is how often the session of what lasts is looked at.
const watchSession = time.Second

// longAnswer is from where on an answer may take its time, in bytes.
const longAnswer = 1 << 20

// streams reports whether r asks for something that may never end by itself:
// server-sent events or gRPC.
func streams(r *http.Request) bool {
	for _, accepted := range r.Header["Accept"] {
		if strings.Contains(accepted, "text/event-stream") {
			return true
		}
	}
	kind := r.Header["Content-Type"]
	return len(kind) > 0 && strings.HasPrefix(kind[0], "application/grpc")
}

// whileAdmitted returns r with a context that ends with the right to have it
// answered: a WebSocket or a stream is one request, so nothing else would ever
// ask again whether the person is still signed in (CVE-2021-41230), or whether a
// newer configuration would let them in. A socket is told goodbye first, and by
// the gateway's own end too; streams, for which it is nil, may finish then. Call
// stop when it is over.
func (rt *Runtime) whileAdmitted(r *http.Request, v *visit, c caller, socket *Socket) (_ *http.Request, stop func()) {
	ctx, cancel := context.WithCancel(r.Context())
	go func() {
		leaving := rt.gateway.leaving
		if socket == nil {
			leaving = nil
		}
		if status := rt.untilRefused(ctx, leaving, r.Method, v, c); status != 0 {
			if socket != nil {
				socket.goodbye(ctx, status)
			}
			cancel()
		}
	}()
	return r.WithContext(ctx), cancel
}

// untilRefused waits for the end of a right and returns the close status that
// fits it, or zero when ctx ends first.
func (rt *Runtime) untilRefused(ctx context.Context, leaving <-chan struct{}, method string, v *visit, c caller) int {
	var tick, over <-chan time.Time
	if c.token != nil && !c.token.Ends.IsZero() {
		timer := time.NewTimer(max(rt.ends(c, rt.now()).Sub(rt.now()), 0))
		defer timer.Stop()
		over = timer.C
	}
	if c.session != nil {
		ticker := time.NewTicker(watchSession)
		defer ticker.Stop()
		tick = ticker.C
	}
	at := rt
	for {
		select {
		case <-ctx.Done():
			return 0
		case <-leaving:
			return closeGoingAway
		case <-tick:
			if at.store.Ended(c.session) {
				return closePolicyViolation
			}
		case <-over:
			return closePolicyViolation
		case <-at.replaced:
			if at = at.next; !at.stillAdmits(ctx, method, v, c) {
				return closePolicyViolation
			}
		}
	}
}

// stillAdmits decides once more, by this Runtime, what an earlier one let in.
// A session that kept other claims than these policies read does not count, as
// in Login.Current.
func (rt *Runtime) stillAdmits(ctx context.Context, method string, v *visit, c caller) bool {
	found, exact := rt.sites.find(authority{v.site.host, v.site.port}, v.site.scheme)
	if !exact {
		return false
	}
	route, err := found.route(v.path)
	if err != nil {
		return false
	}
	q := policy.Query{Peer: v.peer, Method: method, Path: v.path, Host: found.host}
	if c.token != nil {
		token, holds := rt.stillProves(ctx, v, route)
		if !holds {
			return false
		}
		caller{token: token}.tell(&q)
	}
	if s := c.session; s != nil && rt.login.Counts(s) && route.accepts(s.Identity.Provider) {
		if rt.store.Ended(s) {
			return false
		}
		q.Caller = &s.Identity
	}
	effect := route.policy.Decide(&q).Effect
	return effect == policy.Allow || effect == policy.Bypass
}
