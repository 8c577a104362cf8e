package telemetry

import (
	"iter"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Gauges are what the metrics ask when they are scraped. Each may be nil, and
// is then left out. They are called from the scraper's goroutine.
type Gauges struct {
	// Providers yields each configured provider's name and whether it is up.
	Providers iter.Seq2[string, bool]
	// SessionsRemembered is how many opened sessions are in memory.
	SessionsRemembered func() int
	// Upstreams yields every target of every route.
	Upstreams iter.Seq[Upstream]
	// Clients is how many connections clients have open, and may have; of the
	// latter 0 is not bounded.
	Clients func() (open, most int)
	// StoreUp reports whether the session store answers.
	StoreUp func() bool
	// Spans counts spans that were sent and dropped.
	Spans func() (sent, dropped uint64)
	// ConfigLoaded is when the running configuration was loaded.
	ConfigLoaded time.Time
}

// SetGauges replaces what is asked from now on. A reload sets the new
// runtime's, and series of providers that are gone go with the old one.
func (m *Metrics) SetGauges(g Gauges) { m.gauges.now.Store(&g) }

// gauges is the prometheus.Collector over the current Gauges.
type gauges struct {
	now                                     atomic.Pointer[Gauges]
	providerUp, remembered, storeUp, loaded *prometheus.Desc
	clients, clientsMost                    *prometheus.Desc
}

func newGauges() *gauges {
	return &gauges{
		providerUp: prometheus.NewDesc("gatehouse_provider_up",
			"Whether the provider's metadata and keys are at hand.", []string{"provider"}, nil),
		remembered: prometheus.NewDesc("gatehouse_sessions_remembered",
			"Opened sessions held in memory.", nil, nil),
		storeUp: prometheus.NewDesc("gatehouse_store_up",
			"Whether the session store answers.", nil, nil),
		clients: prometheus.NewDesc("gatehouse_client_connections",
			"Connections that clients have open.", nil, nil),
		clientsMost: prometheus.NewDesc("gatehouse_client_connections_limit",
			"Connections that clients may have open; who comes then has to wait.", nil, nil),
		loaded: prometheus.NewDesc("gatehouse_config_loaded_timestamp_seconds",
			"When the running configuration was loaded, in Unix seconds.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	to <- g.providerUp
	to <- g.remembered
	to <- g.storeUp
	to <- g.clients
	to <- g.clientsMost
	to <- g.loaded
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	now := g.now.Load()
	if now == nil {
		return
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	if now.Providers != nil {
		for name, up := range now.Providers {
			gauge(g.providerUp, oneIf(up), name)
		}
	}
	if now.SessionsRemembered != nil {
		gauge(g.remembered, float64(now.SessionsRemembered()))
	}
	if now.StoreUp != nil {
		gauge(g.storeUp, oneIf(now.StoreUp()))
	}
	if now.Clients != nil {
		if open, most := now.Clients(); most > 0 {
			gauge(g.clients, float64(open))
			gauge(g.clientsMost, float64(most))
		}
	}
	if !now.ConfigLoaded.IsZero() {
		gauge(g.loaded, float64(now.ConfigLoaded.UnixMilli())/1000)
	}
}

func oneIf(up bool) float64 {
	if up {
		return 1
	}
	return 0
}
