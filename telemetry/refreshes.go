package telemetry

import "github.com/prometheus/client_golang/prometheus"

func newRefreshes() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehouse_refreshes_total",
		Help: "Refreshes of a session's tokens that came to an end, by provider and outcome (success or failure).",
	}, []string{"provider", "outcome"})
}

// Refreshed counts a refresh that came to an end. Provider is a configured
// name.
func (m *Metrics) Refreshed(provider, outcome string) {
	if outcome != OutcomeSuccess {
		outcome = OutcomeFailure
	}
	m.refreshes.WithLabelValues(provider, outcome).Inc()
}
