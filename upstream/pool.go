package upstream

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// Pool sends requests to the targets of one route. It is safe for concurrent
// use and keeps connections open between requests.
type Pool struct {
	made    Options
	targets []*target
	turn    atomic.Uint64
	closed  atomic.Bool
	now     func() time.Time
}

// New prepares a Pool without connecting anywhere.
//
// The proxy variables of the environment do not apply: an upstream is a
// neighbour, and identity headers must not take a detour because of a
// variable that was meant for the way out to the provider.
func New(o Options) (*Pool, error) {
	if len(o.Targets) == 0 {
		return nil, errors.New("upstream needs at least one target")
	}
	o = o.withDefaults()
	p := &Pool{made: o, targets: make([]*target, 0, len(o.Targets)), now: time.Now}
	for _, u := range o.Targets {
		t, err := newTarget(u, &o)
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, t)
	}
	return p, nil
}

// MadeFrom reports whether New(o) would make the same pool once more. This one
// has its connections open and knows its targets, so a reload keeps it.
func (p *Pool) MadeFrom(o Options) bool { return p.made.same(o.withDefaults()) }

// Run watches the targets until ctx ends: their health, if there is a path to
// ask for it, and the addresses behind their names. A Pool that does not run
// serves all the same, and learns from its requests alone.
func (p *Pool) Run(ctx context.Context) {
	var tasks sync.WaitGroup
	for _, t := range p.targets {
		if p.made.Health.Path != "" {
			tasks.Go(func() { p.check(ctx, t) })
		}
		if t.named() {
			tasks.Go(func() { t.follow(ctx) })
		}
	}
	tasks.Wait()
}

// RoundTrip is Send of req with its Header.
func (p *Pool) RoundTrip(req *http.Request) (*http.Response, error) {
	return p.Send(req, http1.Header(req.Header))
}

// Send sends req, with header in the place of its own, to a target that is
// well, chosen as Options.Balance says. Scheme and host of req.URL are the
// target's; its path is put behind the target's base path, raw as it is; an
// empty req.Host becomes the target's own ("localhost" for a Unix socket). The
// response's Request.RemoteAddr is the target that answered, as it was
// configured. Errors are *Error.
func (p *Pool) Send(req *http.Request, header Fields) (*http.Response, error) {
	res, err := p.roundTrip(req, header)
	if p.closed.Load() {
		// A request that came late has told its transport to keep connections.
		p.closeIdle()
	}
	return res, err
}

func (p *Pool) roundTrip(req *http.Request, header Fields) (*http.Response, error) {
	if len(p.targets) == 1 {
		return p.send(p.targets[0], req, header, false)
	}
	var body *heldBody
	if req.Body != nil && req.Body != http.NoBody {
		body = &heldBody{ReadCloser: req.Body}
		defer body.release()
		held := *req
		held.Body = body
		req = &held
	}
	var tried []*target
	for {
		t, trial := p.choose(tried)
		res, err := p.send(t, req, header, trial)
		if err == nil {
			return res, nil
		}
		// Only a failed dial proves that nothing was sent.
		var dial *dialError
		if tried = append(tried, t); len(tried) == len(p.targets) || req.Context().Err() != nil || !errors.As(err, &dial) {
			return nil, err
		}
	}
}

// send asks one target and learns from how it went.
func (p *Pool) send(t *target, req *http.Request, header Fields, trial bool) (*http.Response, error) {
	res, err := t.roundTrip(req, header)
	if err == nil {
		p.answered(t)
	} else {
		p.unanswered(t, err, trial)
	}
	return res, err
}

// Close closes the connections that are unused now and those that become
// unused. Requests under way finish.
func (p *Pool) Close() {
	p.closed.Store(true)
	p.closeIdle()
}

func (p *Pool) closeIdle() {
	for _, t := range p.targets {
		t.connections.Load().closeIdle()
	}
}
