package telemetry

import "github.com/prometheus/client_golang/prometheus"

// signIns counts finished sign-ins. They are rare beside requests, so it looks
// its labels up.
type signIns struct {
	reasons
	total *prometheus.CounterVec
}

func newSignIns() *signIns {
	return &signIns{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_sign_ins_total",
			Help: "Sign-ins that came to an end, by provider, outcome (success or failure) and reason code.",
		}, []string{"provider", "outcome", "reason"}),
	}
}

// SignIn counts a sign-in that came to an end. Provider is a configured name,
// outcome OutcomeSuccess or OutcomeFailure. Reason is the code of a failure,
// and empty for a success.
func (m *Metrics) SignIn(provider, outcome, reason string) {
	if outcome != OutcomeSuccess {
		outcome = OutcomeFailure
	}
	if reason != "" {
		reason = m.signIns.bounded(reason)
	}
	m.signIns.total.WithLabelValues(provider, outcome, reason).Inc()
}

// Provider makes the series of a configured provider, so that they are there
// before anything was counted: an alert compares with what was before.
func (m *Metrics) Provider(name string) {
	m.signIns.total.WithLabelValues(name, OutcomeSuccess, "")
	for _, outcome := range []string{OutcomeSuccess, OutcomeFailure} {
		m.refreshes.WithLabelValues(name, outcome)
	}
}
