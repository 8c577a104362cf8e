package telemetry

import (
	"iter"

	"github.com/prometheus/client_golang/prometheus"
)

// Upstream is what is known of one target of one route. Names are the
// configuration's.
type Upstream struct {
	Route, Upstream string
	Up              bool
	UnderWay        int64
	// Outcomes counts requests by what became of them, in a closed set of
	// words.
	Outcomes iter.Seq2[string, uint64]
}

// upstreams is the prometheus.Collector over Gauges.Upstreams.
type upstreams struct {
	gauges                 *gauges
	up, underWay, requests *prometheus.Desc
}

func newUpstreams(g *gauges) *upstreams {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"route", "upstream"}, labels...), nil)
	}
	return &upstreams{
		gauges:   g,
		up:       desc("gatehouse_upstream_up", "Whether requests go to the upstream: neither health checks nor failures in a row keep them away."),
		underWay: desc("gatehouse_upstream_requests_in_flight", "Requests that the upstream has not finished answering."),
		requests: desc("gatehouse_upstream_requests_total", "Requests sent to the upstream, by what became of them: answered, unreachable, timed_out, broken or cancelled.", "outcome"),
	}
}

// Describe implements prometheus.Collector.
func (u *upstreams) Describe(to chan<- *prometheus.Desc) {
	to <- u.up
	to <- u.underWay
	to <- u.requests
}

// Collect implements prometheus.Collector.
func (u *upstreams) Collect(to chan<- prometheus.Metric) {
	now := u.gauges.now.Load()
	if now == nil || now.Upstreams == nil {
		return
	}
	type series struct{ route, upstream string }
	told := map[series]bool{} // a target that is listed twice is told once
	for one := range now.Upstreams {
		if told[series{one.Route, one.Upstream}] {
			continue
		}
		told[series{one.Route, one.Upstream}] = true
		up := 0.0
		if one.Up {
			up = 1
		}
		to <- prometheus.MustNewConstMetric(u.up, prometheus.GaugeValue, up, one.Route, one.Upstream)
		to <- prometheus.MustNewConstMetric(u.underWay, prometheus.GaugeValue, float64(one.UnderWay), one.Route, one.Upstream)
		for outcome, n := range one.Outcomes {
			to <- prometheus.MustNewConstMetric(u.requests, prometheus.CounterValue, float64(n), one.Route, one.Upstream, outcome)
		}
	}
}
