package trace

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestTraceparentIsReadStrictly(t *testing.T) {
	for text, good := range map[string]bool{
		parent: true,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00":   true,
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x": true, // a later version
		"cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x":  false,
		"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01":   false,
		parent + "-x": false,
		parent[:54]:   false,
		"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01": false,
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": false,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01": false,
		"00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01": false,
		"": false,
	} {
		if _, ok := parse(text); ok != good {
			t.Errorf("%q counts: %v", text, ok)
		}
	}
	c, _ := parse(parent)
	if got := c.Traceparent(); got != parent {
		t.Errorf("written as %s", got)
	}
	for _, h := range []http.Header{
		{"Traceparent": {parent, parent}},
		{},
	} {
		if _, ok := read(h); ok {
			t.Errorf("%v counts", h)
		}
	}
	for _, state := range []string{strings.Repeat("x", 513), strings.Repeat("a=b,", 40), "a=\x00"} {
		if c, ok := read(http.Header{"Traceparent": {parent}, "Tracestate": {state}}); !ok || c.State != "" {
			t.Errorf("tracestate %.20q counts", state)
		}
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(parent)
	f.Fuzz(func(t *testing.T, text string) {
		if c, ok := parse(text); ok && c.Traceparent()[3:52] != text[3:52] {
			t.Errorf("%q becomes %q", text, c.Traceparent())
		}
	})
}

// exporterTo sends to a collector that handle plays.
func exporterTo(t *testing.T, handle http.HandlerFunc) (*Exporter, *bytes.Buffer) {
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	endpoint, _ := url.Parse(s.URL)
	var log bytes.Buffer
	e, err := NewExporter(Options{Endpoint: endpoint, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	e.every = time.Millisecond
	return e, &log
}

// TestOnlyWhoIsBelievedChoosesTraceAndSampling: strangers neither join a trace
// nor have their requests recorded.
func TestOnlyWhoIsBelievedChoosesTraceAndSampling(t *testing.T) {
	e, _ := exporterTo(t, func(http.ResponseWriter, *http.Request) {})
	h := http.Header{"Traceparent": {parent}, "Tracestate": {"a=b"}}
	tracer := NewTracer(e, 0)
	c, span := tracer.Begin(h, true, "GET", time.Now())
	if c.Trace.String() != parent[3:35] || !c.Sampled || c.State != "a=b" || span == nil || span.parent == c.Span {
		t.Errorf("believed: %+v %v", c, span)
	}
	c, span = tracer.Begin(h, false, "GET", time.Now())
	if c.Trace.String() == parent[3:35] || c.Sampled || c.State != "" || span != nil || !c.Valid() {
		t.Errorf("not believed: %+v %v", c, span)
	}
	no := http.Header{"Traceparent": {parent[:54] + "0"}}
	if c, span := NewTracer(e, 1).Begin(no, true, "GET", time.Now()); c.Sampled || span != nil {
		t.Errorf("a proxy that samples not: %+v", c)
	}
}

func TestSampleIsAShare(t *testing.T) {
	e, _ := exporterTo(t, func(http.ResponseWriter, *http.Request) {})
	for _, share := range []float64{0, 0.1, 1} {
		tracer, n := NewTracer(e, share), 0
		for range 20_000 {
			if _, span := tracer.Begin(nil, false, "GET", time.Now()); span != nil {
				n++
			}
		}
		if got := float64(n) / 20_000; got < share-0.02 || got > share+0.02 {
			t.Errorf("sample %v takes %v", share, got)
		}
	}
}

func running(t *testing.T, e *Exporter) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	tasks.Go(func() { e.Run(ctx) })
	return func() { cancel(); tasks.Wait() }
}

// TestNobodyWaitsForACollector that hangs: spans beyond the bound are dropped
// and counted, and the end does not wait either.
func TestNobodyWaitsForACollector(t *testing.T) {
	hang := make(chan struct{})
	e, _ := exporterTo(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	stop := running(t, e)
	tracer := NewTracer(e, 1)
	const sent = 3 * maxWaiting
	for range sent { // hangs here if an end waits
		_, span := tracer.Begin(nil, false, "GET", time.Now())
		span.End(time.Now())
	}
	stop()
	close(hang)
	if got := e.Dropped(); got != sent || e.Sent() != 0 {
		t.Errorf("%d dropped and %d sent of %d", got, e.Sent(), sent)
	}
}

// TestSpansOutliveAnOutage of the collector that is shorter than their bound.
func TestSpansOutliveAnOutage(t *testing.T) {
	var asked atomic.Int32
	e, _ := exporterTo(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if asked.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	stop := running(t, e)
	_, span := NewTracer(e, 1).Begin(nil, false, "GET", time.Now())
	span.End(time.Now())
	for deadline := time.Now().Add(20 * time.Second); e.Sent() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	stop()
	if e.Sent() != 1 || e.Dropped() != 0 || asked.Load() != 2 {
		t.Errorf("%d sent, %d dropped, %d requests", e.Sent(), e.Dropped(), asked.Load())
	}
}

// TestRefusedSpansAreNotSentAgain: a collector that refuses will do so again.
func TestRefusedSpansAreNotSentAgain(t *testing.T) {
	var asked atomic.Int32
	refused := make(chan struct{})
	e, log := exporterTo(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		if asked.Add(1) == 1 {
			close(refused)
		}
	})
	stop := running(t, e)
	_, span := NewTracer(e, 1).Begin(nil, false, "GET", time.Now())
	span.End(time.Now())
	<-refused
	for deadline := time.Now().Add(20 * time.Second); e.Dropped() == 0 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	stop()
	if asked.Load() != 1 || e.Dropped() != 1 || !strings.Contains(log.String(), "401") {
		t.Errorf("%d requests, %d dropped, log %s", asked.Load(), e.Dropped(), log)
	}
}

// TestCallsAreSpansOfTracedRequestsAlone, and the callee learns nothing.
func TestCallsAreSpansOfTracedRequestsAlone(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			t.Error("the callee sees a trace")
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer s.Close()
	e, _ := exporterTo(t, func(http.ResponseWriter, *http.Request) {})
	client := &http.Client{Transport: Calls(http.DefaultTransport, "provider ping")}
	call := func(ctx context.Context) {
		r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/x?code=secret", nil)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	call(t.Context())
	if n := len(e.waiting); n != 0 {
		t.Errorf("%d spans of an untraced request", n)
	}
	_, span := NewTracer(e, 1).Begin(nil, false, "GET", time.Now())
	call(With(t.Context(), span))
	got := <-e.waiting
	if got.name != "provider ping" || got.parent != span.Span || got.Trace != span.Trace || !got.failed {
		t.Errorf("the span is %+v", got)
	}
	for _, a := range got.attributes {
		if strings.Contains(a.text, "secret") {
			t.Errorf("a query is noted: %v", a)
		}
	}
}

func BenchmarkNotSampled(b *testing.B) {
	tracer := NewTracer(&Exporter{waiting: make(chan *Span, 1)}, 0)
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		c, _ := tracer.Begin(nil, false, "GET", now)
		_, _ = c.Traceparent(), c.Trace.String()
	}
}
