package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
)

// Options describe the upstreams of one route. Zero durations mean the
// defaults: an upstream without any limit could hold requests for ever.
type Options struct {
	// Targets are http://host[:port][/base], https://…, h2c://… (HTTP/2 with
	// prior knowledge, RFC 9113 section 3.3) or unix:///path/to/socket. At
	// least one; they take turns.
	Targets []*url.URL
	// Dial bounds connecting, name lookup and TLS handshake included: 5 s.
	Dial time.Duration
	// ResponseHeader bounds the wait from the sent request to the head of the
	// answer: 60 s. Bodies may take as long as they like.
	ResponseHeader time.Duration
	// Idle is how long an unused connection is kept: 90 s.
	Idle time.Duration
	// TLS is for https targets.
	TLS TLS
}

// TLS is how an https target proves itself, and we to it. TLS is 1.2 or newer
// (RFC 9325). The zero TLS verifies against the system's roots.
type TLS struct {
	// Roots replace the system's roots.
	Roots *x509.CertPool
	// Certificates are offered to targets that ask for one.
	Certificates []tls.Certificate
	// ServerName is sent as SNI and verified; empty means the target's host.
	ServerName string
	// InsecureSkipVerify accepts any certificate.
	InsecureSkipVerify bool
}

// Pool sends requests to the targets of one route. It is safe for concurrent
// use and keeps connections open between requests.
type Pool struct {
	made    Options
	targets []*target
	turn    atomic.Uint64
	closed  atomic.Bool
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
	p := &Pool{made: o, targets: make([]*target, 0, len(o.Targets))}
	for _, u := range o.Targets {
		t, err := newTarget(u, &o)
		if err != nil {
			return nil, err
		}
		p.targets = append(p.targets, t)
	}
	return p, nil
}

func (o Options) withDefaults() Options {
	o.Dial = orDefault(o.Dial, 5*time.Second)
	o.ResponseHeader = orDefault(o.ResponseHeader, 60*time.Second)
	o.Idle = orDefault(o.Idle, 90*time.Second)
	return o
}

// MadeFrom reports whether New(o) would make the same pool once more. This one
// has its connections open, so a reload keeps it.
func (p *Pool) MadeFrom(o Options) bool { return p.made.same(o.withDefaults()) }

func (o Options) same(other Options) bool {
	if (o.TLS.Roots == nil) != (other.TLS.Roots == nil) || o.TLS.Roots != nil && !o.TLS.Roots.Equal(other.TLS.Roots) {
		return false
	}
	o.TLS.Roots, other.TLS.Roots = nil, nil
	return reflect.DeepEqual(o, other)
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}

// RoundTrip sends req to the next target. Scheme and host of req.URL are the
// target's; its path is put behind the target's base path, raw as it is; an
// empty req.Host becomes the target's own ("localhost" for a Unix socket).
// The response's Request.RemoteAddr is the target that answered, as it was
// configured. Errors are *Error.
func (p *Pool) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := p.roundTrip(req)
	if p.closed.Load() {
		// A request that came late has told its transport to keep connections.
		p.closeIdle()
	}
	return res, err
}

func (p *Pool) roundTrip(req *http.Request) (*http.Response, error) {
	n := uint64(len(p.targets))
	if n == 1 {
		return p.targets[0].roundTrip(req)
	}
	first := p.turn.Add(1) - 1
	var body *heldBody
	if req.Body != nil && req.Body != http.NoBody {
		body = &heldBody{ReadCloser: req.Body}
		defer body.release()
		held := *req
		held.Body = body
		req = &held
	}
	for i := uint64(0); ; i++ {
		res, err := p.targets[(first+i)%n].roundTrip(req)
		if err == nil {
			return res, nil
		}
		// Only a failed dial proves that nothing was sent.
		var dial *dialError
		if i == n-1 || req.Context().Err() != nil || !errors.As(err, &dial) {
			return nil, err
		}
	}
}

// Close closes the connections that are unused now and those that become
// unused. Requests under way finish.
func (p *Pool) Close() {
	p.closed.Store(true)
	p.closeIdle()
}

func (p *Pool) closeIdle() {
	for _, t := range p.targets {
		t.transport.CloseIdleConnections()
		t.upgrades.CloseIdleConnections()
	}
}

// trimmed is a base path without its final slash, so that joining a path that
// begins with a slash never makes two.
func trimmed(path string) string { return strings.TrimSuffix(path, "/") }
