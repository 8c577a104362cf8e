package telemetry

import (
	"net/http"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// RouteMetrics count the requests of one route. Its counters stand in an array
// by decision and status, each made when it is first needed: a request costs
// a few atomic additions and hashes no label.
type RouteMetrics struct {
	name     string
	vec      *prometheus.CounterVec
	codes    *codeTable
	duration prometheus.Observer
	upstream prometheus.Observer
	requests [decisions][codeSlots]atomic.Pointer[prometheus.Counter]
}

// Observe counts a finished record.
func (m *RouteMetrics) Observe(rec *Record) {
	m.counter(rec.Decision, rec.Status).Inc()
	if rec.Status != http.StatusSwitchingProtocols {
		// How long somebody kept a WebSocket open says nothing about speed.
		m.duration.Observe(rec.Duration.Seconds())
	}
	if rec.UpstreamDuration > 0 {
		m.upstream.Observe(rec.UpstreamDuration.Seconds())
	}
}

func (m *RouteMetrics) counter(decision Decision, status int) prometheus.Counter {
	if decision >= decisions {
		decision = DecisionNone
	}
	code := m.codes.slot(status)
	at := &m.requests[decision][code]
	if counter := at.Load(); counter != nil {
		return *counter
	}
	word := decision.String()
	if word == "" {
		word = "none"
	}
	// Two requests may both come here; the vector gives them the same counter.
	counter := m.vec.WithLabelValues(m.name, word, m.codes.label[code])
	at.Store(&counter)
	return counter
}

// codeSlots bounds the status codes that are told apart.
const codeSlots = 72

// codeTable maps a status to a small number and that to a label. Statuses that
// net/http has a text for, and 499 for a client that left, are labels; all
// others, which only an upstream can make, share the label "other" in slot 0.
type codeTable struct {
	of    [600]uint8
	label [codeSlots]string
}

func newCodeTable() codeTable {
	var t codeTable
	t.label[0] = "other"
	next := 1
	for status := range t.of {
		if known := http.StatusText(status) != "" || status == 499; known && next < codeSlots {
			t.of[status] = uint8(next)
			t.label[next] = strconv.Itoa(status)
			next++
		}
	}
	return t
}

func (t *codeTable) slot(status int) uint8 {
	if status < 0 || status >= len(t.of) {
		return 0
	}
	return t.of[status]
}
