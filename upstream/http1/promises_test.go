package http1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// client is what both implementations are: whoever may stand in for the other
// passes the same tests.
type client interface {
	http.RoundTripper
	CloseIdleConnections()
}

// options of a client under test.
type options struct {
	address        string
	responseHeader time.Duration
	dials          *atomic.Int32
}

// both runs a promise on our client and on http.Transport.
func both(t *testing.T, promise func(t *testing.T, dial func(options) client)) {
	t.Helper()
	t.Run("http1", func(t *testing.T) { promise(t, ours) })
	t.Run("net/http", func(t *testing.T) { promise(t, theirs) })
}

func ours(o options) client {
	return http1.New(http1.Options{
		Dial: func(ctx context.Context) (net.Conn, error) {
			o.count()
			return new(net.Dialer).DialContext(ctx, "tcp", o.address)
		},
		ResponseHeader: o.wait(), Idle: time.Minute, MaxIdle: 1024,
	})
}

func theirs(o options) client {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			o.count()
			return new(net.Dialer).DialContext(ctx, network, o.address)
		},
		ResponseHeaderTimeout: o.wait(), IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 1024,
		ExpectContinueTimeout: time.Second, DisableCompression: true,
	}
}

func (o options) count() {
	if o.dials != nil {
		o.dials.Add(1)
	}
}

func (o options) wait() time.Duration {
	if o.responseHeader > 0 {
		return o.responseHeader
	}
	return 20 * time.Second
}

func newRequest(t *testing.T, method, path string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://neighbour"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.GetBody = nil // a client's body cannot be had twice
	return req
}

func get(t *testing.T, c client, path string) (*http.Response, string) {
	t.Helper()
	return do(t, c, newRequest(t, http.MethodGet, path, nil))
}

func do(t *testing.T, c client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// served starts a real server and a client for it.
func served(t *testing.T, dial func(options) client, o options, h http.HandlerFunc) client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	o.address = s.Listener.Addr().String()
	c := dial(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestRequestArrivesAsItWasGiven(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		type seen struct {
			Method, Target, Host string
			Header               http.Header
			Body                 string
			Length               int64
			Encoding             []string
		}
		var got seen
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			got = seen{r.Method, r.RequestURI, r.Host, r.Header, string(b), r.ContentLength, r.TransferEncoding}
		})
		for _, tc := range []struct {
			name   string
			change func(*http.Request)
			want   seen
		}{
			{"plain", func(*http.Request) {}, seen{Method: "GET", Target: "/a%2Fb?x=%20;y", Host: "public.example.com"}},
			{"head", func(r *http.Request) { r.Method = "HEAD" }, seen{Method: "HEAD", Target: "/a%2Fb?x=%20;y", Host: "public.example.com"}},
			{"two values", func(r *http.Request) { r.Header["X-Two"] = []string{"a", "b"} },
				seen{Method: "GET", Target: "/a%2Fb?x=%20;y", Host: "public.example.com", Header: http.Header{"X-Two": {"a", "b"}}}},
			{"post without a body", func(r *http.Request) { r.Method = "POST" },
				seen{Method: "POST", Target: "/a%2Fb?x=%20;y", Host: "public.example.com", Header: http.Header{"Content-Length": {"0"}}}},
			{"body with a length", func(r *http.Request) {
				r.Method, r.Body, r.ContentLength = "PUT", io.NopCloser(strings.NewReader("hello")), 5
			}, seen{Method: "PUT", Target: "/a%2Fb?x=%20;y", Host: "public.example.com", Header: http.Header{"Content-Length": {"5"}}, Body: "hello", Length: 5}},
			{"body without", func(r *http.Request) {
				r.Method, r.Body, r.ContentLength = "PUT", io.NopCloser(strings.NewReader(strings.Repeat("x", 100_000))), -1
			}, seen{Method: "PUT", Target: "/a%2Fb?x=%20;y", Host: "public.example.com", Body: strings.Repeat("x", 100_000), Length: -1, Encoding: []string{"chunked"}}},
		} {
			req := newRequest(t, "GET", "/", nil)
			req.URL.Path, req.URL.RawPath, req.URL.RawQuery = "/a/b", "/a%2Fb", "x=%20;y"
			req.Host = "public.example.com"
			req.Header["User-Agent"] = []string{"test"}
			tc.change(req)
			do(t, c, req)
			if tc.want.Header == nil {
				tc.want.Header = http.Header{}
			}
			tc.want.Header["User-Agent"] = []string{"test"}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: %s", tc.name, diff)
			}
		}
	})
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		var dials atomic.Int32
		c := served(t, dial, options{dials: &dials}, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			switch r.URL.Path {
			case "/chunks":
				w.(http.Flusher).Flush()
				io.WriteString(w, "chunk")
			case "/none":
				w.WriteHeader(http.StatusNoContent)
			case "/large":
				w.Header().Set("Content-Length", "1000000")
				w.Write(make([]byte, 1_000_000))
			default:
				io.WriteString(w, "plain")
			}
		})
		for range 5 {
			for _, path := range []string{"/", "/chunks", "/none", "/large"} {
				get(t, c, path)
			}
			do(t, c, newRequest(t, "HEAD", "/none", nil))
			do(t, c, newRequest(t, "POST", "/", strings.NewReader("body")))
		}
		// A body's goroutine may end a moment after the answer was read.
		if n := dials.Load(); n > 5 {
			t.Errorf("%d connections for 30 requests in turn", n)
		}
	})
}

func TestManyAtOnceGetTheirOwnAnswers(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s", r.URL.Path, b)
		})
		var all sync.WaitGroup
		for worker := range 16 {
			all.Go(func() {
				for i := range 50 {
					path, text := fmt.Sprintf("/%d/%d", worker, i), ""
					req := newRequest(t, "GET", path, nil)
					if i%2 == 0 {
						text = strings.Repeat(path, 1+i*50)
						req = newRequest(t, "POST", path, strings.NewReader(text))
					}
					if i%7 == 0 { // somebody who leaves
						ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*20*time.Microsecond)
						if res, err := c.RoundTrip(req.WithContext(ctx)); err == nil {
							res.Body.Close()
						}
						cancel()
						continue
					}
					res, err := c.RoundTrip(req)
					if err != nil {
						t.Error(err)
						return
					}
					b, err := io.ReadAll(res.Body)
					res.Body.Close()
					if want := path + " " + text; err != nil || string(b) != want {
						t.Errorf("got %.40q, %v, want %.40q", b, err, want)
						return
					}
				}
			})
		}
		all.Wait()
	})
}

func TestTrailersArrive(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			io.WriteString(w, "data")
			w.(http.Flusher).Flush()
			w.Header().Set("X-Sum", "42")
		})
		if res, body := get(t, c, "/"); body != "data" || res.Trailer.Get("X-Sum") != "42" {
			t.Errorf("body %q, trailer %v", body, res.Trailer)
		}
	})
}

func TestInformationalAnswersAreTold(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", "</style.css>")
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "final")
		})
		var told []string
		req := newRequest(t, "GET", "/", nil)
		tell := func(status int, h http.Header) error {
			told = append(told, fmt.Sprint(status, h.Get("Link")))
			return nil
		}
		ctx := context.WithValue(req.Context(), http1.Inform{}, tell)
		req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			Got1xxResponse: func(status int, h textproto.MIMEHeader) error { return tell(status, http.Header(h)) },
		}))
		if _, body := do(t, c, req); body != "final" || !slices.Equal(told, []string{"103</style.css>"}) {
			t.Errorf("body %q, told %q", body, told)
		}
	})
}

func TestBodyWaitsToBeAskedFor(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		read := make(chan string, 1)
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/no" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			b, _ := io.ReadAll(r.Body) // asks
			read <- string(b)
		})
		req := newRequest(t, "POST", "/yes", strings.NewReader("wanted"))
		req.Header.Set("Expect", "100-continue")
		if res, _ := do(t, c, req); res.StatusCode != 200 || <-read != "wanted" {
			t.Errorf("status %d", res.StatusCode)
		}
		unread := &countedBody{Reader: strings.NewReader("unwanted")}
		req = newRequest(t, "POST", "/no", unread)
		req.ContentLength = 8
		req.Header.Set("Expect", "100-continue")
		res, _ := do(t, c, req)
		unread.waitClosed(t)
		if res.StatusCode != 403 || unread.reads.Load() != 0 {
			t.Errorf("status %d, body read %d times", res.StatusCode, unread.reads.Load())
		}
		if res, _ := do(t, c, newRequest(t, "GET", "/no", nil)); res.StatusCode != 403 {
			t.Errorf("next request: status %d", res.StatusCode)
		}
	})
}

func TestAnswerBeforeTheBodyEnds(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		s := newRaw(t, func(_ int, c net.Conn, r *http.Request) bool {
			if r.Method == http.MethodPost {
				io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large")
				<-t.Context().Done()
				return false
			}
			io.WriteString(c, good)
			return true
		})
		s.leaveBody.Store(true)
		c := dial(options{address: s.Addr().String()})
		defer c.CloseIdleConnections()
		endless, feed := io.Pipe()
		go feed.Write([]byte("the beginning"))
		req := newRequest(t, "POST", "/", endless)
		req.ContentLength = -1
		res, err := c.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 413 || string(b) != "too large" {
			t.Errorf("%d %q", res.StatusCode, b)
		}
		feed.CloseWithError(errors.New("gone"))
		if _, body := get(t, c, "/"); body != "good" || s.conns.Load() != 2 {
			t.Errorf("the next request got %q over %d connections", body, s.conns.Load())
		}
	})
}

func TestBrokenBodyNeverLooksWhole(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		for _, length := range []int64{10, -1} {
			failed := make(chan error, 1)
			c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				failed <- err
			})
			body := io.MultiReader(strings.NewReader("half"), failing{})
			req := newRequest(t, "POST", "/", io.NopCloser(body))
			req.ContentLength = length
			if res, err := c.RoundTrip(req); err == nil {
				res.Body.Close()
				t.Errorf("length %d: answered %d", length, res.StatusCode)
			}
			if err := <-failed; err == nil {
				t.Errorf("length %d: the neighbour took half a body for a whole one", length)
			}
		}
	})
}

func TestCallerWhoLeavesEndsTheExchange(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		left := make(chan struct{}, 2)
		c := served(t, dial, options{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/body" {
				io.WriteString(w, "begin")
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
			left <- struct{}{}
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(20 * time.Millisecond); cancel() }()
		if _, err := c.RoundTrip(newRequest(t, "GET", "/head", nil).WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for the head: %v", err)
		}
		<-left
		ctx, cancel = context.WithCancel(t.Context())
		res, err := c.RoundTrip(newRequest(t, "GET", "/body", nil).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := io.ReadAll(res.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("reading the body: %v", err)
		}
		res.Body.Close()
		<-left
	})
}

func TestSlowHeadTimesOutAndSlowBodyDoesNot(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		const wait = 150 * time.Millisecond
		release := make(chan struct{})
		c := served(t, dial, options{responseHeader: wait}, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			if strings.HasPrefix(r.URL.Path, "/body") {
				io.WriteString(w, "a")
				w.(http.Flusher).Flush()
				time.Sleep(2 * wait)
				io.WriteString(w, "b")
				return
			}
			<-release
		})
		defer close(release)
		for _, method := range []string{"GET", "POST"} {
			var body io.Reader
			if method == "POST" {
				body = strings.NewReader("body")
			}
			var timeout net.Error
			if _, err := c.RoundTrip(newRequest(t, method, "/head", body)); !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s: %v", method, err)
			}
		}
		if _, body := get(t, c, "/body"); body != "ab" {
			t.Errorf("body %q", body)
		}
		if _, body := do(t, c, newRequest(t, "POST", "/body", strings.NewReader("x"))); body != "ab" {
			t.Errorf("body %q", body)
		}
	})
}

// What no client may ever write.
func TestHeadsThatCouldReadAsTwoAreRefused(t *testing.T) {
	both(t, func(t *testing.T, dial func(options) client) {
		asked := new(atomic.Int32)
		c := served(t, dial, options{}, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
		for name, change := range map[string]func(*http.Request){
			"line end in a value": func(r *http.Request) { r.Header["X-A"] = []string{"a\r\nX-B: b"} },
			"NUL in a value":      func(r *http.Request) { r.Header["X-A"] = []string{"a\x00"} },
			"space in a name":     func(r *http.Request) { r.Header["X A"] = []string{"a"} },
			"line end in a name":  func(r *http.Request) { r.Header["X\r\nA"] = []string{"a"} },
			"colon in a name":     func(r *http.Request) { r.Header["X:"] = []string{"a"} },
			"method":              func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nX:" },
			"target":              func(r *http.Request) { r.URL.Opaque = "//h/ HTTP/1.1\r\nX: y" },
			"query":               func(r *http.Request) { r.URL.RawQuery = "a\r\nX: y" },
			"no host":             func(r *http.Request) { r.Host, r.URL.Host = "", "" },
		} {
			req := newRequest(t, "GET", "/", nil)
			change(req)
			if res, err := c.RoundTrip(req); err == nil {
				res.Body.Close()
				t.Errorf("%s: sent", name)
			}
		}
		if n := asked.Load(); n != 0 {
			t.Errorf("%d requests arrived", n)
		}
		get(t, c, "/")
	})
}

type countedBody struct {
	io.Reader
	reads  atomic.Int32
	closed atomic.Bool
}

func (b *countedBody) Read(p []byte) (int, error) { b.reads.Add(1); return b.Reader.Read(p) }
func (b *countedBody) Close() error               { b.closed.Store(true); return nil }

func (b *countedBody) waitClosed(t *testing.T) {
	t.Helper()
	for range 500 {
		if b.closed.Load() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the body was never closed")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the client is gone") }

// guarded is a request's context that knows its end as a Guardian does.
type guarded struct {
	context.Context
	mu   sync.Mutex
	held io.Closer
	over bool
}

func (g *guarded) Value(key any) any {
	if key == (http1.Guard{}) {
		return g
	}
	return g.Context.Value(key)
}

func (g *guarded) Err() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over {
		return context.Canceled
	}
	return nil
}

func (g *guarded) Guard(c io.Closer) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held = c; g.over {
		c.Close()
	}
}

func (g *guarded) Release() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	held := g.held != nil
	g.held = nil
	return held && !g.over
}

func (g *guarded) end() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.over = true
	if g.held != nil {
		g.held.Close()
	}
}

func TestGuardianEndsTheExchange(t *testing.T) {
	left := make(chan struct{}, 2)
	dialled := 0
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/whole" {
			io.WriteString(w, "whole")
			return
		}
		if r.URL.Path == "/body" {
			io.WriteString(w, "begin")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
		left <- struct{}{}
	}))
	defer listener.Close()
	c := http1.New(http1.Options{
		Dial: func(ctx context.Context) (net.Conn, error) {
			dialled++
			return new(net.Dialer).DialContext(ctx, "tcp", listener.Listener.Addr().String())
		},
		ResponseHeader: time.Minute, Idle: time.Minute, MaxIdle: 2,
	})
	defer c.CloseIdleConnections()
	ask := func(g *guarded, path string) (*http.Response, error) {
		req, err := http.NewRequestWithContext(g, "GET", listener.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c.RoundTrip(req)
	}
	for range 2 { // one that nobody gives up leaves its connection to the next
		g := &guarded{Context: t.Context()}
		res, err := ask(g, "/whole")
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(res.Body); string(body) != "whole" || err != nil {
			t.Errorf("%q, %v", body, err)
		}
		if g.held != nil {
			t.Error("the guardian still holds the connection")
		}
	}
	if dialled != 1 {
		t.Errorf("%d connections, want 1", dialled)
	}
	g := &guarded{Context: t.Context()}
	go func() { time.Sleep(20 * time.Millisecond); g.end() }()
	if _, err := ask(g, "/head"); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for the head: %v", err)
	}
	<-left
	g = &guarded{Context: t.Context()}
	res, err := ask(g, "/body")
	if err != nil {
		t.Fatal(err)
	}
	g.end()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading the body: %v", err)
	}
	<-left
}
