package gateway

import (
	"strings"

	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// upstreams yields what is known of every target, route by route in the
// file's order.
func (b *Build) upstreams(yield func(route string, s upstream.State) bool) {
	for i := range b.Config.Routes {
		name := b.Config.Routes[i].Name
		pool := b.pools[name]
		if pool == nil {
			continue
		}
		for _, s := range pool.States() {
			if !yield(name, s) {
				return
			}
		}
	}
}

// upstreamGauges translates them for the metrics.
func (b *Build) upstreamGauges(yield func(telemetry.Upstream) bool) {
	for route, s := range b.upstreams {
		one := telemetry.Upstream{Route: route, Upstream: s.Target, Up: s.State == upstream.Up, UnderWay: s.UnderWay}
		one.Outcomes = func(yield func(string, uint64) bool) {
			if !yield("answered", s.Answered) {
				return
			}
			for kind, n := range s.Lost {
				if !yield(strings.ReplaceAll(upstream.Kind(kind).String(), " ", "_"), n) {
					return
				}
			}
		}
		if !yield(one) {
			return
		}
	}
}
