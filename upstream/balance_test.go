package upstream

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// app is a target that counts its requests and holds those for /hold.
type app struct {
	*httptest.Server
	mu      sync.Mutex // guards the rest
	methods []string
	fails   bool
	held    chan struct{}
}

func newApp(t *testing.T) *app {
	a := &app{held: make(chan struct{})}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.methods = append(a.methods, r.Method+" "+r.URL.Path)
		fails := a.fails
		a.mu.Unlock()
		switch {
		case fails && r.URL.Path == "/health":
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/hold":
			w.(http.Flusher).Flush()
			<-a.held
		}
	}))
	t.Cleanup(a.Server.Close)
	return a
}

func (a *app) got() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, m := range a.methods {
		if !strings.HasSuffix(m, "/health") {
			n++
		}
	}
	return n
}

func (a *app) fail(yes bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fails = yes
}

func TestLeastRequestsPrefersTheIdleTarget(t *testing.T) {
	for name, balance := range map[string]Balance{"least": LeastRequests, "random of two": Random} {
		t.Run(name, func(t *testing.T) {
			busy, idle := newApp(t), newApp(t)
			p := newPool(t, Options{Balance: balance}, busy.URL, idle.URL)
			var bodies []io.Closer
			for range 2 {
				for _, target := range p.targets {
					req, _ := http.NewRequestWithContext(t.Context(), "GET", "/hold", nil)
					res, err := p.send(target, req, http1.Header(req.Header), false)
					if err != nil {
						t.Fatal(err)
					}
					bodies = append(bodies, res.Body)
				}
			}
			// Two are under way on each. Those of one end.
			close(idle.held)
			bodies[1].Close()
			bodies[3].Close()
			bodies[3].Close() // which counts once
			if got := p.States()[1].UnderWay; got != 0 {
				t.Fatalf("%d under way on the idle target", got)
			}
			before := idle.got()
			for range 20 {
				if _, _, err := send(t, p, "GET", "/", ""); err != nil {
					t.Fatal(err)
				}
			}
			if got := idle.got() - before; got != 20 {
				t.Errorf("%d of 20 requests went to the idle target", got)
			}
			close(busy.held)
			bodies[0].Close()
			bodies[2].Close()
		})
	}
}

func TestEveryBalanceUsesEveryTarget(t *testing.T) {
	for _, balance := range []Balance{RoundRobin, LeastRequests, Random} {
		apps := []*app{newApp(t), newApp(t), newApp(t)}
		p := newPool(t, Options{Balance: balance}, apps[0].URL, apps[1].URL, apps[2].URL)
		for range 90 {
			if _, _, err := send(t, p, "GET", "/", ""); err != nil {
				t.Fatal(err)
			}
		}
		for i, a := range apps {
			if n := a.got(); n < 10 || balance != Random && n != 30 {
				t.Errorf("balance %d: target %d got %d of 90", balance, i, n)
			}
		}
	}
}

// hand is a clock that a test sets.
type hand struct {
	mu sync.Mutex
	at time.Time
}

func (h *hand) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

func (h *hand) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at = h.at.Add(d)
}

// TestFailuresInARowSetATargetAside, for a time; then one request tries it.
func TestFailuresInARowSetATargetAside(t *testing.T) {
	good := newApp(t)
	clock := &hand{at: time.Now()}
	dead := refusing(t)
	p := newPool(t, Options{}, dead, good.URL)
	p.now = clock.now
	dials := func() uint64 { return p.States()[0].Lost[Unreachable] }
	for range 20 {
		if _, _, err := send(t, p, "POST", "/", "x"); err != nil {
			t.Fatalf("a dead target beside a good one: %v", err)
		}
	}
	if n := dials(); n != 3 {
		t.Errorf("the dead target was tried %d times, want 3", n)
	}
	if s := p.States()[0]; s.State != Aside || !strings.Contains(s.LastError, "refused") {
		t.Errorf("state %+v", s)
	}
	for i, wait := range []time.Duration{asideFirst, 2 * asideFirst, 4 * asideFirst, asideLongest, asideLongest} {
		clock.advance(wait - time.Second)
		for range 4 {
			send(t, p, "GET", "/", "")
		}
		if n := dials(); n != uint64(3+i) {
			t.Fatalf("tried %d times before trial %d", n, i)
		}
		clock.advance(time.Second)
		for range 4 {
			if _, _, err := send(t, p, "GET", "/", ""); err != nil {
				t.Fatal(err)
			}
		}
		if n := dials(); n != uint64(4+i) {
			t.Fatalf("tried %d times after trial %d", n, i)
		}
	}
	// It comes back: somebody listens there again.
	l := httptest.NewUnstartedServer(http.HandlerFunc(told))
	l.Listener.Close()
	var err error
	if l.Listener, err = listenAt(dead); err != nil {
		t.Skip("the port was taken meanwhile")
	}
	l.Start()
	defer l.Close()
	clock.advance(asideLongest)
	for range 4 {
		if _, _, err := send(t, p, "GET", "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.States()[0]; s.State != Up || s.Answered < 2 {
		t.Errorf("state %+v", s)
	}
}

// TestWithoutAnyWellTargetAllAreTried: what we know may be wrong.
func TestWithoutAnyWellTargetAllAreTried(t *testing.T) {
	a, b := newApp(t), newApp(t)
	p := newPool(t, Options{}, a.URL, b.URL)
	for _, target := range p.targets {
		p.judged(target, true, io.ErrUnexpectedEOF)
	}
	for range 4 {
		if _, _, err := send(t, p, "GET", "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	if a.got() != 2 || b.got() != 2 {
		t.Errorf("%d and %d requests", a.got(), b.got())
	}
}

// TestOwnShortageSaysNothingAboutTheTarget: without descriptors here every
// application would look dead at once. The twin is a target that refuses.
func TestOwnShortageSaysNothingAboutTheTarget(t *testing.T) {
	a := newApp(t)
	p := newPool(t, Options{}, a.URL, a.URL)
	for _, c := range []struct {
		cause syscall.Errno
		state string
	}{{syscall.EMFILE, Up}, {syscall.ENFILE, Up}, {syscall.ECONNREFUSED, Aside}} {
		for range 10 {
			cause := &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", c.cause)}
			p.unanswered(p.targets[0], &Error{Kind: Unreachable, Err: &dialError{cause}}, false)
		}
		if s := p.States()[0]; s.State != c.state {
			t.Errorf("%v: state %+v, want %s", c.cause, s, c.state)
		}
	}
}

// TestGivingUpSaysNothingAboutTheTarget: clients who leave cannot set one aside.
func TestGivingUpSaysNothingAboutTheTarget(t *testing.T) {
	a := newApp(t)
	p := newPool(t, Options{}, a.URL, a.URL)
	for range 10 {
		p.unanswered(p.targets[0], &Error{Kind: Cancelled, Err: io.EOF}, false)
	}
	if s := p.States()[0]; s.State != Up {
		t.Errorf("state %+v", s)
	}
}

func TestHealthChecksTakeATargetAwayAndBack(t *testing.T) {
	a, b := newApp(t), newApp(t)
	a.fail(true)
	p := newPool(t, Options{Health: Health{Path: "/health", Interval: time.Millisecond, Timeout: 5 * time.Second}}, a.URL, b.URL)
	done := running(t, p)
	defer done()
	state := func() []string { return []string{p.States()[0].State, p.States()[1].State} }
	eventually(t, func() bool { return slices.Equal(state(), []string{Down, Up}) })
	if !strings.Contains(p.States()[0].LastError, "/health answers 503") {
		t.Errorf("the cause is %q", p.States()[0].LastError)
	}
	for range 6 {
		if _, _, err := send(t, p, "GET", "/", ""); err != nil {
			t.Fatal(err)
		}
	}
	if a.got() != 0 || b.got() != 6 {
		t.Errorf("the unwell target got %d requests, the other %d", a.got(), b.got())
	}
	a.fail(false)
	eventually(t, func() bool { return slices.Equal(state(), []string{Up, Up}) })
}
