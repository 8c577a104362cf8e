package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

const (
	// fetchTimeout bounds whatever is asked of a provider, bodies included.
	fetchTimeout = 10 * time.Second
	// sharedTimeout bounds a fetch that several wait for. It ends before the
	// patience of the one who began it, who then learns what went wrong.
	sharedTimeout = fetchTimeout - time.Second
	// maxAnswer bounds an answer after decompression, in bytes.
	maxAnswer = 1 << 20
	// maxAnswerHeader bounds an answer's head, in bytes.
	maxAnswerHeader = 64 << 10
	maxRedirects    = 3
)

var (
	errRedirect = errors.New("redirect not followed")
	errTooLarge = errors.New("answer is larger than 1 MiB")
)

// newTransport is a provider's own connection pool: no other provider's
// roots, no cookies, TLS 1.2 or newer (RFC 9325). It keeps as many connections
// as people may come back at once at nine o'clock; where the provider speaks
// HTTP/2, one does.
func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFromEnvironment,
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
}

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return rawconn.New(conn), nil
}

// proxyFromEnvironment hides the variable's value in its error: it may hold
// the proxy's password.
func proxyFromEnvironment(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errors.New("HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy")
	}
	return u, nil
}

// answer is one whole response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// read takes a response in, within the bounds. The transport has undone any
// compression by then, so a small body that unfolds to a huge one is cut too.
func read(resp *http.Response) (*answer, error) {
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, errTooLarge
	}
	return &answer{resp.StatusCode, resp.Header, body}, nil
}

// mediaType is the Content-Type without parameters, in lower case.
func (a *answer) mediaType() string {
	mediaType, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return mediaType
}

// fetcher asks one provider.
type fetcher struct {
	transport http.RoundTripper
	now       func() time.Time
}

// document GETs a JSON object that anybody may read: discovery or keys.
// Redirects are followed within the origin only, so that a provider cannot
// send us to a neighbour of ours (CWE-918), nor with a password of its choice.
// Whatever goes wrong is the provider's doing and may be over soon, so every
// error is Unavailable.
func (f *fetcher) document(ctx context.Context, what, address string) (identity.Claims, error) {
	client := &http.Client{Transport: f.transport, CheckRedirect: followsWithinOrigin}
	object, failure := f.object(ctx, client, address)
	if failure != nil {
		return nil, unavailable(failure).about("fetch " + what)
	}
	return object, nil
}

func followsWithinOrigin(next *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects || !sameOrigin(next.URL, via[0].URL) || next.URL.User != nil {
		return errRedirect
	}
	return nil
}

func (f *fetcher) object(ctx context.Context, client *http.Client, address string) (identity.Claims, *Error) {
	a, failure := f.get(ctx, client, address, "")
	if failure != nil {
		return nil, failure
	}
	return f.objectOf(a, address)
}

// objectOf reads the answer that address gave.
func (f *fetcher) objectOf(a *answer, address string) (identity.Claims, *Error) {
	if a.status != http.StatusOK {
		return nil, f.badStatus(a).about(address)
	}
	if t := a.mediaType(); t != "application/json" && !strings.HasSuffix(t, "+json") {
		return nil, refuse(ReasonAnswerNotJSON, "%s answered with content type %q, not JSON", address, brief(t))
	}
	object, err := identity.DecodeClaims(a.body)
	if err != nil {
		return nil, refuse(ReasonAnswerMalformed, "%s: %s", address, brief(err.Error()))
	}
	return object, nil
}

// get makes one GET, with a bearer token if there is one.
func (f *fetcher) get(ctx context.Context, client *http.Client, address, bearer string) (*answer, *Error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, refuse(ReasonUnreachable, "%w", err)
	}
	r.Header.Set("Accept", "application/json")
	if bearer != "" { // userinfo, which some can only send signed
		r.Header.Set("Accept", "application/json, application/jwt;q=0.9")
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	return send(client, r)
}

// send makes one request and takes the whole answer in.
func send(client *http.Client, r *http.Request) (*answer, *Error) {
	resp, err := client.Do(r)
	if err != nil {
		return nil, transportFailure(r.Context(), err)
	}
	a, err := read(resp)
	if err != nil {
		return nil, transportFailure(r.Context(), err)
	}
	return a, nil
}

// withoutRedirects is for requests that carry a secret: a redirect is an
// answer like any other, and never the right one.
func withoutRedirects(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// transportFailure names why there is no whole answer.
func transportFailure(ctx context.Context, err error) *Error {
	var timeout net.Error
	switch {
	case errors.Is(err, errRedirect):
		return refuse(ReasonRedirects, "%w", err)
	case errors.Is(err, errTooLarge):
		return refuse(ReasonAnswerTooLarge, "%w", err)
	case errors.Is(ctx.Err(), context.Canceled):
		return unavailable(refuse(ReasonAbandoned, "%w", err))
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		return unavailable(refuse(ReasonSlow, "%w", err))
	}
	return unavailable(refuse(ReasonUnreachable, "%w", err))
}

// badStatus names a status that is no success. The body is not quoted.
func (f *fetcher) badStatus(a *answer) *Error {
	switch {
	case a.status == http.StatusTooManyRequests:
		e := refuse(ReasonThrottling, "answered %d", a.status)
		e.RetryAfter = f.retryAfter(a)
		return unavailable(e)
	case a.status >= 500:
		e := refuse(ReasonFailing, "answered %d", a.status)
		e.RetryAfter = f.retryAfter(a)
		return unavailable(e)
	case a.status >= 300 && a.status < 400:
		return refuse(ReasonRedirects, "answered %d: %w", a.status, errRedirect)
	}
	return refuse(ReasonAnswerStatus, "answered %d", a.status)
}

// retryAfter reads the Retry-After header, seconds or a date (RFC 9110 section
// 10.2.3), and bounds it: a provider must not lock people out for a day. Zero
// means that it says nothing useful.
func (f *fetcher) retryAfter(a *answer) time.Duration {
	value := a.header.Get("Retry-After")
	if date, err := http.ParseTime(value); err == nil {
		return min(max(date.Sub(f.now()), 0), maxRetryAfter)
	}
	seconds, err := strconv.ParseUint(value, 10, 63)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return maxRetryAfter
	case err != nil:
		return 0
	}
	return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
}
