package telemetry

import "github.com/prometheus/client_golang/prometheus"

func newReloads() *prometheus.CounterVec {
	reloads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehouse_reloads_total",
		Help: "Reloads of the configuration, by outcome (success or failure).",
	}, []string{"outcome"})
	for _, outcome := range []string{OutcomeSuccess, OutcomeFailure} {
		reloads.WithLabelValues(outcome) // an alert needs the series before the first failure
	}
	return reloads
}

// Reloaded counts a reload that came to an end.
func (m *Metrics) Reloaded(outcome string) {
	if outcome != OutcomeSuccess {
		outcome = OutcomeFailure
	}
	m.reloads.WithLabelValues(outcome).Inc()
}
