package gateway

import (
	"errors"
	"log/slog"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Check compiles c and throws the result away, so that nothing passes a check
// which a start would refuse. Its error is config.Problems.
func Check(c *config.Config) error {
	b, err := Compile(c, nil, Process{
		Log:     slog.New(slog.DiscardHandler),
		Metrics: telemetry.NewMetrics(telemetry.Build{}),
	})
	var problems config.Problems
	switch {
	case err == nil:
		b.Close()
		return nil
	case errors.As(err, &problems):
		return problems
	case c.Placeholders():
		return nil // a placeholder has the shape of a secret, not its substance
	}
	return config.Problems{c.Problem(err)}
}
