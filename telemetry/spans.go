package telemetry

import "github.com/prometheus/client_golang/prometheus"

// spans is the prometheus.Collector over Gauges.Spans.
type spans struct {
	gauges *gauges
	total  *prometheus.Desc
}

func newSpans(g *gauges) *spans {
	return &spans{g, prometheus.NewDesc("gatehouse_spans_total",
		"Spans of traced requests, by outcome: sent to the collector, or dropped because it was slow, gone or refused them.", []string{"outcome"}, nil)}
}

// Describe implements prometheus.Collector.
func (s *spans) Describe(to chan<- *prometheus.Desc) { to <- s.total }

// Collect implements prometheus.Collector.
func (s *spans) Collect(to chan<- prometheus.Metric) {
	now := s.gauges.now.Load()
	if now == nil || now.Spans == nil {
		return
	}
	sent, dropped := now.Spans()
	to <- prometheus.MustNewConstMetric(s.total, prometheus.CounterValue, float64(sent), "sent")
	to <- prometheus.MustNewConstMetric(s.total, prometheus.CounterValue, float64(dropped), "dropped")
}
