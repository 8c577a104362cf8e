package upstream

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// idlePerHost is how many unused connections to one target are kept. The
// default of net/http is 2, which closes and reopens most connections of a
// busy gateway and runs it out of ports.
const idlePerHost = 1024

// target is one upstream address with its own connections.
type target struct {
	made         *Options
	name         string // as configured, for logs
	kind         string // the configured scheme
	scheme, host string // for the request's URL
	hostname     string
	socket       string // path of a Unix socket
	base         string // decoded path before the request's, no final slash
	rawBase      string // the same, escaped
	lookEvery    time.Duration
	connections  atomic.Pointer[connections]
	condition
}

func newTarget(u *url.URL, o *Options) (*target, error) {
	fail := func(why string) (*target, error) {
		return nil, fmt.Errorf("upstream %q: %s", u.Redacted(), why)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" {
		return fail("only scheme, host, port and path are allowed")
	}
	t := &target{
		made: o, name: u.String(), kind: u.Scheme, scheme: u.Scheme, host: u.Host, hostname: u.Hostname(),
		base: trimmed(u.Path), rawBase: trimmed(u.EscapedPath()), lookEvery: lookEvery,
	}
	switch u.Scheme {
	case "http", "https", "h2c":
		if u.Hostname() == "" {
			return fail("no host")
		}
		if u.Scheme == "h2c" {
			t.scheme = "http"
		}
	case "unix":
		if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
			return fail("write unix:///path/to/socket")
		}
		t.socket = u.Path
		t.scheme, t.host, t.base, t.rawBase = "http", "localhost", "", ""
	default:
		return fail("scheme must be http, https, h2c or unix")
	}
	t.connections.Store(t.connect())
	return t, nil
}

// trimmed is a base path without its final slash, so that joining a path that
// begins with a slash never makes two.
func trimmed(path string) string { return strings.TrimSuffix(path, "/") }

// outgoing is a request, its URL and the answer's body in one piece of memory:
// RoundTrip may not change the caller's.
type outgoing struct {
	request http.Request
	url     url.URL
	sending sentBody
	body    answerBody
	poured  poured
}

func (t *target) roundTrip(req *http.Request, header Fields) (*http.Response, error) {
	out := &outgoing{request: *req, url: *req.URL}
	out.request.URL = &out.url
	out.url.Scheme, out.url.Host = t.scheme, t.host
	t.join(&out.url)
	c := t.connections.Load()
	client := c.transport
	if len(req.Header["Upgrade"]) > 0 {
		client = c.upgrades
	}
	out.request.RemoteAddr = t.name // net/http's client has no use for it
	if body := req.Body; body != nil && body != http.NoBody {
		out.sending.ReadCloser, out.request.Body = body, &out.sending
	}
	t.underWay.Add(1)
	res, err := ask(client, &out.request, header)
	if c != t.connections.Load() {
		c.closeIdle() // as in Pool.RoundTrip
	}
	if err != nil {
		t.underWay.Add(-1)
		kind := classify(req.Context(), err)
		if out.sending.broken.Load() || errors.As(err, new(*http1.RequestError)) {
			kind = Cancelled
		}
		return nil, &Error{Kind: kind, Target: t.name, Err: err}
	}
	out.watch(res, t)
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
