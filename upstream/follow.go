package upstream

import (
	"context"
	"net/netip"
	"time"
)

// lookEvery is how often a target's name is looked up while connections to it
// are open. New connections look it up themselves.
const lookEvery = 10 * time.Second

// named reports that the target's host is a name, which may come to mean
// something else.
func (t *target) named() bool {
	_, err := netip.ParseAddr(t.hostname)
	return t.kind != "unix" && err != nil
}

// follow makes new connections when an address that they lead to is no longer
// the name's, until ctx ends. Requests under way finish on the old ones. A
// name that cannot be looked up changes nothing: a name server that is down
// must not take its applications along.
func (t *target) follow(ctx context.Context) {
	pause := time.NewTicker(t.lookEvery)
	defer pause.Stop()
	for {
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
		old := t.connections.Load()
		if !old.reached.any() {
			continue
		}
		looking, cancel := context.WithTimeout(ctx, t.made.Dial)
		now, err := t.made.Resolver.LookupNetIP(looking, "ip", t.hostname) // a nil Resolver is the system's
		cancel()
		if err == nil && old.reached.lost(now) {
			t.connections.Store(t.connect())
			old.closeIdle()
			t.made.Log.Info("upstream's name means another address; connecting anew", "route", t.made.Route, "upstream", t.name)
		}
	}
}
