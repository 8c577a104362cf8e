package telemetry

import "github.com/prometheus/client_golang/prometheus"

// ShadowRule counts the requests in which one shadow rule would have had a say.
type ShadowRule struct {
	// Name is the rule's, for the log.
	Name  string
	count prometheus.Counter
}

// Matched counts one.
func (s ShadowRule) Matched() { s.count.Inc() }

func newShadows() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehouse_shadow_matches_total",
		Help: "Requests in which a shadow rule would have had a say, by route, rule and the rule's action.",
	}, []string{"route", "rule", "action"})
}

// Shadow returns the counter of a route's shadow rule. Resolve it once when
// routes are compiled.
func (m *Metrics) Shadow(route, rule, action string) ShadowRule {
	return ShadowRule{Name: rule, count: m.shadows.WithLabelValues(route, rule, action)}
}
