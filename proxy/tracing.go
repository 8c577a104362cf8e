package proxy

import (
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/trace"
)

// traced gives the request its place in a trace. Only a sampled one carries a
// span, in its context for calls to providers.
func (rt *Runtime) traced(r *http.Request, v *visit) *http.Request {
	if rt.tracer == nil {
		return r
	}
	v.trace, v.span = rt.tracer.Begin(r.Header, v.believed, r.Method, v.record.Started)
	v.record.TraceID = v.trace.Trace.String()
	if v.span == nil {
		return r
	}
	return r.WithContext(trace.With(r.Context(), v.span))
}

// asking begins the upstream's part, and tells the upstream its place. Without
// a tracer the client's headers pass as they are.
func (v *visit) asking(out *Visit) *trace.Span {
	if !v.trace.Valid() {
		return nil
	}
	at := v.trace
	span := v.span.Child("upstream", trace.Client, time.Now())
	if span != nil {
		at = span.Context
	}
	out.Traceparent, out.Tracestate = at.Traceparent(), at.State
	return span
}

// asked ends the upstream's part.
func (v *visit) asked(span *trace.Span, outcome *Outcome) {
	if span == nil {
		return
	}
	span.Text("server.address", outcome.Upstream)
	if outcome.Waited > 0 {
		span.Number("gatehouse.upstream.head_us", outcome.Waited.Microseconds())
	} else {
		span.Fail()
	}
	if outcome.Err != nil {
		span.Fail()
	}
	span.End(time.Now())
}

// endTrace ends the request's span. It names nobody: who was signed in is for
// the log, which the trace's id leads to.
func (v *visit) endTrace(now time.Time) {
	span, rec := v.span, v.record
	if span == nil {
		return
	}
	span.Text("http.request.method", rec.Method)
	span.Text("server.address", rec.Host)
	span.Text("url.path", rec.Path)
	span.Text("url.scheme", v.scheme())
	span.Number("http.response.status_code", int64(rec.Status))
	span.Text("http.route", rec.Route)
	span.Text("gatehouse.request_id", rec.RequestID)
	span.Text("gatehouse.decision", rec.Decision.String())
	span.Text("gatehouse.reason", rec.Reason)
	span.Text("gatehouse.provider", rec.Provider)
	if rec.Status >= 500 {
		span.Fail()
	}
	span.End(now)
}

func (v *visit) scheme() string {
	if v.site == nil {
		return ""
	}
	return v.site.scheme
}
