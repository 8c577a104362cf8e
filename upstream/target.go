package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// idlePerHost is how many unused connections to one target are kept. The
// default of net/http is 2, which closes and reopens most connections of a
// busy gateway and runs it out of ports.
const idlePerHost = 1024

// target is one upstream address with its own connections.
type target struct {
	name         string // as configured, for logs
	scheme, host string // for the request's URL
	base         string // decoded path before the request's, no final slash
	rawBase      string // the same, escaped
	transport    *http.Transport
	// upgrades speaks HTTP/1.1 only, because a WebSocket handshake (RFC 6455)
	// is an HTTP/1.1 request. It is transport where that speaks nothing else.
	upgrades *http.Transport
}

func newTarget(u *url.URL, o *Options) (*target, error) {
	fail := func(why string) (*target, error) {
		return nil, fmt.Errorf("upstream %q: %s", u.Redacted(), why)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return fail("only scheme, host, port and path are allowed")
	}
	t := &target{name: u.String(), scheme: u.Scheme, host: u.Host, base: trimmed(u.Path), rawBase: trimmed(u.EscapedPath())}
	d := &dialer{timeout: o.Dial}
	switch u.Scheme {
	case "http", "https", "h2c":
		if u.Hostname() == "" {
			return fail("no host")
		}
	case "unix":
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return fail("write unix:///path/to/socket")
		}
		d.socket = u.Path
		t.host, t.base, t.rawBase = "localhost", "", ""
	default:
		return fail("scheme must be http, https, h2c or unix")
	}

	t.transport = newTransport(o, d)
	t.upgrades = t.transport
	switch u.Scheme {
	case "unix":
		t.scheme = "http"
	case "h2c":
		t.scheme = "http"
		t.transport.Protocols = protocols((*http.Protocols).SetUnencryptedHTTP2)
		t.upgrades = newTransport(o, d)
	case "https":
		t.transport.Protocols = protocols((*http.Protocols).SetHTTP1, (*http.Protocols).SetHTTP2)
		t.transport.ForceAttemptHTTP2 = true
		t.transport.DialTLSContext = d.withTLS(&o.TLS, "h2", "http/1.1")
		t.upgrades = newTransport(o, d)
		t.upgrades.DialTLSContext = d.withTLS(&o.TLS, "http/1.1")
	}
	return t, nil
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

func protocols(set ...func(*http.Protocols, bool)) *http.Protocols {
	p := new(http.Protocols)
	for _, f := range set {
		f(p, true)
	}
	return p
}

// outgoing is a request and its URL in one piece of memory: RoundTrip may not
// change the caller's.
type outgoing struct {
	request http.Request
	url     url.URL
}

func (t *target) roundTrip(req *http.Request) (*http.Response, error) {
	out := &outgoing{request: *req, url: *req.URL}
	out.request.URL = &out.url
	out.url.Scheme, out.url.Host = t.scheme, t.host
	t.join(&out.url)
	transport := t.transport
	if len(req.Header["Upgrade"]) > 0 {
		transport = t.upgrades
	}
	out.request.RemoteAddr = t.name // net/http's client has no use for it
	res, err := transport.RoundTrip(&out.request)
	if err != nil {
		return nil, &Error{Kind: classify(req.Context(), err), Target: t.name, Err: err}
	}
	return res, nil
}

// join puts the target's base path before u's. The escaped form is joined
// beside the decoded one, so that a %2F stays what it is.
func (t *target) join(u *url.URL) {
	if t.base == "" {
		return
	}
	raw := u.EscapedPath()
	if !strings.HasPrefix(raw, "/") {
		raw, u.Path = "/"+raw, "/"+u.Path
	}
	u.Path, u.RawPath = t.base+u.Path, t.rawBase+raw
}

// dialer connects, and marks its failures so that everybody knows that
// nothing was sent.
type dialer struct {
	timeout time.Duration
	socket  string // path of a Unix socket instead of the address
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return d.connect(ctx, network, address)
}

func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if d.socket != "" {
		network, address = "unix", d.socket
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, &dialError{err}
	}
	return conn, nil
}

// withTLS connects and shakes hands under one deadline.
func (d *dialer) withTLS(o *TLS, protocols ...string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, d.timeout)
		defer cancel()
		plain, err := d.connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		name := o.ServerName
		if name == "" {
			if name, _, err = net.SplitHostPort(address); err != nil {
				name = address
			}
		}
		conn := tls.Client(plain, &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            o.Roots,
			Certificates:       o.Certificates,
			ServerName:         name,
			InsecureSkipVerify: o.InsecureSkipVerify,
			NextProtos:         protocols,
		})
		if err := conn.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, &dialError{err}
		}
		return conn, nil
	}
}
