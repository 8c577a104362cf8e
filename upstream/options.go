package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/url"
	"reflect"
	"time"
)

// Options describe the upstreams of one route. Zero durations mean the
// defaults: an upstream without any limit could hold requests for ever.
type Options struct {
	// Targets are http://host[:port][/base], https://…, h2c://… (HTTP/2 with
	// prior knowledge, RFC 9113 section 3.3) or unix:///path/to/socket. At
	// least one.
	Targets []*url.URL
	// Balance says which of several targets a request goes to.
	Balance Balance
	// Health asks targets whether they are well; without a Path nobody asks.
	Health Health
	// Dial bounds connecting, name lookup and TLS handshake included: 5 s.
	Dial time.Duration
	// ResponseHeader bounds the wait from the sent request to the head of the
	// answer: 60 s. Bodies may take as long as they like.
	ResponseHeader time.Duration
	// Idle is how long an unused connection is kept: 90 s.
	Idle time.Duration
	// TLS is for https targets.
	TLS TLS
	// Resolver looks up the targets' names; nil is the system's.
	Resolver *net.Resolver
	// Route is the word for these upstreams in Log, which may be nil.
	Route string
	Log   *slog.Logger
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

// Health is how a target is asked whether it is well.
type Health struct {
	// Path is asked with GET; an answer below 400 is well. "" asks nothing.
	Path string
	// Interval is the time between two questions: 10 s. Timeout is how long
	// an answer may take: 2 s.
	Interval, Timeout time.Duration
	// UnhealthyAfter is how many failures in a row put a target aside, those
	// of requests as well as those of questions: 3. HealthyAfter is how many
	// good answers in a row take it back: 2.
	UnhealthyAfter, HealthyAfter int
}

func (o Options) withDefaults() Options {
	o.Dial = orDefault(o.Dial, 5*time.Second)
	o.ResponseHeader = orDefault(o.ResponseHeader, 60*time.Second)
	o.Idle = orDefault(o.Idle, 90*time.Second)
	o.Health.Interval = orDefault(o.Health.Interval, 10*time.Second)
	o.Health.Timeout = orDefault(o.Health.Timeout, 2*time.Second)
	o.Health.UnhealthyAfter = orDefault(o.Health.UnhealthyAfter, 3)
	o.Health.HealthyAfter = orDefault(o.Health.HealthyAfter, 2)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func orDefault[N time.Duration | int](n, fallback N) N {
	if n <= 0 {
		return fallback
	}
	return n
}

// same reports whether pools of both would be alike. Where a log goes is no
// part of that.
func (o Options) same(other Options) bool {
	if (o.TLS.Roots == nil) != (other.TLS.Roots == nil) || o.TLS.Roots != nil && !o.TLS.Roots.Equal(other.TLS.Roots) {
		return false
	}
	o.TLS.Roots, other.TLS.Roots = nil, nil
	o.Log, other.Log = nil, nil
	return reflect.DeepEqual(o, other)
}
