// Package storetest holds every session.Store to the same promises. A store's
// own test calls Run and adds what is particular to it.
package storetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// Config is what a store under test is made from. The cookie name is
// CookieName.
type Config struct {
	Keys           [][]byte
	Idle, Absolute time.Duration
	Now            func() time.Time
}

// CookieName is the configured name of the session cookie.
const CookieName = "gatehouse"

// New makes a store. Stores made with one t share whatever they keep outside
// cookies and outside their process, as replicas do.
type New func(t *testing.T, c Config) session.Store

// Run checks the promises of session.Store.
func Run(t *testing.T, newStore New) {
	for _, group := range [][]promise{roundTrips, forgeries, origins, rotations, lifetimes, updates, endings, crowds} {
		for _, p := range group {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.check(newBench(t, newStore))
			})
		}
	}
}

type promise struct {
	name  string
	check func(b *bench)
}

// bench is one store, one browser and the clock between them.
type bench struct {
	*testing.T
	new     New
	config  Config
	clock   *Clock
	store   session.Store
	browser *Browser
}

func newBench(t *testing.T, newStore New) *bench {
	clock := NewClock()
	config := Config{Keys: [][]byte{Key(1)}, Idle: time.Hour, Absolute: 12 * time.Hour, Now: clock.Now}
	return &bench{
		T: t, new: newStore, config: config, clock: clock,
		store: newStore(t, config), browser: NewBrowser(t, "https://wiki.example.com"),
	}
}

// signIn saves s for the browser and returns it as a Load gives it back.
func (b *bench) signIn(s *session.Session) *session.Session {
	b.Helper()
	b.save(s)
	return b.mustLoad()
}

func (b *bench) save(s *session.Session) {
	b.Helper()
	w := httptest.NewRecorder()
	if err := b.store.Save(w, b.browser.Request(), s); err != nil {
		b.Fatalf("Save: %v", err)
	}
	b.browser.Accept(w)
}

func (b *bench) clear() {
	b.Helper()
	w := httptest.NewRecorder()
	if err := b.store.Clear(w, b.browser.Request()); err != nil {
		b.Fatalf("Clear: %v", err)
	}
	b.browser.Accept(w)
}

func (b *bench) mustLoad() *session.Session {
	b.Helper()
	s, err := b.store.Load(b.browser.Request())
	if err != nil {
		b.Fatalf("Load: %v, want a session", err)
	}
	return s
}

func (b *bench) mustNotLoad(why string) {
	b.Helper()
	mustNotLoad(b.T, b.store, b.browser, why)
}

func mustNotLoad(t *testing.T, store session.Store, browser *Browser, why string) {
	t.Helper()
	if s, err := store.Load(browser.Request()); err != session.ErrNone || s != nil {
		t.Fatalf("%s: Load = %v, %v, want ErrNone", why, s, err)
	}
}

// Ada is a new session like login makes them.
func Ada() *session.Session {
	return &session.Session{
		ID: session.NewID(),
		Identity: identity.Identity{
			Provider: "ping", Issuer: "https://idp.example.com", Subject: "ada",
			Email: "ada@example.com", EmailVerified: true, Name: "Ada <Łovelace>", Groups: []string{"engineering", "r&d"},
			AMR: []string{"pwd", "mfa"},
			Claims: identity.Claims{
				"employee": map[string]any{"id": json.Number("12345678901234567890")},
				"flags":    []any{true, nil, "x"},
			},
		},
		SID: "provider-session", Levels: map[string]session.Time{"mfa": 1_700_000_000}, Kept: "fingerprint",
		Tokens: session.Tokens{Refresh: "refresh-token"},
	}
}

// AdaIn is Ada in so many groups of about 20 bytes each.
func AdaIn(groups int) *session.Session {
	s := Ada()
	for i := range groups {
		s.Identity.Groups = append(s.Identity.Groups, fmt.Sprintf("group-%s%04d", strings.Repeat("x", 10), i))
	}
	return s
}

// Key is a session key that differs by n.
func Key(n byte) []byte {
	return append(bytes.Repeat([]byte{n}, session.KeySize-1), 0xff)
}

// Clock is an injected clock, safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock; d may be negative.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
