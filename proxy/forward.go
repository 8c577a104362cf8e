package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// ForwarderOptions describe how one route forwards.
type ForwarderOptions struct {
	// Upstream is usually an *upstream.Pool. Like http.Transport it sets the
	// Request of a response; its RemoteAddr names who answered.
	Upstream http.RoundTripper
	// Buffers may be shared by all routes.
	Buffers httputil.BufferPool
	// Headers are the route's; Strip names further headers that a client may
	// not send, such as those that other routes set.
	Headers *HeaderPlan
	Strip   []string
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
	// StripCookies removes Gatehouse's cookies from a request's header,
	// StripSetCookie those lines from an answer's that would set them.
	StripCookies, StripSetCookie func(http.Header)
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
	// Headers are the route's plan rendered for the caller; nil is nobody.
	Headers *Rendered
	// OnResponse may add cookies to the answer's header, which then becomes
	// private to its reader. Headers that were set on the ResponseWriter
	// before Forward are no substitute: an informational answer of the
	// upstream would carry and then clear them.
	OnResponse func(http.Header)
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
	proxy          httputil.ReverseProxy
	headers        *HeaderPlan
	scrubber       *Scrubber
	strip          []string // decoded segments
	add            string   // escaped, no final slash
	preserveHost   bool
	maxBody        int64
	origins        []string
	stripCookies   func(http.Header)
	stripSetCookie func(http.Header)
}

// NewForwarder builds a Forwarder.
func NewForwarder(o ForwarderOptions) (*Forwarder, error) {
	if o.Upstream == nil || o.Headers == nil || o.StripCookies == nil || o.StripSetCookie == nil {
		return nil, errors.New("a forwarder needs an upstream, headers, and both ways to strip cookies")
	}
	f := &Forwarder{
		headers:        o.Headers,
		scrubber:       NewScrubber(append(o.Headers.Names(), o.Strip...)...),
		preserveHost:   o.PreserveHost,
		maxBody:        o.MaxBody,
		stripCookies:   o.StripCookies,
		stripSetCookie: o.StripSetCookie,
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
	f.proxy = httputil.ReverseProxy{
		Rewrite:        f.rewrite,
		Transport:      o.Upstream,
		BufferPool:     o.Buffers,
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
	x := &exchange{Context: r.Context(), visit: v, started: time.Now(), informs: r.ProtoAtLeast(1, 1)}
	x.answer = answer{ResponseWriter: w, f: f, x: x}
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
		x.upload.ReadCloser = in.Body
		in.Body = &x.upload
		if r.ProtoMajor == 1 {
			// Without it net/http reads away what is left of the request as
			// soon as the answer begins, and an upstream that answers while
			// it still reads would miss that part. A writer that cannot do
			// it is no HTTP/1 connection.
			_ = http.NewResponseController(w).EnableFullDuplex()
		}
	}
	f.proxy.ServeHTTP(&x.answer, in)
	return x.err
}

// rewritePath drops and adds prefixes on the escaped path, so that what the
// client encoded stays encoded (a permitted %2F is no slash).
func (f *Forwarder) rewritePath(u *url.URL) (path, rawPath string, err error) {
	if len(f.strip) == 0 && f.add == "" {
		return u.Path, u.RawPath, nil
	}
	raw, ok := stripSegments(u.EscapedPath(), f.strip)
	if !ok {
		// The route matched a path that does not begin as the route does:
		// two readings of one path, so neither is forwarded.
		return "", "", ambiguousForward()
	}
	if !strings.HasPrefix(raw, "/") {
		raw = "/" + raw
	}
	raw = f.add + raw
	if path, err = url.PathUnescape(raw); err != nil {
		return "", "", ambiguousForward()
	}
	return path, raw, nil
}

// stripSegments drops segments from the front of an escaped path. They are
// compared decoded, because /%64ocs/x is under /docs too.
func stripSegments(raw string, segments []string) (rest string, ok bool) {
	for _, want := range segments {
		after, found := strings.CutPrefix(raw, "/")
		if !found {
			return "", false
		}
		end := strings.IndexByte(after, '/')
		if end < 0 {
			end = len(after)
		}
		if got, err := url.PathUnescape(after[:end]); err != nil || got != want {
			return "", false
		}
		raw = after[end:]
	}
	return raw, true
}

// rewrite makes the outgoing request. Everything that Connection names and all
// hop-by-hop headers are gone from it already, so that a client cannot have
// removed what is set here (CVE-2021-32813).
func (f *Forwarder) rewrite(p *httputil.ProxyRequest) {
	x := exchangeOf(p.In.Context())
	v := &x.visit
	h := p.Out.Header
	f.scrubber.Scrub(h)
	f.stripCookies(h)
	p.Out.Trailer = nil

	p.Out.URL.Opaque = "" // it would go out instead of the path
	p.Out.URL.Path, p.Out.URL.RawPath = x.path, x.rawPath
	p.Out.URL.RawQuery = p.In.URL.RawQuery // ReverseProxy dropped what Go cannot parse
	p.Out.Host = ""
	if f.preserveHost {
		p.Out.Host = v.Host
	}

	if v.Headers == nil {
		v.Headers = f.headers.Render(nil)
	}
	v.Headers.Apply(h)
	x.set(h, 0, "X-Forwarded-Proto", v.Scheme)
	x.set(h, 1, "X-Forwarded-Host", v.Host)
	x.set(h, 2, "X-Request-Id", v.RequestID)
	if v.ClientIP.IsValid() {
		x.set(h, 3, "X-Forwarded-For", v.ClientIP.Unmap().WithZone("").String())
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
		res.Body = &x.download
	}
	f.stripSetCookie(res.Header)
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

func ambiguousForward() error {
	return &page.Error{Status: http.StatusBadRequest, Reason: "path_ambiguous", Text: "This address can be read in more than one way, so it is not served."}
}

// --- exchange -------------------------------------------------------------

// exchange is one request on its way through a Forwarder, in one piece of
// memory. It is the request's context too, because that is what ReverseProxy
// hands to all of its hooks. It is not pooled: a transport may hold a context
// longer than the request lasts.
type exchange struct {
	context.Context
	visit         Visit
	started       time.Time
	path, rawPath string
	webSocket     bool // asked for
	informs       bool // the client understands 1xx
	hijacked      bool
	err           error
	values        [4]string
	answer        answer
	upload        upload
	download      download
}

type exchangeKey struct{}

// Value finds the exchange itself besides what r's context holds.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// set puts a header whose list of one lives in the exchange.
func (x *exchange) set(h http.Header, i int, name, value string) {
	x.values[i] = value
	h[name] = x.values[i : i+1 : i+1]
}

// answer is where ReverseProxy writes. It sees what ModifyResponse does not:
// informational answers.
type answer struct {
	http.ResponseWriter
	f *Forwarder
	x *exchange
}

// Unwrap lets http.ResponseController flush.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader keeps Gatehouse's cookies out of informational answers, and
// these from HTTP/1.0 clients (RFC 9110 section 15.2).
func (a *answer) WriteHeader(status int) {
	h := a.Header()
	if status < 200 {
		if !a.x.informs {
			return
		}
		a.f.stripSetCookie(h)
	} else if _, typed := h["Content-Type"]; !typed {
		h["Content-Type"] = nil // net/http would guess one, and make HTML of a text
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write notes why a client could not be told more.
func (a *answer) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	if err != nil {
		a.x.visit.Outcome.Err = fmt.Errorf("write to client: %w", err)
	}
	return n, err
}

// Hijack hands the connection to a WebSocket.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(a.ResponseWriter).Hijack()
	a.x.hijacked = err == nil
	return conn, buffered, err
}

const (
	uploadTooLarge = iota + 1
	uploadBroken
)

// upload is the request's body. It remembers why it could not be read, since
// that is not the upstream's fault.
type upload struct {
	io.ReadCloser
	state atomic.Uint32 // transports read in goroutines of their own
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			u.state.Store(uploadTooLarge)
		} else {
			u.state.Store(uploadBroken)
		}
	}
	return n, err
}

// download is the answer's body. Closing it completes the trailers, announced
// or not, and ReverseProxy copies them right after.
type download struct {
	io.ReadCloser
	res *http.Response
	f   *Forwarder
	x   *exchange
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		d.x.visit.Outcome.Err = fmt.Errorf("read from upstream: %w", err)
	}
	return n, err
}

func (d *download) Close() error {
	err := d.ReadCloser.Close()
	d.f.stripSetCookie(d.res.Trailer)
	return err
}

// --- WebSockets -----------------------------------------------------------

// admitUpgrade refuses every upgrade but a WebSocket's from an origin that may
// open one. Pages of sibling subdomains are same-site, so the session cookie
// comes along with their handshakes, and no CORS check protects the answer.
//
// Programs that are no browsers send no Origin, and browsers always do
// (RFC 6455 section 4.1), so an absent one is fine. An upgrade header that
// Connection does not name is none and is dropped.
func (f *Forwarder) admitUpgrade(r *http.Request, v *Visit) (webSocket bool, err error) {
	if len(r.Header["Upgrade"]) == 0 || !httpguts.HeaderValuesContainsToken(r.Header["Connection"], "upgrade") {
		return false, nil
	}
	if !isWebSocket(r.Header) || r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 || r.ContentLength != 0 {
		return false, &page.Error{Status: http.StatusBadRequest, Reason: "upgrade_not_allowed", Text: "This upgrade is not served here.", Close: true}
	}
	switch origin := r.Header["Origin"]; len(origin) {
	case 0:
		return true, nil
	case 1:
		folded := identity.FoldASCII(origin[0])
		if folded == ownOrigin(v) || slices.Contains(f.origins, folded) {
			return true, nil
		}
	}
	return false, &page.Error{Status: http.StatusForbidden, Reason: "origin_not_allowed", Text: "This page may not open a connection here."}
}

// ownOrigin is the visited origin as browsers write it (RFC 6454 section 6.2).
func ownOrigin(v *Visit) string {
	host := v.Host
	if v.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return v.Scheme + "://" + identity.FoldASCII(host)
}

func isWebSocket(h http.Header) bool {
	values := h["Upgrade"]
	return len(values) == 1 && identity.FoldASCII(values[0]) == "websocket"
}

// --- private answers ------------------------------------------------------

// makePrivate keeps an answer that carries somebody's cookie out of shared
// caches: a cookie that a cache hands to the next visitor signs them in as
// somebody else. Set-Cookie alone does not prevent storing (RFC 9111 section
// 7.3).
func makePrivate(h http.Header) {
	kept := make([]string, 0, 4)
	stored := true
	for _, line := range h["Cache-Control"] {
		directives, ok := splitDirectives(line)
		if !ok { // nobody knows what a cache makes of it
			directives = []string{"no-store"}
		}
		for _, directive := range directives {
			name, _, _ := strings.Cut(directive, "=")
			switch identity.FoldASCII(strings.TrimSpace(name)) {
			case "", "public", "s-maxage", "private":
				// private="field" covers that field alone; the plain one is added below.
			case "no-store":
				stored = false
				kept = append(kept, "no-store")
			default:
				kept = append(kept, directive)
			}
		}
	}
	if stored {
		kept = append([]string{"private"}, kept...)
	}
	h["Cache-Control"] = []string{strings.Join(kept, ", ")}
	for name := range h {
		// What caches of one kind obey instead (RFC 9213 section 3).
		folded := foldName(name)
		if folded == "surrogate-control" || folded == "x-accel-expires" || folded == "edge-control" ||
			folded == "cdn-cache-control" || strings.HasSuffix(folded, "-cdn-cache-control") {
			delete(h, name)
		}
	}
}

// splitDirectives splits at the commas outside of quotes. It is not ok if a
// quote is left open.
func splitDirectives(line string) (list []string, ok bool) {
	quoted, start := false, 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quoted:
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			list = append(list, strings.TrimSpace(line[start:i]))
			start = i + 1
		}
	}
	return append(list, strings.TrimSpace(line[start:])), !quoted
}
