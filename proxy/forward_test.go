package proxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/netip"
	"net/textproto"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// front is a server with a Forwarder behind it, as the proxy would use it.
type front struct {
	*httptest.Server
	// failed gets what Forward returned, or the Outcome of what it cut off.
	failed chan error
}

// address is where raw requests go.
func (f *front) address() string { return f.Listener.Addr().String() }

// reason waits for Forward's error and returns its status and reason.
func (f *front) reason(t *testing.T) string {
	t.Helper()
	var e *page.Error
	if err := <-f.failed; !errors.As(err, &e) {
		t.Fatalf("error %v is no *page.Error", err)
	}
	return fmt.Sprintf("%d %s", e.Status, e.Reason)
}

type frontOptions struct {
	ForwarderOptions
	upstream.Options
	anonymous  bool
	onResponse func(http.Header)
	protocols  *http.Protocols
	context    func(context.Context) context.Context
}

// newFront forwards to targets for alice, whose public address is
// https://wiki.example.com.
func newFront(t testing.TB, o frontOptions, targets ...string) *front {
	t.Helper()
	for _, target := range targets {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		o.Targets = append(o.Targets, u)
	}
	pool, err := upstream.New(o.Options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	o.Upstream = pool
	o.Buffers = new(upstream.Buffers)
	if o.Headers == nil {
		o.Headers = compileHeaders(t, nil, nil)
	}
	o.StripCookies = func(lines []string) []string {
		var kept []string
		for _, line := range lines {
			kept = append(kept, strings.ReplaceAll(line, "__Host-gatehouse=secret; ", ""))
		}
		return kept
	}
	o.StripSetCookie = func(h http.Header) {
		if lines, found := h["Set-Cookie"]; found {
			h["Set-Cookie"] = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "__Host-gatehouse=") })
		}
	}
	forwarder, err := NewForwarder(o.ForwarderOptions)
	if err != nil {
		t.Fatal(err)
	}
	rendered := forwarder.Headers().Render(alice())
	if o.anonymous {
		rendered = nil
	}
	f := &front{failed: make(chan error, 16)}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var outcome Outcome
		defer func() {
			if outcome.Err != nil {
				f.failed <- outcome.Err
			}
		}()
		if o.context != nil {
			r = r.WithContext(o.context(r.Context()))
		}
		err := forwarder.Forward(w, r, Visit{
			ClientIP: netip.MustParseAddr("::ffff:192.0.2.7"), Scheme: "https", Host: "wiki.example.com", RequestID: "id-1",
			Headers: rendered, OnResponse: o.onResponse, Outcome: &outcome,
		})
		var e *page.Error
		if errors.As(err, &e) {
			f.failed <- err
			w.WriteHeader(e.Status)
		}
	}))
	if o.protocols != nil {
		f.Config.Protocols = o.protocols
	}
	f.Start()
	t.Cleanup(f.Close)
	return f
}

// rawUpstream answers each request's head with scripted bytes and then closes.
type rawUpstream struct {
	url   string
	heads chan string
}

func newRawUpstream(t testing.TB, script func(conn net.Conn, r *bufio.Reader)) *rawUpstream {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	u := &rawUpstream{url: "http://" + l.Addr().String(), heads: make(chan string, 64)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				r := bufio.NewReader(conn)
				var head strings.Builder
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if line == "\r\n" {
						break
					}
					head.WriteString(line)
				}
				u.heads <- head.String()
				script(conn, r)
			}()
		}
	}()
	return u
}

// answering writes bytes whatever the request was.
func answering(answer string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, _ *bufio.Reader) { io.WriteString(conn, answer) }
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"

func rawRequest(t testing.TB, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// variables reads a request's head as a CGI program would get it: every byte
// of a name that is no letter or digit is one.
func variables(head string) map[string][]string {
	found := map[string][]string{}
	_, fields, _ := strings.Cut(head, "\r\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(fields, "\r\n"), "\r\n") {
		name, value, _ := strings.Cut(line, ": ")
		found[foldName(name)] = append(found[foldName(name)], value)
	}
	return found
}

func TestUpstreamSeesGatehousesValuesAlone(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	f := newFront(t, frontOptions{}, u.url)
	want := map[string]string{
		"x-forwarded-user": "a1", "x-forwarded-email": "alice@example.com", "x-forwarded-preferred-username": "alice",
		"x-forwarded-groups": "staff,wiki%2C editors,50%25", "x-gatehouse-provider": "ping",
		"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https", "x-forwarded-host": "wiki.example.com", "x-request-id": "id-1",
	}
	for _, fields := range []string{
		"X-Forwarded-Email: evil@example.com",
		"X-Forwarded-Email: evil@example.com\r\nX-Forwarded-Email: more@example.com",
		"x-fOrWaRdEd-eMaIl: evil@example.com",
		"X_Forwarded_Email: evil@example.com\r\nX.Forwarded.Email: evil@example.com\r\nX-Forwarded_Email: evil@example.com",
		"X-Forwarded-Email:\t evil@example.com",
		"X-Forwarded-Email:\r\nX-Forwarded-User:",
		"Connection: close, X-Forwarded-Email\r\nX-Forwarded-Email: evil@example.com",
		"Connection: X-Forwarded-User, X-Forwarded-Email, X-Forwarded-Groups, X-Gatehouse-Provider, X-Request-Id",
		"Connection: x-forwarded-for\r\nConnection: X-Forwarded-Proto, x-forwarded-host\r\nX-Forwarded-For: 10.0.0.1",
		"X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: evil.example",
		"Forwarded: for=10.0.0.1;host=evil.example\r\nX-Real-IP: 10.0.0.1\r\nTrue-Client-IP: 10.0.0.1",
		"X-Auth-Request-User: evil\r\nRemote-User: evil\r\nCf-Access-Jwt-Assertion: evil\r\nX-Gatehouse-Assertion: evil",
		"X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\nX-HTTP-Method-Override: DELETE",
		"X-Request-Id: evil\r\nX_Request_Id: evil",
		"Keep-Alive: evil\r\nProxy-Connection: X-Forwarded-Email\r\nProxy-Authorization: Basic evil",
	} {
		request := "GET /x HTTP/1.1\r\nHost: wiki.example.com\r\nAuthorization: Bearer app\r\nX-Requested-With: XMLHttpRequest\r\n" +
			"Cookie: __Host-gatehouse=secret; theme=dark\r\n" + fields + "\r\n"
		if !strings.Contains(fields, "Connection: close") {
			request += "Connection: close\r\n"
		}
		answer := rawRequest(t, f.address(), request+"\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 200") {
			t.Errorf("%q: %.60q", fields, answer)
			continue
		}
		head := <-u.heads
		got := variables(head)
		for name, value := range want {
			if len(got[name]) != 1 || got[name][0] != value {
				t.Errorf("%q: %s is %q, want %q once", fields, name, got[name], value)
			}
		}
		if strings.Contains(head, "evil") || strings.Contains(head, "10.0.0.") || strings.Contains(head, "secret") {
			t.Errorf("%q: something forged or secret got through:\n%s", fields, head)
		}
		for _, benign := range []string{"Authorization: Bearer app\r\n", "X-Requested-With: XMLHttpRequest\r\n", "Cookie: theme=dark\r\n"} {
			if !strings.Contains(head, benign) {
				t.Errorf("%q: %q was lost:\n%s", fields, benign, head)
			}
		}
	}
}

func TestAnonymousRequestCarriesNoIdentity(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	f := newFront(t, frontOptions{anonymous: true}, u.url)
	rawRequest(t, f.address(), "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-User: evil\r\nX_Forwarded_Groups: evil\r\nX-Gatehouse-Provider: evil\r\nConnection: close\r\n\r\n")
	head := <-u.heads
	if strings.Contains(head, "evil") {
		t.Errorf("a forged identity got through:\n%s", head)
	}
	if got := variables(head)["x-forwarded-for"]; len(got) != 1 {
		t.Errorf("X-Forwarded-For = %q", got)
	}
}

func TestTrailersOfRequestsAreDropped(t *testing.T) {
	u := newRawUpstream(t, func(conn net.Conn, r *bufio.Reader) {
		body, _ := io.ReadAll(io.LimitReader(r, int64(len("2\r\nhi\r\n0\r\n\r\n"))))
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+fmt.Sprint(len(body))+"\r\nConnection: close\r\n\r\n"+string(body))
	})
	f := newFront(t, frontOptions{}, u.url)
	answer := rawRequest(t, f.address(), "POST / HTTP/1.1\r\nHost: a\r\nTrailer: X-Forwarded-User\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"+
		"2\r\nhi\r\n0\r\nX-Forwarded-User: evil\r\n\r\n")
	head := <-u.heads
	if got := variables(head); got["trailer"] != nil || len(got["x-forwarded-user"]) != 1 {
		t.Errorf("announced:\n%s", head)
	}
	if !strings.HasSuffix(answer, "2\r\nhi\r\n0\r\n\r\n") {
		t.Errorf("the upstream read %q", answer)
	}
}

func TestPathAndQueryArriveAsTheClientSpelledThem(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	for _, tt := range []struct {
		strip, add, base string
		target, want     string
	}{
		{"", "", "", "/a/b", "/a/b"},
		{"", "", "", "/a%2Fb/%7Euser?x=1;y=2&z=%zz&&q=%2F?", "/a%2Fb/%7Euser?x=1;y=2&z=%zz&&q=%2F?"},
		{"", "", "", "/?", "/?"},
		{"", "", "", "//a//", "//a//"},
		{"", "", "/base", "/a%2Fb", "/base/a%2Fb"},
		{"", "", "/base/", "/", "/base/"},
		{"/docs", "", "", "/docs", "/"},
		{"/docs", "", "", "/docs/", "/"},
		{"/docs", "", "", "/docs/x?y", "/x?y"},
		{"/docs", "", "", "/%64ocs/x", "/x"},
		{"/docs", "", "", "/docs/a%2Fb%20c", "/a%2Fb%20c"},
		{"/a b/ü", "", "", "/a%20b/%C3%BC/x", "/x"},
		{"/docs", "/v1", "", "/docs/x", "/v1/x"},
		{"/docs", "/v1/", "/base/", "/docs/x", "/base/v1/x"},
		{"/docs", "/v%2F1", "/b%20e", "/docs", "/b%20e/v%2F1/"},
		{"/", "/v1", "", "/docs", "/v1/docs"},
		{"", "/v1", "", "/", "/v1/"},
	} {
		f := newFront(t, frontOptions{ForwarderOptions: ForwarderOptions{StripPrefix: tt.strip, AddPrefix: tt.add}}, u.url+tt.base)
		rawRequest(t, f.address(), "GET "+tt.target+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		head := <-u.heads
		if got, _, _ := strings.Cut(head, " HTTP/1.1\r\n"); got != "GET "+tt.want {
			t.Errorf("%s without %q, with %q, at %q is %q, want %q", tt.target, tt.strip, tt.add, tt.base, got, tt.want)
		}
	}
}

func TestPathThatDoesNotBeginAsTheRouteIsRefused(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	f := newFront(t, frontOptions{ForwarderOptions: ForwarderOptions{StripPrefix: "/docs"}}, u.url)
	for _, target := range []string{"/docs%2Fx", "/docsx", "/", "/x/docs", "//docs/x", "/DOCS/x"} {
		rawRequest(t, f.address(), "GET "+target+" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		if got := f.reason(t); got != "400 path_ambiguous" {
			t.Errorf("%s: %s", target, got)
		}
	}
	if len(u.heads) != 0 {
		t.Errorf("the upstream saw %q", <-u.heads)
	}
}

func TestHostIsPreservedOrTheTargetsOwn(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	for preserve, want := range map[bool]string{true: "wiki.example.com", false: strings.TrimPrefix(u.url, "http://")} {
		f := newFront(t, frontOptions{ForwarderOptions: ForwarderOptions{PreserveHost: preserve}}, u.url)
		rawRequest(t, f.address(), "GET / HTTP/1.1\r\nHost: spelled.OTHERWISE.\r\nConnection: close\r\n\r\n")
		if got := variables(<-u.heads)["host"]; len(got) != 1 || got[0] != want {
			t.Errorf("preserve %v: Host = %q, want %q", preserve, got, want)
		}
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err == nil {
			w.Write(b)
		}
	}))
	defer u.Close()
	f := newFront(t, frontOptions{ForwarderOptions: ForwarderOptions{MaxBody: 10}}, u.URL)
	for _, tt := range []struct{ name, fields, body, want string }{
		{"length above", "Content-Length: 11", "0123456789a", "413"},
		{"length above, body never sent", "Content-Length: 1099511627776\r\nExpect: 100-continue", "", "413"},
		{"chunks above", "Transfer-Encoding: chunked", "b\r\n0123456789a\r\n0\r\n\r\n", "413"},
		{"chunks above that never end", "Transfer-Encoding: chunked", "6\r\n012345\r\n6\r\n678901\r\n", "413"},
		{"length at the limit", "Content-Length: 10", "0123456789", "200"},
		{"chunks at the limit", "Transfer-Encoding: chunked", "a\r\n0123456789\r\n0\r\n\r\n", "200"},
		{"none", "X-A: b", "", "200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := rawRequest(t, f.address(), "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"+tt.fields+"\r\n\r\n"+tt.body)
			if !strings.HasPrefix(answer, "HTTP/1.1 "+tt.want) {
				t.Errorf("answer = %.80q, want %s", answer, tt.want)
			}
			if tt.want == "413" {
				if got := f.reason(t); got != "413 body_too_large" {
					t.Error(got)
				}
			}
		})
	}
}

func TestFailuresBeforeTheAnswerAreErrors(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	silent := newRawUpstream(t, func(_ net.Conn, r *bufio.Reader) { r.ReadByte() })
	scripted := func(answer string) string { return newRawUpstream(t, answering(answer)).url }
	for _, tt := range []struct{ name, target, want string }{
		{"nobody listens", "http://" + gone.Addr().String(), "502 upstream_unreachable"},
		{"silence", silent.url, "504 upstream_timeout"},
		{"closed at once", scripted(""), "502 upstream_broken"},
		{"no HTTP", scripted("hello\r\n\r\n"), "502 upstream_broken"},
		{"head cut off", scripted("HTTP/1.1 200 OK\r\nContent-Le"), "502 upstream_broken"},
		{"two lengths", scripted("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "502 upstream_broken"},
		{"unasked 101", scripted("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nsecret"), "502 upstream_broken"},
		{"bare 101", scripted("HTTP/1.1 101 Switching Protocols\r\n\r\nsecret"), "502 upstream_broken"},
		{"status 000", scripted("HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n"), "502 upstream_broken"},
		{"only 1xx", scripted("HTTP/1.1 103 Early Hints\r\n\r\n"), "502 upstream_broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFront(t, frontOptions{Options: upstream.Options{ResponseHeader: 200 * time.Millisecond}}, tt.target)
			answer := rawRequest(t, f.address(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if got := f.reason(t); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if strings.Contains(answer, "secret") || strings.Contains(answer, "127.0.0.1") {
				t.Errorf("answer = %q", answer)
			}
		})
	}
}

func TestClientThatLeavesIsNoUpstreamFailure(t *testing.T) {
	stopped := make(chan struct{})
	u := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(stopped)
	}))
	defer u.Close()
	f := newFront(t, frontOptions{}, u.URL)
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, "GET", f.URL, nil)
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { time.AfterFunc(20*time.Millisecond, cancel) }}))
	if _, err := http.DefaultTransport.RoundTrip(req); err == nil {
		t.Fatal("an answer came")
	}
	if got := f.reason(t); got != "499 client_gone" {
		t.Error(got)
	}
	<-stopped
}

func TestClientThatBreaksOffItsUploadIsNoUpstreamFailure(t *testing.T) {
	u := newRawUpstream(t, func(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	f := newFront(t, frontOptions{}, u.url)
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
	<-u.heads
	conn.Close()
	if got := f.reason(t); got != "499 client_gone" {
		t.Error(got)
	}
}

func TestMalformedUploadIsNoUpstreamFailure(t *testing.T) {
	u := newRawUpstream(t, func(_ net.Conn, r *bufio.Reader) { io.Copy(io.Discard, r) })
	f := newFront(t, frontOptions{}, u.url)
	rawAnswer(t, f.address(), "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n")
	if got := f.reason(t); got != "400 body_malformed" {
		t.Error(got)
	}
}

func TestAnswerThatBreaksOffNeverLooksComplete(t *testing.T) {
	for name, answer := range map[string]string{
		"length":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"in size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n4",
		"bad":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, frontOptions{}, newRawUpstream(t, answering(answer)).url)
			res, err := http.Get(f.URL)
			if err != nil {
				return // cut before the head was flushed
			}
			defer res.Body.Close()
			if body, err := io.ReadAll(res.Body); err == nil {
				t.Errorf("%q looks complete", body)
			}
			if err := <-f.failed; !strings.Contains(err.Error(), "read from upstream") {
				t.Errorf("outcome = %v", err)
			}
		})
	}
}

func TestFramingOfAnswersIsUnambiguous(t *testing.T) {
	for _, tt := range []struct{ name, request, answer, want string }{
		{"length and chunks", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"},
		{"HTTP/1.0 until close", "GET", "HTTP/1.0 200 OK\r\n\r\nok", "ok"},
		{"length", "GET", ok, "ok"},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ""},
		{"204", "GET", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", ""},
		{"304", "GET", "HTTP/1.1 304 Not Modified\r\nEtag: \"e\"\r\n\r\n", ""},
		{"range", "GET", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/9\r\nContent-Length: 2\r\n\r\nok", "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFront(t, frontOptions{}, newRawUpstream(t, answering(tt.answer)).url)
			req, _ := http.NewRequest(tt.request, f.URL, nil)
			req.Header.Set("Range", "bytes=1-2")
			res, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || string(body) != tt.want {
				t.Errorf("body = %q, %v; want %q", body, err, tt.want)
			}
			if got := tt.answer[9:12]; got != fmt.Sprint(res.StatusCode) {
				t.Errorf("status = %d, want %s", res.StatusCode, got)
			}
			if tt.request == "HEAD" && res.ContentLength != 5 {
				t.Errorf("length = %d", res.ContentLength)
			}
			if got, guessed := res.Header["Content-Type"]; guessed {
				t.Errorf("a Content-Type was made up: %q", got)
			}
		})
	}
}

func TestUpstreamCannotSetGatehousesCookies(t *testing.T) {
	const bad, good = "Set-Cookie: __Host-gatehouse=evil; Path=/; Secure\r\n", "Set-Cookie: app=1; Path=/\r\n"
	for name, answer := range map[string]string{
		"header":                               "HTTP/1.1 200 OK\r\n" + bad + good + "Content-Length: 2\r\n\r\nok",
		"103":                                  "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n" + bad + good + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"102 and 103":                          "HTTP/1.1 102 Processing\r\n" + bad + "\r\nHTTP/1.1 103 Early Hints\r\n" + bad + good + "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"announced trailer":                    "HTTP/1.1 200 OK\r\nTrailer: Set-Cookie, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + bad + good + "X-Sum: 1\r\n\r\n",
		"unannounced trailer":                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + bad + good + "X-Sum: 1\r\n\r\n",
		"left out, and an unannounced trailer": "HTTP/1.1 200 OK\r\n" + good + "Trailer: Set-Cookie, X-Other\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + bad + "X-Other: 2\r\nX-Sum: 1\r\n\r\n",
		"a header, and a trailer":              "HTTP/1.1 200 OK\r\n" + good + "Trailer: Set-Cookie, X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
		"other announced":                      "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + bad + good + "X-Sum: 1\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, frontOptions{}, newRawUpstream(t, answering(answer)).url)
			got := rawRequest(t, f.address(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if strings.Contains(got, "evil") {
				t.Errorf("the cookie came through:\n%s", got)
			}
			if !strings.Contains(got, "app=1") {
				t.Errorf("the application's own cookie is gone:\n%s", got)
			}
			if strings.Contains(name, "trailer") && !strings.Contains(got, "X-Sum: 1\r\n") {
				t.Errorf("the trailer is gone:\n%s", got)
			}
			if name == "a header, and a trailer" && strings.Count(got, "app=1") != 1 {
				t.Errorf("a header came twice:\n%s", got)
			}
			if strings.HasPrefix(name, "10") && !strings.Contains(got, "HTTP/1.1 103 ") {
				t.Errorf("the early hints are gone:\n%s", got)
			}
		})
	}
}

// TestTrailersDoNotFrameOrIdentify: whoever merges them into the header would
// see another length, another host, somebody else.
func TestTrailersDoNotFrameOrIdentify(t *testing.T) {
	const forged = "Content-Length: 666\r\nTransfer-Encoding: chunked-666\r\nConnection: x-666\r\nKeep-Alive: 666\r\nHost: 666.example\r\nUpgrade: h666\r\n" +
		"X-Forwarded-User: 666\r\nX_Forwarded_Email: 666\r\nX-Gatehouse-Assertion: 666\r\nForwarded: for=666\r\nRemote-User: 666\r\n"
	for name, announced := range map[string]string{
		"unannounced": "",
		"announced":   "Trailer: Host, Connection, X-Forwarded-User, X_Forwarded_Email, X-Gatehouse-Assertion, Forwarded, X-Sum\r\n",
		"other":       "Trailer: X-Sum\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t, frontOptions{}, newRawUpstream(t, answering("HTTP/1.1 200 OK\r\n"+announced+"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"+forged+"X-Sum: 1\r\nGrpc-Status: 0\r\n\r\n")).url)
			got := rawRequest(t, f.address(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			if strings.Contains(got, "666") || strings.Contains(got, "X-Forwarded-User") {
				t.Errorf("comes through:\n%s", got)
			}
			if !strings.Contains(got, "X-Sum: 1\r\n") || !strings.Contains(got, "Grpc-Status: 0\r\n") {
				t.Errorf("the application's own are gone:\n%s", got)
			}
		})
	}
}

func TestOldClientsGetNoInformationalAnswers(t *testing.T) {
	f := newFront(t, frontOptions{}, newRawUpstream(t, answering("HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\n"+ok)).url)
	got := rawRequest(t, f.address(), "GET / HTTP/1.0\r\nHost: a\r\n\r\n")
	if strings.Contains(got, "103") || strings.Contains(got, "Link") || !strings.HasSuffix(got, "ok") {
		t.Errorf("answer = %q", got)
	}
}

func TestContinueComesFromTheUpstream(t *testing.T) {
	u := newRawUpstream(t, func(conn net.Conn, r *bufio.Reader) {
		io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
		body := make([]byte, 4)
		io.ReadFull(r, body)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"+string(body))
	})
	f := newFront(t, frontOptions{}, u.url)
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
	r := bufio.NewReader(conn)
	if line, _ := r.ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("line = %q", line)
	}
	io.WriteString(conn, "body")
	if rest, _ := io.ReadAll(r); !strings.HasSuffix(string(rest), "body") {
		t.Errorf("answer = %q", rest)
	}
}

// Without full duplex net/http reads parts of the request away while the
// upstream still wants them.
func TestUploadSurvivesAnEarlyAnswer(t *testing.T) {
	const size = 1 << 20
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		rc.EnableFullDuplex()
		w.WriteHeader(http.StatusOK)
		rc.Flush()
		sum := fnv.New64a()
		n, _ := io.Copy(sum, r.Body)
		fmt.Fprintf(w, "%d %x", n, sum.Sum64())
	}))
	defer u.Close()
	f := newFront(t, frontOptions{}, u.URL)
	sent := strings.Repeat("0123456789abcdef", size/16)
	sum := fnv.New64a()
	io.WriteString(sum, sent)
	body, w := io.Pipe()
	answered := make(chan struct{})
	go func() {
		io.WriteString(w, sent[:size/2])
		<-answered
		io.WriteString(w, sent[size/2:])
		w.Close()
	}()
	res, err := http.Post(f.URL, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	close(answered)
	got, err := io.ReadAll(res.Body)
	if want := fmt.Sprintf("%d %x", size, sum.Sum64()); err != nil || string(got) != want {
		t.Errorf("the upstream read %q (%v), want %q", got, err, want)
	}
}

func TestEventsArriveAsTheyHappen(t *testing.T) {
	next := make(chan struct{})
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			http.NewResponseController(w).Flush()
			<-next
		}
	}))
	defer u.Close()
	f := newFront(t, frontOptions{}, u.URL)
	res, err := http.Get(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	r := textproto.NewReader(bufio.NewReader(res.Body))
	for i := range 3 {
		line, err := r.ReadLine()
		if want := fmt.Sprintf("data: %d", i); err != nil || line != want {
			t.Fatalf("line = %q, %v; want %q", line, err, want)
		}
		r.ReadLine()
		next <- struct{}{}
	}
}

// A gRPC call is an HTTP/2 request and an answer at the same time, and its
// status is a trailer that nobody announced.
func TestGRPCPassesThroughH2C(t *testing.T) {
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	u := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("X-Te", r.Header.Get("Te"))
		http.NewResponseController(w).Flush()
		buffer := make([]byte, 4)
		for {
			if _, err := io.ReadFull(r.Body, buffer); err != nil {
				break
			}
			w.Write(buffer)
			http.NewResponseController(w).Flush()
		}
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		w.Header().Add(http.TrailerPrefix+"Set-Cookie", "__Host-gatehouse=evil")
	}))
	u.Config.Protocols = h2c
	u.Start()
	defer u.Close()
	f := newFront(t, frontOptions{protocols: h2c}, strings.Replace(u.URL, "http", "h2c", 1))

	body, w := io.Pipe()
	req, _ := http.NewRequestWithContext(t.Context(), "POST", f.URL+"/pkg.Service/Call", body)
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	client := &http.Transport{Protocols: h2c}
	defer client.CloseIdleConnections()
	res, err := client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.ProtoMajor != 2 || res.Header.Get("X-Te") != "trailers" {
		t.Errorf("%s, TE %q", res.Proto, res.Header.Get("X-Te"))
	}
	for _, message := range []string{"ping", "pong"} {
		io.WriteString(w, message)
		got := make([]byte, 4)
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != message {
			t.Fatalf("message = %q, %v", got, err)
		}
	}
	w.Close()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Grpc-Status": {"0"}}, res.Trailer); diff != "" {
		t.Errorf("trailers (-want +got):\n%s", diff)
	}
}

// switching answers a handshake and echoes lines.
func switching(conn net.Conn, r *bufio.Reader) {
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Set-Cookie: __Host-gatehouse=evil\r\nSet-Cookie: app=1\r\nSec-WebSocket-Accept: x\r\n\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		io.WriteString(conn, line)
	}
}

const handshake = "GET /socket HTTP/1.1\r\nHost: wiki.example.com\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

func TestWebSocketsOpenFromTheirOwnOriginOnly(t *testing.T) {
	u := newRawUpstream(t, switching)
	f := newFront(t, frontOptions{ForwarderOptions: ForwarderOptions{WebSocketOrigins: []string{"https://Embed.example.com/"}}}, u.url)
	upgrade := "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
	for _, fields := range []string{
		upgrade,
		upgrade + "Origin: https://wiki.example.com\r\n",
		upgrade + "Origin: https://embed.example.com\r\n",
		"connection: UPGRADE\r\nupgrade: WebSocket\r\nOrigin: HTTPS://WIKI.example.com\r\n",
	} {
		conn, err := net.Dial("tcp", f.address())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, handshake+fields+"\r\n")
		r := bufio.NewReader(conn)
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != 101 {
			t.Fatalf("%q: %v, %v", fields, res, err)
		}
		if got := res.Header["Set-Cookie"]; len(got) != 1 || got[0] != "app=1" {
			t.Errorf("%q: cookies %q", fields, got)
		}
		io.WriteString(conn, "hello\n")
		if line, err := r.ReadString('\n'); line != "hello\n" {
			t.Errorf("%q: echo %q, %v", fields, line, err)
		}
		conn.Close()
		if got := variables(<-u.heads); got["x-forwarded-user"][0] != "a1" || len(got["upgrade"]) != 1 {
			t.Errorf("%q: the upstream saw %q", fields, got)
		}
	}

	for _, tt := range []struct{ request, want string }{
		{handshake + upgrade + "Origin: https://evil.example.com\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: https://wiki.example.com.evil.test\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: https://wiki.example.com:8443\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: http://wiki.example.com\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: https://wi\u212ai.example.com\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: null\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin:\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Origin: https://wiki.example.com\r\nOrigin: https://evil.test\r\n", "403 origin_not_allowed"},
		{handshake + upgrade + "Upgrade: h2c\r\n", "400 upgrade_not_allowed"},
		{handshake + "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", "400 upgrade_not_allowed"},
		{handshake + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n", "400 upgrade_not_allowed"},
		{handshake + "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n", "400 upgrade_not_allowed"},
		{handshake + "Connection: Upgrade\r\nUpgrade:\r\n", "400 upgrade_not_allowed"},
		{handshake + upgrade + "Content-Length: 2\r\n", "400 upgrade_not_allowed"},
		{handshake + upgrade + "Transfer-Encoding: chunked\r\n", "400 upgrade_not_allowed"},
		{strings.Replace(handshake, "GET", "POST", 1) + upgrade, "400 upgrade_not_allowed"},
		{strings.Replace(handshake, "HTTP/1.1", "HTTP/1.0", 1) + upgrade, "400 upgrade_not_allowed"},
	} {
		answer := strings.SplitN(rawAnswer(t, f.address(), tt.request+"\r\n0\r\n\r\n"), "\r\n", 2)[0]
		if got := f.reason(t); got != tt.want || !strings.Contains(answer, tt.want[:3]) {
			t.Errorf("%q: %s (%s), want %s", tt.request, got, answer, tt.want)
		}
	}
	if len(u.heads) != 0 {
		t.Errorf("the upstream saw %q", <-u.heads)
	}
}

// rawAnswer reads the head of the answer and does not wait for the end.
func rawAnswer(t testing.TB, address, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, request)
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return line
}

func TestUpgradeThatConnectionDoesNotNameIsDropped(t *testing.T) {
	u := newRawUpstream(t, answering(ok))
	f := newFront(t, frontOptions{}, u.url)
	rawRequest(t, f.address(), handshake+"Upgrade: websocket\r\nConnection: close\r\n\r\n")
	if got := variables(<-u.heads)["upgrade"]; got != nil {
		t.Errorf("Upgrade = %q", got)
	}
}

func TestRefusedWebSocketKeepsTheUpstreamsAnswer(t *testing.T) {
	f := newFront(t, frontOptions{}, newRawUpstream(t, answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")).url)
	if got := rawAnswer(t, f.address(), handshake+"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 426") {
		t.Errorf("answer = %q", got)
	}
}

func TestSwitchToAnotherProtocolIsRefused(t *testing.T) {
	f := newFront(t, frontOptions{}, newRawUpstream(t, answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")).url)
	rawAnswer(t, f.address(), handshake+"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	if got := f.reason(t); got != "502 upstream_broken" {
		t.Error(got)
	}
}

func TestWebSocketEndsWithItsContext(t *testing.T) {
	closed := make(chan struct{})
	u := newRawUpstream(t, func(conn net.Conn, r *bufio.Reader) {
		switching(conn, r)
		close(closed)
	})
	var end context.CancelFunc
	f := newFront(t, frontOptions{context: func(ctx context.Context) context.Context {
		ctx, end = context.WithCancel(ctx)
		return ctx
	}}, u.url)
	conn, err := net.Dial("tcp", f.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, handshake+"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	r := bufio.NewReader(conn)
	if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != 101 {
		t.Fatalf("%v, %v", res, err)
	}
	end() // the session was revoked
	if _, err := io.ReadAll(r); err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	<-closed
}

func TestRenewedCookieMakesTheAnswerPrivate(t *testing.T) {
	for _, tt := range []struct{ name, fields, want string }{
		{"nothing said", "", "private"},
		{"public", "Cache-Control: public, max-age=60\r\n", "private, max-age=60"},
		{"shared age", "Cache-Control: max-age=60, S-MaxAge=600\r\n", "private, max-age=60"},
		{"two lines", "Cache-Control: public\r\nCache-Control: must-revalidate\r\n", "private, must-revalidate"},
		{"private for one field", "Cache-Control: private=\"x, public\", immutable\r\n", "private, immutable"},
		{"private and public", "Cache-Control: private, public\r\n", "private"},
		{"open quote", "Cache-Control: private=\"x, s-maxage=60\r\n", "no-store"},
		{"private already", "Cache-Control: private, max-age=60\r\n", "private, max-age=60"},
		{"not stored", "Cache-Control: no-store\r\n", "no-store"},
		{"caches of one kind", "Surrogate-Control: max-age=60\r\nCDN-Cache-Control: public\r\nCloudflare-CDN-Cache-Control: public\r\nX-Accel-Expires: 60\r\n", "private"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := newRawUpstream(t, answering("HTTP/1.1 200 OK\r\n"+tt.fields+"Set-Cookie: app=1\r\nContent-Length: 2\r\n\r\nok"))
			f := newFront(t, frontOptions{onResponse: func(h http.Header) { h.Add("Set-Cookie", "__Host-gatehouse=new") }}, u.url)
			res, err := http.Get(f.URL)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.Header["Cache-Control"]; len(got) != 1 || got[0] != tt.want {
				t.Errorf("Cache-Control = %q, want %q", got, tt.want)
			}
			if got := res.Header["Set-Cookie"]; !slices.Equal(got, []string{"app=1", "__Host-gatehouse=new"}) {
				t.Errorf("cookies = %q", got)
			}
			for name := range res.Header {
				if strings.Contains(name, "Surrogate") || strings.Contains(name, "Cdn") || strings.Contains(name, "Accel") {
					t.Errorf("%s is still there", name)
				}
			}
		})
	}
}

func TestAnswerWithoutARenewalKeepsItsCaching(t *testing.T) {
	u := newRawUpstream(t, answering("HTTP/1.1 200 OK\r\nCache-Control: public, s-maxage=60\r\nSurrogate-Control: max-age=60\r\nSet-Cookie: app=1\r\nContent-Length: 2\r\n\r\nok"))
	f := newFront(t, frontOptions{onResponse: func(http.Header) {}}, u.url)
	res, err := http.Get(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Cache-Control"); got != "public, s-maxage=60" || res.Header.Get("Surrogate-Control") == "" {
		t.Errorf("headers = %v", res.Header)
	}
}

func TestStreamsTakeFlatMemory(t *testing.T) {
	const size = 256 << 20
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := io.Copy(io.Discard, r.Body); r.Method == "POST" {
			fmt.Fprint(w, n)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(size))
		io.Copy(w, io.LimitReader(zeros{}, size))
	}))
	defer u.Close()
	f := newFront(t, frontOptions{}, u.URL)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)

	res, err := http.Get(f.URL)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if err != nil || n != size {
		t.Errorf("downloaded %d, %v", n, err)
	}
	res, err = http.Post(f.URL, "application/octet-stream", io.LimitReader(zeros{}, size/4))
	if err != nil {
		t.Fatal(err)
	}
	told, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if string(told) != fmt.Sprint(size/4) {
		t.Errorf("uploaded %s", told)
	}

	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("streams of 256 and 64 MiB allocated %d KiB", grown>>10)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestForwarderNeedsItsParts(t *testing.T) {
	if _, err := NewForwarder(ForwarderOptions{}); err == nil {
		t.Error("a forwarder that strips no cookies was built")
	}
	nothing := func(http.Header) {}
	for _, prefix := range []string{"v1", "/v1?x", "/%zz", "http://h/v1"} {
		_, err := NewForwarder(ForwarderOptions{
			Upstream: http.DefaultTransport, Headers: compileHeaders(t, nil, nil), StripCookies: kept, StripSetCookie: nothing, AddPrefix: prefix,
		})
		if err == nil {
			t.Errorf("prefix %q was accepted", prefix)
		}
	}
}

// loopback answers without a network, so that a benchmark shows what the
// layers above it cost.
type loopback struct{}

func (loopback) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: 2, Body: io.NopCloser(strings.NewReader("ok")),
		Header: http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"2"}},
	}, nil
}

type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkForward compares with what the standard library's own costs.
func BenchmarkForward(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	defer server.Close()
	target, _ := url.Parse(server.URL)
	pool, err := upstream.New(upstream.Options{Targets: []*url.URL{target}})
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close()
	for _, transport := range []struct {
		name string
		http.RoundTripper
	}{{"loopback", loopback{}}, {"network", pool}} {
		bare := &httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.SetURL(target)
				p.SetXForwarded()
			},
			Transport: transport, BufferPool: new(upstream.Buffers),
		}
		nothing := func(http.Header) {}
		forwarder, err := NewForwarder(ForwarderOptions{
			Upstream: transport, Buffers: new(upstream.Buffers), Headers: compileHeaders(b, nil, nil),
			StripCookies: kept, StripSetCookie: nothing, PreserveHost: true,
		})
		if err != nil {
			b.Fatal(err)
		}
		rendered := forwarder.Headers().Render(alice())
		visit := Visit{ClientIP: netip.MustParseAddr("192.0.2.7"), Scheme: "https", Host: "wiki.example.com", RequestID: "id", Headers: rendered}
		request := httptest.NewRequest("GET", "http://wiki.example.com/page?x=1", nil).WithContext(b.Context())
		request.Header = browserHeader()
		b.Run(transport.name+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bare.ServeHTTP(&discard{http.Header{}}, request)
			}
		})
		b.Run(transport.name+"/forwarder", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := forwarder.Forward(&discard{http.Header{}}, request, visit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
