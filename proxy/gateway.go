package proxy

import (
	"errors"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Gateway is the public http.Handler. It serves with one Runtime at a time.
type Gateway struct {
	current atomic.Pointer[Runtime]
	running atomic.Int64
	leaving chan struct{}
	ahead   readsAhead
}

// NewGateway starts with rt.
func NewGateway(rt *Runtime) *Gateway {
	g := &Gateway{leaving: make(chan struct{})}
	rt.gateway = g
	g.current.Store(rt)
	return g
}

// Swap makes next serve all requests from now on and returns the Runtime that
// served until now. Requests under way keep that one; WebSockets ask next
// whether they may stay. Calls must not overlap.
func (g *Gateway) Swap(next *Runtime) (old *Runtime) {
	next.gateway = g
	old = g.current.Swap(next)
	old.next = next
	close(old.replaced)
	return old
}

// Leave says goodbye to every WebSocket, now and from now on: they would never
// end by themselves. Call it once.
func (g *Gateway) Leave() { close(g.leaving) }

// Running is how many requests are under way. net/http forgets those that
// became WebSockets; they count here.
func (g *Gateway) Running() int64 { return g.running.Load() }

// ServeHTTP is the only thing around a request: its record, recovery, and the
// one place where errors are answered.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.running.Add(1)
	defer g.running.Add(-1)
	rt := g.current.Load()
	rw := telemetry.NewResponseWriter(w)
	v := &visit{record: &rw.Record, arrived: r.Context()}
	v.record.Begin(r, time.Now())
	defer rt.finish(rw, r, v)

	err := rt.enter(rw, r, v)
	r = rt.traced(r, v)
	if err == nil {
		err = rt.serve(rw, r, v)
	}
	if err != nil {
		rt.answer(rw, r, v, err)
	}
}

// answer tells the client what an error lets it know. An answer that has
// begun cannot be taken back: it is cut, so that it never looks complete.
func (rt *Runtime) answer(w *telemetry.ResponseWriter, r *http.Request, v *visit, err error) {
	if v.record.Status == 0 {
		settleBody(w, r)
	}
	var redirect *moved
	if errors.As(err, &redirect) {
		rt.pages.Redirect(w, r, http.StatusPermanentRedirect, redirect.location)
		return
	}
	if v.record.Status != 0 {
		v.record.Err = err
		panic(http.ErrAbortHandler)
	}
	var answer *page.Error
	if !errors.As(err, &answer) {
		answer = &page.Error{Reason: "internal", Text: "Something went wrong on our side.", Cause: err}
	}
	v.record.Reason = answer.Reason
	rt.metrics.Refused(answer.Reason)
	v.record.Err = answer.Cause
	rt.pages.WriteError(w, v.reader(r), answer, v.record.RequestID)
}

// finish closes the record. A panic of ours answers 500 if nothing was sent,
// and is told in the log; http.ErrAbortHandler cuts the connection on purpose.
func (rt *Runtime) finish(w *telemetry.ResponseWriter, r *http.Request, v *visit) {
	crash := recover()
	if crash != nil && crash != http.ErrAbortHandler {
		v.record.Err = &panicked{value: crash, stack: debug.Stack()}
		if v.record.Status == 0 {
			v.record.Reason = "internal"
			settleBody(w, r)
			rt.metrics.Refused(v.record.Reason)
			rt.pages.WriteError(w, r, &page.Error{Reason: "internal", Text: "Something went wrong on our side."}, v.record.RequestID)
			crash = nil
		} else {
			crash = http.ErrAbortHandler
		}
	}
	now := time.Now()
	v.record.Finish(now)
	v.endTrace(now)
	metrics := rt.unrouted
	if v.route != nil {
		metrics = v.route.metrics
	}
	metrics.Observe(v.record)
	rt.recent.Note(v.record)
	rt.accessLog.Write(v.record)
	if crash != nil {
		panic(crash)
	}
}

// moved sends plain http to https.
type moved struct{ location string }

func (m *moved) Error() string { return "moved to " + m.location }
