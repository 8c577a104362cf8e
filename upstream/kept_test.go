package upstream

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func listenAt(address string) (net.Listener, error) {
	return net.Listen("tcp", strings.TrimPrefix(address, "http://"))
}

// running runs p until the returned function was called.
func running(t *testing.T, p *Pool) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	tasks.Go(func() { p.Run(ctx) })
	return func() { cancel(); tasks.Wait() }
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came to that")
		}
	}
}

// hangsUp answers one request a connection, keeps it open, and closes it when
// the next request has come: what a server that restarts looks like.
func hangsUp(t *testing.T) (address string, requests *atomic.Int32) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	requests = new(atomic.Int32)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for i := range 2 {
					req, err := http.ReadRequest(r)
					if err != nil {
						return
					}
					io.Copy(io.Discard, req.Body)
					requests.Add(1)
					if i == 0 && req.Method == "HEAD" {
						fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
					} else if i == 0 {
						fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String(), requests
}

// TestDeadKeptConnection: what is safe is sent again, what is not never is.
func TestDeadKeptConnection(t *testing.T) {
	for _, c := range []struct {
		method, body string
		header       string
		again        bool
	}{
		{"GET", "", "", true},
		{"HEAD", "", "", true},
		{"OPTIONS", "", "", true},
		{"POST", "x", "", false},
		{"POST", "", "", false},
		{"POST", "", "Idempotency-Key", false},
		{"DELETE", "", "X-Idempotency-Key", false},
		{"PUT", "x", "Idempotency-Key", false},
	} {
		t.Run(c.method+c.header, func(t *testing.T) {
			address, requests := hangsUp(t)
			p := newPool(t, Options{}, address)
			if _, _, err := send(t, p, "GET", "/", ""); err != nil {
				t.Fatal(err)
			}
			var body io.Reader
			if c.body != "" {
				body = io.NopCloser(strings.NewReader(c.body))
			}
			req, _ := http.NewRequestWithContext(t.Context(), c.method, "/", body)
			if c.header != "" {
				req.Header[c.header] = []string{"k"}
			}
			res, err := p.RoundTrip(req)
			if err == nil {
				res.Body.Close()
			}
			want := int32(2)
			if c.again {
				want = 3
			}
			if (err == nil) != c.again || requests.Load() != want {
				t.Errorf("error %v, %d requests, want %d", err, requests.Load(), want)
			}
			if c.header != "" && req.Header.Get(c.header) != "k" {
				t.Error("the caller's header was changed")
			}
		})
	}
}

func TestIdempotencyKeyReachesTheUpstream(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header.Get("Idempotency-Key") }))
	defer s.Close()
	p := newPool(t, Options{}, s.URL)
	req, _ := http.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader("x"))
	req.Header.Set("Idempotency-Key", "k-1")
	res, err := p.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if key := <-got; key != "k-1" {
		t.Errorf("the upstream sees %q", key)
	}
}

// names is a name server for one name.
type names struct {
	conn net.PacketConn
	at   atomic.Pointer[netip.Addr] // nil refuses
}

func nameServer(t *testing.T) (*names, *net.Resolver) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	n := &names{conn: conn}
	go n.serve()
	return n, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (n *names) serve() {
	buffer := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Header.Response, m.Header.Authoritative, m.Additionals = true, true, nil
		switch at := n.at.Load(); {
		case at == nil:
			m.Header.RCode = dnsmessage.RCodeServerFailure
		case q.Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
				Body:   &dnsmessage.AResource{A: at.As4()},
			}}
		}
		if packed, err := m.Pack(); err == nil {
			n.conn.WriteTo(packed, from)
		}
	}
}

// TestANameThatMovesIsFollowed: requests under way finish where they are, new
// ones go to the new address, and a name server that fails changes nothing.
func TestANameThatMovesIsFollowed(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := first.Addr().(*net.TCPAddr).Port
	second, err := net.Listen("tcp", fmt.Sprintf("127.0.0.2:%d", port))
	if err != nil {
		t.Skip("no second loopback address:", err)
	}
	finish := make(chan struct{})
	closed := make(chan struct{}, 10)
	serve := func(l net.Listener, name string) {
		s := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, name)
				if r.URL.Path == "/slow" {
					w.(http.Flusher).Flush()
					<-finish
					io.WriteString(w, " to the end")
				}
			}),
			ConnState: func(_ net.Conn, s http.ConnState) {
				if s == http.StateClosed && name == "first" {
					closed <- struct{}{}
				}
			},
		}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
	}
	serve(first, "first")
	serve(second, "second")

	dns, resolver := nameServer(t)
	one, two := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.0.0.2")
	dns.at.Store(&one)
	u := &url.URL{Scheme: "http", Host: fmt.Sprintf("app.example.test:%d", port)}
	p := newPool(t, Options{Targets: []*url.URL{u}, Resolver: resolver})
	p.targets[0].lookEvery = time.Millisecond
	defer running(t, p)()
	ask := func() string {
		_, body, err := send(t, p, "GET", "/", "")
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	if got := ask(); got != "first" {
		t.Fatalf("answered by %q", got)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", "/slow", nil)
	slow, err := p.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	dns.at.Store(nil) // the next one needs a new connection
	before := p.targets[0].connections.Load()
	time.Sleep(20 * time.Millisecond) // several look-ups fail meanwhile, or none: nothing may change
	if p.targets[0].connections.Load() != before || ask() != "first" {
		t.Error("a name server that fails made it leave its address")
	}
	dns.at.Store(&two)
	eventually(t, func() bool { return ask() == "second" })
	close(finish)
	body, err := io.ReadAll(slow.Body)
	slow.Body.Close()
	if err != nil || string(body) != "first to the end" {
		t.Errorf("the request under way got %q, %v", body, err)
	}
	for range 2 { // that of the slow request, and the other one
		select {
		case <-closed:
		case <-time.After(20 * time.Second):
			t.Fatal("a connection to the old address stays open")
		}
	}
}
