package telemetry

import (
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the gateway's metrics, in a registry of their own.
//
// Labels come from the configuration and from closed sets only, so that no
// stranger can make a series: a request whose host is unknown counts under the
// route "-".
type Metrics struct {
	registry      *prometheus.Registry
	requests      *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	upstream      *prometheus.HistogramVec
	shadows       *prometheus.CounterVec
	signIns       *signIns
	refusals      *refusals
	reloads       *prometheus.CounterVec
	refreshes     *prometheus.CounterVec
	gauges        *gauges
	serviceTokens *prometheus.GaugeVec
	codes         codeTable
	lines         atomic.Pointer[LineWriter]

	mu     sync.Mutex // guards routes
	routes map[string]*RouteMetrics
}

// Build says which build of the gateway this is.
type Build struct{ Version, Commit string }

// NewMetrics returns metrics with nothing counted.
func NewMetrics(build Build) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehouse_requests_total",
			Help: "Requests answered, by route, decision and status. The route - is everything that no route takes.",
		}, []string{"route", "decision", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gatehouse_request_duration_seconds",
			Help:    "Time from a request's head to the end of its answer. Connections that switched protocols are not timed.",
			Buckets: durationBuckets(),
		}, []string{"route"}),
		upstream: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "gatehouse_upstream_duration_seconds",
			Help:    "Time from asking the upstream to the head of its answer.",
			Buckets: durationBuckets(),
		}, []string{"route"}),
		shadows:       newShadows(),
		signIns:       newSignIns(),
		refusals:      newRefusals(),
		reloads:       newReloads(),
		refreshes:     newRefreshes(),
		gauges:        newGauges(),
		serviceTokens: newServiceTokens(),
		codes:         newCodeTable(),
		routes:        make(map[string]*RouteMetrics),
	}
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "gatehouse_build_info",
		Help: "Always 1; its labels say which build runs.",
	}, []string{"version", "commit", "go_version"})
	info.WithLabelValues(build.Version, build.Commit, runtime.Version()).Set(1)

	dropped := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "gatehouse_log_lines_dropped_total",
		Help: "Lines of the log that were lost because their writer blocked or failed.",
	}, func() float64 {
		if lines := m.lines.Load(); lines != nil {
			return float64(lines.Dropped())
		}
		return 0
	})

	m.registry.MustRegister(
		dropped,
		m.requests, m.duration, m.upstream, m.shadows, m.signIns.total, m.refusals.total, m.serviceTokens, m.reloads, m.refreshes, m.gauges, newUpstreams(m.gauges), newSpans(m.gauges), info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// WatchLog counts the lines that w drops.
func (m *Metrics) WatchLog(w *LineWriter) { m.lines.Store(w) }

// durationBuckets are classic buckets, in seconds: half a millisecond is a
// signed-in request on a fast upstream, a minute the default limit of the
// answer's head. Sixteen of them are found by a short linear search, which is
// cheaper than the logarithm and the map of a native histogram.
func durationBuckets() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

// Route returns the metrics of the route with the configured name, the same
// ones whenever it is asked, so that counts survive a reload. The empty name
// is for requests without a route. Resolve it once when routes are compiled.
func (m *Metrics) Route(name string) *RouteMetrics {
	if name == "" {
		name = "-"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	route := m.routes[name]
	if route == nil {
		route = &RouteMetrics{
			name:     name,
			vec:      m.requests,
			codes:    &m.codes,
			duration: m.duration.WithLabelValues(name),
			upstream: m.upstream.WithLabelValues(name),
		}
		m.routes[name] = route
	}
	return route
}

// Handler serves the metrics to Prometheus. Two scrapes at a time are enough
// for it and its stand-by; more get 503. Log takes what goes wrong.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		MaxRequestsInFlight: 2,
	})
}
