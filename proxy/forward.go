package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// ForwarderOptions describe how one route forwards.
type ForwarderOptions struct {
	// Upstream is usually an *upstream.Pool; nil is a route for forward auth only. Like http.Transport it sets the
	// Request of a response; its RemoteAddr names who answered.
	Upstream http.RoundTripper
	// Buffers may be shared by all routes.
	Buffers httputil.BufferPool
	// Headers are the route's.
	Headers *HeaderPlan
	// Reserved names further headers that a client's request may not bring.
	Reserved []string
	// StripPrefix is a canonical decoded path that is dropped at a segment
	// bound; "" and "/" drop nothing. AddPrefix, a path as it stands in a
	// URL, is put before what remains.
	StripPrefix, AddPrefix string
	// PreserveHost sends the public Host instead of the target's own.
	PreserveHost bool
	// MaxBody is the largest request body in bytes; 0 means no limit.
	MaxBody int64
	// WebSocketOrigins may open WebSockets besides the visited origin.
	WebSocketOrigins []string
	// StripCookies is a request's Cookie lines without Gatehouse's cookies. It
	// may not change those given.
	StripCookies func([]string) []string
	// StripSetCookie removes those lines from an answer's header that would set
	// Gatehouse's cookies.
	StripSetCookie func(http.Header)
}

// Visit is what the door and the caller's session say about one request. All
// of it is trusted.
type Visit struct {
	// ClientIP is the client's address; the zero Addr is unknown.
	ClientIP netip.Addr
	// Scheme and Host are the public ones, Host with a port unless it is the
	// scheme's own.
	Scheme, Host string
	RequestID    string
	// Traceparent and Tracestate take the place of the client's, unless the
	// first is empty.
	Traceparent, Tracestate string
	// Last ends the connection after the answer. A header set on the
	// ResponseWriter would be lost to an informational answer.
	Last bool
	// Headers are the route's plan rendered for the caller; nil is nobody.
	Headers *Rendered
	// ownAuthorization: the Authorization header was ours, and is not the
	// upstream's.
	ownAuthorization bool
	// assertions are signed for the caller; nil sends none.
	assertions *stamped
	// OnResponse may add cookies to the answer's header, which then becomes
	// private to its reader. Headers that were set on the ResponseWriter
	// before Forward are no substitute: an informational answer of the
	// upstream would carry and then clear them.
	OnResponse func(http.Header)
	// Socket, if not nil, becomes the client's side of a WebSocket.
	Socket *Socket
	// Arrived is the context that net/http gave the request. A request that still
	// has it ends with its connection alone.
	Arrived context.Context
	// Ended, if not nil, reports whether the right to a long answer is over:
	// what remains of one is then cut off.
	Ended func() bool
	// Outcome, if not nil, is filled in. It is valid also when Forward
	// panics.
	Outcome *Outcome
}

// Outcome is what the request's record wants to know.
type Outcome struct {
	// Upstream is the target that was asked, as it was configured.
	Upstream string
	// Waited is the time from asking to the head of the answer; zero without one.
	Waited time.Duration
	// Err is why an answer that had begun was cut off.
	Err error
}

// Forwarder passes the requests of one route to its upstream. It is built
// once and safe for concurrent use.
type Forwarder struct {
	upstream       http.RoundTripper
	asker          asker // the same
	buffers        httputil.BufferPool
	sockets        httputil.ReverseProxy // for WebSockets; relay for everything else
	headers        *HeaderPlan
	scrubber       *Scrubber
	strip          []string // decoded segments
	add            string   // escaped, no final slash
	preserveHost   bool
	maxBody        int64
	origins        []string
	stripCookies   func([]string) []string
	stripSetCookie func(http.Header)
}

// NewForwarder builds a Forwarder.
func NewForwarder(o ForwarderOptions) (*Forwarder, error) {
	if o.Headers == nil || o.StripCookies == nil || o.StripSetCookie == nil {
		return nil, errors.New("a forwarder needs headers, and both ways to strip cookies")
	}
	f := &Forwarder{
		upstream:       o.Upstream,
		buffers:        o.Buffers,
		headers:        o.Headers,
		scrubber:       NewScrubber(append(o.Headers.Names(), o.Reserved...)...),
		preserveHost:   o.PreserveHost,
		maxBody:        o.MaxBody,
		stripCookies:   o.StripCookies,
		stripSetCookie: o.StripSetCookie,
	}
	if own, ok := o.Upstream.(asker); ok {
		f.asker = own
	} else {
		f.asker = collecting{o.Upstream}
	}
	if prefix := strings.Trim(o.StripPrefix, "/"); prefix != "" {
		f.strip = strings.Split(prefix, "/")
	}
	if o.AddPrefix != "" {
		u, err := url.ParseRequestURI(o.AddPrefix)
		if err != nil || !strings.HasPrefix(o.AddPrefix, "/") || u.RawQuery != "" || u.ForceQuery {
			return nil, fmt.Errorf("prefix %q is no path", o.AddPrefix)
		}
		f.add = strings.TrimRight(u.EscapedPath(), "/")
	}
	for _, origin := range o.WebSocketOrigins {
		f.origins = append(f.origins, strings.TrimSuffix(identity.FoldASCII(origin), "/"))
	}
	if f.buffers == nil {
		f.buffers = new(upstream.Buffers)
	}
	f.sockets = httputil.ReverseProxy{
		Rewrite:        func(p *httputil.ProxyRequest) { f.rewrite(p.In, p.Out) },
		Transport:      o.Upstream,
		BufferPool:     f.buffers,
		ModifyResponse: f.modify,
		ErrorHandler:   f.fail,
		// What is worth a line arrives as an error or in the Outcome.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	return f, nil
}

// Headers is the route's plan, to be rendered once a session.
func (f *Forwarder) Headers() *HeaderPlan { return f.headers }

// Forward asks the upstream and passes its answer on. The path goes as the
// client spelled it, and so does the query. A returned *page.Error means that
// nothing was answered. If the answer breaks off after it began, Forward
// panics with http.ErrAbortHandler, which makes net/http cut the connection:
// a truncated answer must never look complete.
//
// A WebSocket lasts until either side closes it or r's context ends.
//
// Trailers of a request are dropped: stock ReverseProxy announces them but
// sends no values, upstreams differ on whether they count as headers, and no
// gRPC client sends any.
func (f *Forwarder) Forward(w http.ResponseWriter, r *http.Request, v Visit) error {
	if f.upstream == nil {
		return &page.Error{Status: http.StatusNotFound, Reason: "route_without_upstream", Text: "There is nothing at this address."}
	}
	x := &exchange{Context: r.Context(), f: f, visit: v, started: time.Now(), informs: r.ProtoAtLeast(1, 1)}
	x.answer = answer{ResponseWriter: w, f: f, x: x}
	wire := wireOf(r)
	x.splices = r.TLS == nil && wire != nil
	if r.Context() == v.Arrived {
		x.wire = wire
	}
	if x.visit.Outcome == nil {
		x.visit.Outcome = new(Outcome)
	}
	var err error
	if x.webSocket, err = f.admitUpgrade(r, &v); err != nil {
		return err
	}
	if x.path, x.rawPath, err = f.rewritePath(r.URL); err != nil {
		return err
	}
	in := r.WithContext(x)
	if r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0 {
		if f.maxBody > 0 {
			if r.ContentLength > f.maxBody {
				return bodyTooLarge(w)
			}
			in.Body = http.MaxBytesReader(w, r.Body, f.maxBody)
		}
		x.upload.ReadCloser, x.upload.deadline, x.upload.wire = in.Body, http.NewResponseController(w), wire
		in.Body = &x.upload
		defer x.upload.Close() // when the answer has been passed on; of WebSockets ReverseProxy does it as well
		if r.ProtoMajor == 1 {
			// Without it net/http reads away what is left of the request as
			// soon as the answer begins, and an upstream that answers while
			// it still reads would miss that part. A writer that cannot do
			// it is no HTTP/1 connection.
			x.duplex = http.NewResponseController(w).EnableFullDuplex() == nil
		}
	}
	if x.webSocket {
		f.sockets.ServeHTTP(&x.answer, in)
	} else {
		f.relay(x, in)
	}
	return x.err
}

// rewrite makes a WebSocket's outgoing request. The fields of the upgrade are
// already what they should be.
func (f *Forwarder) rewrite(in, out *http.Request) {
	x := exchangeOf(in.Context())
	x.tell(in.Header)
	h := upstream.Collect(x)
	h["Connection"], h["Upgrade"] = out.Header["Connection"], out.Header["Upgrade"]
	out.Header = h
	x.address(out)
}

// address says where a request goes: by the path that the client spelled, and
// the query, also one that Go cannot parse.
func (x *exchange) address(out *http.Request) {
	out.Trailer = nil
	out.URL.Opaque = "" // it would go out instead of the path
	out.URL.Path, out.URL.RawPath = x.path, x.rawPath
	out.Host = ""
	if x.f.preserveHost {
		out.Host = x.visit.Host
	}
}

// modify looks at the head of an answer before any of it is passed on.
func (f *Forwarder) modify(res *http.Response) error {
	x := exchangeOf(res.Request.Context())
	outcome := x.visit.Outcome
	outcome.Upstream, outcome.Waited = res.Request.RemoteAddr, time.Since(x.started)
	switch {
	case res.StatusCode == http.StatusSwitchingProtocols:
		if !x.webSocket || !isWebSocket(res.Header) {
			return errors.New("upstream switched protocols unasked")
		}
	case res.StatusCode < 200:
		return fmt.Errorf("upstream answered with status %d", res.StatusCode)
	default:
		x.download = download{ReadCloser: res.Body, res: res, f: f, x: x}
		if x.visit.Ended != nil && (res.ContentLength < 0 || res.ContentLength > longAnswer) {
			x.download.looked = time.Now()
		}
		res.Body = &x.download
	}
	f.stripSetCookie(res.Header)
	f.dropTrailers(res.Trailer) // which are announced so far
	if x.visit.OnResponse != nil {
		cookies := len(res.Header["Set-Cookie"])
		x.visit.OnResponse(res.Header)
		if len(res.Header["Set-Cookie"]) > cookies {
			makePrivate(res.Header)
		}
	}
	return nil
}

// fail turns what went wrong before the answer began into an error for the
// caller of Forward.
func (f *Forwarder) fail(w http.ResponseWriter, _ *http.Request, err error) {
	x := w.(*answer).x
	var lost *upstream.Error
	if errors.As(err, &lost) {
		x.visit.Outcome.Upstream = lost.Target
	}
	switch {
	case x.hijacked: // nobody is left to be told
		x.visit.Outcome.Err = err
	case x.upload.state.Load() == uploadTooLarge:
		x.err = bodyTooLarge(w)
	case x.Err() == context.Canceled:
		x.err = &page.Error{Status: statusClientGone, Reason: "client_gone", Text: "The request was cancelled.", Close: true, Cause: err}
	case x.upload.state.Load() == uploadTooSlow:
		x.err = &page.Error{Status: http.StatusRequestTimeout, Reason: "body_too_slow", Text: "The upload stopped for too long.", Close: true, Cause: err}
	case x.upload.state.Load() == uploadBroken:
		x.err = &page.Error{Status: http.StatusBadRequest, Reason: "body_malformed", Text: "The request's body could not be read.", Close: true, Cause: err}
	case lost != nil && lost.Kind == upstream.TimedOut:
		x.err = &page.Error{Status: http.StatusGatewayTimeout, Reason: "upstream_timeout", Text: "The application took too long to answer.", Cause: err}
	case lost != nil && lost.Kind == upstream.Unreachable:
		x.err = &page.Error{Status: http.StatusBadGateway, Reason: "upstream_unreachable", Text: "The application cannot be reached right now.", Cause: err}
	default:
		x.err = &page.Error{Status: http.StatusBadGateway, Reason: "upstream_broken", Text: "The application gave no valid answer.", Cause: err}
	}
}

// statusClientGone is nginx's word in logs for a client that hung up; nobody
// receives it.
const statusClientGone = 499

// bodyTooLarge gives the client a second to notice. net/http reads on for a
// while before it closes, and would wait for ever for one that sends nothing.
func bodyTooLarge(w http.ResponseWriter) error {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second))
	return &page.Error{Status: http.StatusRequestEntityTooLarge, Reason: "body_too_large", Text: "This is larger than the application accepts.", Close: true}
}
