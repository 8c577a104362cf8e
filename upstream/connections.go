package upstream

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// client sends requests to one target and keeps its connections: an
// http1.Client for plain HTTP, and an http.Transport for everything else.
type client interface {
	http.RoundTripper
	CloseIdleConnections()
}

// connections are those to one target since its name was last seen to mean
// something else.
type connections struct {
	transport client
	// upgrades speaks HTTP/1.1 only, because a WebSocket handshake (RFC 6455)
	// is an HTTP/1.1 request. It is transport where that speaks nothing else.
	upgrades client
	reached  *reached
}

// connect prepares clients for t; nothing is dialled yet.
func (t *target) connect() *connections {
	d := &dialer{timeout: t.made.Dial, socket: t.socket, resolver: t.made.Resolver, reached: new(reached)}
	plain := newTransport(t.made, d)
	c := &connections{transport: plain, upgrades: plain, reached: d.reached}
	switch t.kind {
	case "http", "unix":
		// A handshake goes through net/http, which knows how to hand a
		// connection over.
		c.transport = http1.New(http1.Options{
			Dial:           func(ctx context.Context) (net.Conn, error) { return d.dial(ctx, "tcp", withPort(t.host)) },
			ResponseHeader: t.made.ResponseHeader, Idle: t.made.Idle, MaxIdle: idlePerHost,
		})
	case "h2c":
		plain.Protocols = protocols((*http.Protocols).SetUnencryptedHTTP2)
		c.upgrades = newTransport(t.made, d)
	case "https":
		plain.Protocols = protocols((*http.Protocols).SetHTTP1, (*http.Protocols).SetHTTP2)
		plain.ForceAttemptHTTP2 = true
		plain.DialTLSContext = d.withTLS(&t.made.TLS, "h2", "http/1.1")
		upgrades := newTransport(t.made, d)
		upgrades.DialTLSContext = d.withTLS(&t.made.TLS, "http/1.1")
		c.upgrades = upgrades
	}
	return c
}

// closeIdle closes what is unused now. A transport that gets no more requests
// also closes what becomes unused later.
func (c *connections) closeIdle() {
	c.transport.CloseIdleConnections()
	c.upgrades.CloseIdleConnections()
}

// newTransport speaks HTTP/1.1 through d.
func newTransport(o *Options, d *dialer) *http.Transport {
	return &http.Transport{
		Proxy:                 nil, // see New
		DialContext:           d.dial,
		Protocols:             protocols((*http.Protocols).SetHTTP1),
		MaxIdleConns:          0, // no limit over all
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       o.Idle,
		ResponseHeaderTimeout: o.ResponseHeader,
		ExpectContinueTimeout: time.Second,
		// Compression is between the client and the upstream.
		DisableCompression: true,
		HTTP2: &http.HTTP2Config{
			// One HTTP/2 connection carries everybody: notice its death soon.
			SendPingTimeout: 15 * time.Second,
			PingTimeout:     5 * time.Second,
		},
	}
}

// withPort is an address to dial.
func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "80")
}

func protocols(set ...func(*http.Protocols, bool)) *http.Protocols {
	p := new(http.Protocols)
	for _, f := range set {
		f(p, true)
	}
	return p
}

// reached are the addresses that connections were made to, and how often in a
// row each was missing from what the name means.
type reached struct {
	mu      sync.Mutex // guards the rest
	missing map[netip.Addr]int
	newest  netip.Addr
}

func (r *reached) add(a netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest = a
	if _, known := r.missing[a]; known {
		return
	}
	if r.missing == nil {
		r.missing = map[netip.Addr]int{}
	}
	r.missing[a] = 0
}

// last is the address that was reached last.
func (r *reached) last() netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest
}

func (r *reached) any() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.missing) > 0
}

// lost compares with what the name means now. An address counts as lost when
// it is missing twice: some servers answer with a choice of many addresses.
func (r *reached) lost(now []netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for a := range r.missing {
		r.missing[a]++
	}
	for _, a := range now {
		if _, known := r.missing[a.Unmap()]; known {
			r.missing[a.Unmap()] = 0
		}
	}
	for _, times := range r.missing {
		if times >= 2 {
			return true
		}
	}
	return false
}
