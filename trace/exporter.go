package trace

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// maxWaiting bounds the spans that wait for the collector; more are
	// dropped and counted.
	maxWaiting = 2048
	// maxBatch is how many spans are sent at once, batchEvery how long they
	// are gathered.
	maxBatch   = 512
	batchEvery = 2 * time.Second
	// retryFirst and retryLongest bound the pause after a failure.
	retryFirst, retryLongest = time.Second, 30 * time.Second
	// farewell is how long the last spans may take at the end.
	farewell = 2 * time.Second
)

// Options say where spans go.
type Options struct {
	// Endpoint is the collector's URL, see newSender.
	Endpoint *url.URL
	// Version is the gateway's.
	Version string
	Log     *slog.Logger
}

// Exporter sends spans to a collector, in the background. Nobody waits for
// it: a collector that is slow or gone costs spans, which are counted.
type Exporter struct {
	endpoint string
	version  string
	log      *slog.Logger
	sender   *sender
	waiting  chan *Span
	every    time.Duration
	sent     atomic.Uint64
	dropped  atomic.Uint64
}

// NewExporter prepares one; Run does the work.
func NewExporter(o Options) (*Exporter, error) {
	s, err := newSender(o.Endpoint)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Exporter{
		endpoint: o.Endpoint.String(), version: o.Version, log: o.Log, sender: s,
		waiting: make(chan *Span, maxWaiting), every: batchEvery,
	}, nil
}

// MadeFrom reports whether spans for this endpoint may go on through e.
func (e *Exporter) MadeFrom(endpoint *url.URL) bool { return e.endpoint == endpoint.String() }

// Sent and Dropped count spans.
func (e *Exporter) Sent() uint64    { return e.sent.Load() }
func (e *Exporter) Dropped() uint64 { return e.dropped.Load() }

// take never waits.
func (e *Exporter) take(s *Span) {
	select {
	case e.waiting <- s:
	default:
		e.dropped.Add(1)
	}
}

// Run sends until ctx ends, and then what is left.
func (e *Exporter) Run(ctx context.Context) {
	defer e.sender.client.CloseIdleConnections()
	var batch []*Span
	for ctx.Err() == nil {
		batch = e.gather(ctx)
		for pause := retryFirst; len(batch) > 0 && ctx.Err() == nil; pause = min(2*pause, retryLongest) {
			if e.deliver(ctx, batch) {
				batch = nil
				break
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
	e.finish(context.WithoutCancel(ctx), batch)
}

// finish sends what is left once, within its time.
func (e *Exporter) finish(ctx context.Context, batch []*Span) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	if len(batch) == 0 {
		batch = e.rest(maxBatch)
	}
	for ; len(batch) > 0; batch = e.rest(maxBatch) {
		if ctx.Err() != nil || !e.deliver(ctx, batch) {
			e.dropped.Add(uint64(len(batch)))
		}
	}
}

// gather waits for a batch: until it is full, or the time is over.
func (e *Exporter) gather(ctx context.Context) []*Span {
	over := time.NewTimer(e.every)
	defer over.Stop()
	var batch []*Span
	for len(batch) < maxBatch {
		select {
		case s := <-e.waiting:
			batch = append(batch, s)
		case <-over.C:
			return batch
		case <-ctx.Done():
			return append(batch, e.rest(maxBatch-len(batch))...)
		}
	}
	return batch
}

// rest is what waits now, at most n.
func (e *Exporter) rest(n int) (batch []*Span) {
	for len(batch) < n {
		select {
		case s := <-e.waiting:
			batch = append(batch, s)
		default:
			return batch
		}
	}
	return batch
}

// deliver sends a batch. It reports false when the same batch is worth another
// attempt; one that the collector refuses is not.
func (e *Exporter) deliver(ctx context.Context, batch []*Span) (done bool) {
	resource := []attribute{{key: "service.name", text: "gatehouse"}, {key: "service.version", text: e.version}}
	err := e.sender.send(ctx, request(resource, "github.com/gatehouse-proxy/gatehouse", e.version, batch))
	if err == nil {
		e.sent.Add(uint64(len(batch)))
		return true
	}
	var refused *refusedError
	if done = errors.As(err, &refused); done {
		e.dropped.Add(uint64(len(batch)))
	}
	if ctx.Err() == nil || done {
		e.log.Warn("spans could not be sent; requests go on, see telemetry.otlp_endpoint", "collector", e.endpoint, "error", err.Error())
	}
	return done
}
