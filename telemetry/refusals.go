package telemetry

import "github.com/prometheus/client_golang/prometheus"

// refusals counts what the gateway refused or could not do, by reason.
type refusals struct {
	reasons
	total *prometheus.CounterVec
}

func newRefusals() *refusals {
	return &refusals{total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "gatehouse_refusals_total",
		Help: "Error answers of the gateway's own, by reason code; see docs/troubleshooting.md for each.",
	}, []string{"reason"})}
}

// Refused counts one error answer. Reason is its code.
func (m *Metrics) Refused(reason string) {
	m.refusals.total.WithLabelValues(m.refusals.bounded(reason)).Inc()
}
