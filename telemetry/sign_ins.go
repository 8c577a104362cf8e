package telemetry

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maxReasons bounds the distinct reasons of sign-ins. The gateway's own codes
// are fewer; the bound stands in case a code is ever taken from a provider.
const maxReasons = 64

// signIns counts finished sign-ins. They are rare beside requests, so it looks
// its labels up.
type signIns struct {
	total *prometheus.CounterVec

	mu      sync.Mutex // guards reasons
	reasons map[string]bool
}

func newSignIns() *signIns {
	return &signIns{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_sign_ins_total",
			Help: "Sign-ins that came to an end, by provider, outcome (success or failure) and reason code.",
		}, []string{"provider", "outcome", "reason"}),
		reasons: make(map[string]bool),
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

// bounded returns reason if it looks like a code of ours and there are not too
// many already, otherwise "other".
func (s *signIns) bounded(reason string) string {
	if !isCode(reason) {
		return "other"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reasons[reason] {
		if len(s.reasons) >= maxReasons {
			return "other"
		}
		s.reasons[reason] = true
	}
	return reason
}

// isCode reports whether s is [a-z_]+ of a sensible length.
func isCode(s string) bool {
	for i := 0; i < len(s); i++ {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 48
}
