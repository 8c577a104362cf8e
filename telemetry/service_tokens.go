package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func newServiceTokens() *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "gatehouse_service_token_last_used_timestamp_seconds",
		Help: "When each configured service token last proved a caller here, in Unix seconds. One that was never used has no series.",
	}, []string{"service_token"})
}

// ServiceTokenUsed returns what to call with each use of the configured token.
// Resolve it once when the configuration is compiled.
func (m *Metrics) ServiceTokenUsed(name string) func(time.Time) {
	return func(at time.Time) { m.serviceTokens.WithLabelValues(name).Set(float64(at.Unix())) }
}
