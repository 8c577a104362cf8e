package gateway

import (
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/trace"
)

// newTracer traces what c wants traced, and nothing without a collector. The
// way to the collector is taken over from prev while its address is the same.
func (b *Build) newTracer(c *config.Telemetry, prev *Build, process Process) (*trace.Tracer, error) {
	if c.OTLPEndpoint == nil || c.OTLPEndpoint.URL == nil {
		return nil, nil
	}
	endpoint := c.OTLPEndpoint.URL
	if prev != nil && prev.exporter != nil && prev.exporter.MadeFrom(endpoint) {
		b.exporter = prev.exporter
	} else {
		var err error
		b.exporter, err = trace.NewExporter(trace.Options{Endpoint: endpoint, Version: process.Version, Log: process.Log})
		if err != nil {
			return nil, err
		}
	}
	return trace.NewTracer(b.exporter, float64(c.Sample)), nil
}

// spans counts what was sent and what was lost.
func (b *Build) spans() (sent, dropped uint64) {
	if b.exporter == nil {
		return 0, 0
	}
	return b.exporter.Sent(), b.exporter.Dropped()
}
