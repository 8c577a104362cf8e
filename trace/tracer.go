package trace

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// Tracer decides which requests are traced. A nil Tracer traces none.
type Tracer struct {
	exporter *Exporter
	sample   float64
}

// NewTracer samples a share of requests, from 0 to 1, for exporter.
func NewTracer(exporter *Exporter, sample float64) *Tracer {
	return &Tracer{exporter: exporter, sample: sample}
}

// Begin finds a request's place: that of its traceparent if whoever sent it is
// believed, which then also says whether it is sampled, or the beginning of a
// trace of our own. A stranger could otherwise join our requests to any trace,
// and have all of them sampled. The Span is nil unless the request is sampled.
func (t *Tracer) Begin(h http.Header, believed bool, name string, now time.Time) (Context, *Span) {
	var from Context
	follows := false
	if believed {
		from, follows = read(h)
	}
	c := from
	if follows {
		c.Span = newSpanID()
	} else {
		c = newContext(t.sample > 0 && rand.Float64() < t.sample)
	}
	if !c.Sampled {
		return c, nil
	}
	return c, &Span{Context: c, exporter: t.exporter, parent: from.Span, name: name, kind: Server, start: now}
}
