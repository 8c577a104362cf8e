package session_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

func hour(clock *storetest.Clock) storetest.Config {
	return storetest.Config{Keys: [][]byte{storetest.Key(1)}, Idle: time.Hour, Absolute: 12 * time.Hour, Now: clock.Now}
}

// signedIn returns a request that carries s, saved by store.
func signedIn(t testing.TB, store session.Store, s *session.Session) *http.Request {
	t.Helper()
	r := &http.Request{Method: "GET", Host: "wiki.example.com", URL: &url.URL{Scheme: "https"}, Header: http.Header{}}
	w := httptest.NewRecorder()
	if err := store.Save(w, r, s); err != nil {
		t.Fatal(err)
	}
	pairs := []string{"theme=dark", "lang=en"}
	for _, c := range w.Result().Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	r.Header.Set("Cookie", strings.Join(pairs, "; "))
	return r
}

func TestSessionsOutliveRestartsAndForgottenMemory(t *testing.T) {
	clock := storetest.NewClock()
	r := signedIn(t, newCookieStore(t, hour(clock), 0, nil), storetest.Ada())
	remembering := newCookieStore(t, hour(clock), 1<<20, nil)
	opened, err := remembering.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	remembered, err := remembering.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	if opened != remembered {
		t.Error("the second Load opened the cookie again")
	}
	fresh, err := newCookieStore(t, hour(clock), 0, nil).Load(r)
	if diff := cmp.Diff(remembered, fresh); err != nil || diff != "" {
		t.Errorf("remembered and opened sessions differ: %v\n%s", err, diff)
	}
}

func TestAReloadKeepsRevocationsAndForgetsOpenedSessions(t *testing.T) {
	clock := storetest.NewClock()
	first := newCookieStore(t, hour(clock), 1<<20, nil)
	ended, lives := signedIn(t, first, storetest.Ada()), signedIn(t, first, storetest.Ada())
	for _, r := range []*http.Request{ended, lives} {
		if _, err := first.Load(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Clear(httptest.NewRecorder(), ended); err != nil {
		t.Fatal(err)
	}
	shorter := hour(clock)
	shorter.Absolute = time.Hour
	second := newCookieStore(t, shorter, 1<<20, first)
	third := newCookieStore(t, hour(clock), 1<<20, second)
	clock.Add(50 * time.Minute)
	for i, store := range []*session.CookieStore{first, second, third} {
		if _, err := store.Load(ended); err != session.ErrNone {
			t.Errorf("store %d: Load of the cleared session = %v", i+1, err)
		}
		if _, err := store.Load(lives); err != nil {
			t.Errorf("store %d: Load of the other session = %v", i+1, err)
		}
	}
	// A new key alone: what the old one sealed must not live on in memory.
	rotated := hour(clock)
	rotated.Keys = [][]byte{storetest.Key(2)}
	if _, err := newCookieStore(t, rotated, 1<<20, third).Load(lives); err != session.ErrNone {
		t.Errorf("Load without the old key = %v, want ErrNone", err)
	}
}

// A reduction of absolute between sign-in and sign-out must not shorten how
// long the sign-out is remembered.
func TestRevocationsLastAsLongAsAnySessionMay(t *testing.T) {
	clock := storetest.NewClock()
	c := hour(clock)
	c.Idle = 0
	long := newCookieStore(t, c, 0, nil)
	r := signedIn(t, long, storetest.Ada())
	short := c
	short.Absolute = time.Hour
	store := newCookieStore(t, short, 0, long)
	if err := store.Clear(httptest.NewRecorder(), r); err != nil {
		t.Fatal(err)
	}
	store = newCookieStore(t, c, 0, store)
	clock.Add(11 * time.Hour)
	for i := range 3000 { // enough to prune
		if _, err := store.Revoke(context.Background(), session.Match{ID: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Load(r); err != session.ErrNone {
		t.Errorf("Load eleven hours after sign-out = %v, want ErrNone", err)
	}
}

func TestTwelveKibibytesAreTheLimit(t *testing.T) {
	store := newCookieStore(t, hour(storetest.NewClock()), 0, nil)
	r := &http.Request{Host: "wiki.example.com", URL: &url.URL{Scheme: "https"}, Header: http.Header{}}
	largest := 0
	for groups := 0; ; groups++ {
		w := httptest.NewRecorder()
		err := store.Save(w, r, storetest.AdaIn(groups))
		size := 0
		for _, c := range w.Result().Cookies() {
			size += len(c.Value)
		}
		if err != nil {
			if size != 0 {
				t.Errorf("%d bytes written besides %v", size, err)
			}
			break
		}
		largest = max(largest, size)
	}
	if largest > 12<<10 || largest < 12<<10-64 {
		t.Errorf("largest session has %d bytes of cookies, want close to 12 KiB", largest)
	}
}

func TestMalformedCookiesEvictNobody(t *testing.T) {
	store := newCookieStore(t, hour(storetest.NewClock()), 32<<10, nil)
	r := signedIn(t, store, storetest.Ada())
	opened, err := store.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		bad := r.Clone(context.Background())
		bad.Header.Set("Cookie", fmt.Sprintf("__Host-gatehouse=1~%0400d", i))
		if _, err := store.Load(bad); err != session.ErrNone {
			t.Fatalf("Load = %v", err)
		}
	}
	if again, err := store.Load(r); err != nil || again != opened {
		t.Errorf("the good session was forgotten (%v)", err)
	}
}

func TestRememberedSessionsStayWithinTheirBytes(t *testing.T) {
	const limit = 64 << 10
	store := newCookieStore(t, hour(storetest.NewClock()), limit, nil)
	favourite := signedIn(t, store, storetest.Ada())
	kept, err := store.Load(favourite)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		r := signedIn(t, store, storetest.AdaIn(i))
		if s, err := store.Load(r); err != nil || len(s.Identity.Groups) != 2+i {
			t.Fatalf("Load = %v, %v", s, err)
		}
		if n, size := store.Remembered(); n == 0 || size > limit {
			t.Fatalf("%d sessions with %d bytes remembered, limit %d", n, size, limit)
		}
		if again, err := store.Load(favourite); err != nil || again != kept {
			t.Fatalf("the session in constant use was evicted after %d others", i+1)
		}
	}
}

// A sign-out, and whatever else ends sessions early, empties the memory of
// them, of each cookie that they were opened from.
func TestRevokedSessionsLeaveTheMemory(t *testing.T) {
	clock := storetest.NewClock()
	store := newCookieStore(t, hour(clock), 1<<20, nil)
	remember := func() (*session.Session, *http.Request) {
		r := signedIn(t, store, storetest.Ada())
		s, err := store.Load(r)
		if err != nil {
			t.Fatal(err)
		}
		clock.Add(20 * time.Minute)
		renewed := http.Header{}
		if wrote, err := store.Renew(renewed, r, s); err != nil || !wrote {
			t.Fatalf("Renew = %v, %v", wrote, err)
		}
		again := r.Clone(context.Background())
		again.Header.Set("Cookie", strings.SplitN(renewed.Get("Set-Cookie"), ";", 2)[0])
		if _, err := store.Load(again); err != nil {
			t.Fatal(err)
		}
		if n, _ := store.Remembered(); n != 2 {
			t.Fatalf("%d cookies of one session remembered", n)
		}
		return s, again
	}
	for name, end := range map[string]func(*session.Session, *http.Request) error{
		"sign-out": func(_ *session.Session, r *http.Request) error { return store.Clear(httptest.NewRecorder(), r) },
		"id": func(s *session.Session, _ *http.Request) error {
			_, err := store.Revoke(context.Background(), session.Match{ID: s.ID})
			return err
		},
		"provider's session": func(s *session.Session, _ *http.Request) error {
			_, err := store.Revoke(context.Background(), session.Match{Issuer: s.Identity.Issuer, SID: s.SID})
			return err
		},
		"person": func(s *session.Session, _ *http.Request) error {
			_, err := store.Revoke(context.Background(), session.Match{Issuer: s.Identity.Issuer, Subject: s.Identity.Subject})
			return err
		},
		"everybody": func(*session.Session, *http.Request) error {
			_, err := store.Revoke(context.Background(), session.Match{All: true})
			return err
		},
	} {
		s, r := remember()
		if err := end(s, r); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(r); err != session.ErrNone {
			t.Errorf("%s: Load = %v", name, err)
		}
		if n, size := store.Remembered(); n != 0 || size != 0 {
			t.Errorf("%s: %d cookies with %d bytes left", name, n, size)
		}
		clock.Add(time.Minute)
	}
}

// The bound is the configuration's, also of a reload: a smaller one holds at
// once, and none remembers nothing.
func TestTheMemoryFollowsItsConfiguration(t *testing.T) {
	clock := storetest.NewClock()
	store := newCookieStore(t, hour(clock), 1<<20, nil)
	fill := func() (n int, size int64) {
		for range 100 {
			if _, err := store.Load(signedIn(t, store, storetest.Ada())); err != nil {
				t.Fatal(err)
			}
		}
		return store.Remembered()
	}
	if n, _ := fill(); n != 100 {
		t.Fatalf("%d sessions remembered", n)
	}
	for _, limit := range []int64{32 << 10, 0} {
		store = newCookieStore(t, hour(clock), limit, store)
		if n, size := fill(); size > limit || limit > 0 && n == 0 {
			t.Errorf("%d sessions with %d bytes, limit %d", n, size, limit)
		}
	}
}

func TestEndedSessionsLeaveTheMemory(t *testing.T) {
	clock := storetest.NewClock()
	store := newCookieStore(t, hour(clock), 1<<20, nil)
	for range 3 {
		r := signedIn(t, store, storetest.Ada())
		if _, err := store.Load(r); err != nil {
			t.Fatal(err)
		}
		clock.Add(time.Hour)
		if _, err := store.Load(r); err != session.ErrNone {
			t.Fatalf("Load = %v", err)
		}
	}
	if n, size := store.Remembered(); n != 0 || size != 0 {
		t.Errorf("%d sessions with %d bytes left", n, size)
	}
}

func TestEndedIgnoresIdlenessAlone(t *testing.T) {
	clock := storetest.NewClock()
	store := newCookieStore(t, hour(clock), 0, nil)
	r := signedIn(t, store, storetest.Ada())
	s, err := store.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	clock.Add(11 * time.Hour)
	if store.Ended(s) {
		t.Error("ended before its hard end")
	}
	if _, err := store.Revoke(context.Background(), session.Match{ID: s.ID}); err != nil {
		t.Fatal(err)
	}
	if !store.Ended(s) {
		t.Error("a revoked session has not ended")
	}
}

func FuzzCookie(f *testing.F) {
	store := newCookieStore(f, hour(storetest.NewClock()), 1<<16, nil)
	good := signedIn(f, newCookieStore(f, storetest.Config{
		Keys: [][]byte{storetest.Key(2)}, Absolute: time.Hour, Now: storetest.NewClock().Now,
	}, 0, nil), storetest.Ada()).Header.Get("Cookie")
	for _, line := range []string{
		"", ";", "=", "__Host-gatehouse=", "__Host-gatehouse=1~", "__Host-gatehouse=4~AAAA; __Host-gatehouse.1=",
		"__Host-gatehouse=99999999~AAAA", "__Host-gatehouse=1~AAAA; __Host-gatehouse=1~AAAB", good,
	} {
		f.Add(line, "wiki.example.com", true)
	}
	names := names(f)
	keys, err := session.NewKeys([][]byte{storetest.Key(1)})
	if err != nil {
		f.Fatal(err)
	}
	attempts := session.NewAttempts(keys, names, nil)
	f.Fuzz(func(t *testing.T, line, host string, secure bool) {
		u := &url.URL{Scheme: "http"}
		if secure {
			u.Scheme = "https"
		}
		r := &http.Request{Host: host, URL: u, Header: http.Header{"Cookie": {line}}}
		if s, err := store.Load(r); err != session.ErrNone || s != nil {
			t.Fatalf("Load = %v, %v", s, err)
		}
		if err := store.Clear(httptest.NewRecorder(), r); err != nil {
			t.Fatal(err)
		}
		if _, _, err := attempts.New(r, session.Attempt{ReturnTo: line}); err != nil {
			t.Fatal(err)
		}
		if a, err := attempts.Take(r, strings.Repeat("A", 43)); err != session.ErrNoAttempt {
			t.Fatalf("Take = %v, %v", a, err)
		}
	})
}

func TestLoadOfARememberedSessionAllocatesNothing(t *testing.T) {
	store := newCookieStore(t, hour(storetest.NewClock()), 1<<20, nil)
	for _, s := range []*session.Session{storetest.Ada(), storetest.AdaIn(200)} {
		r := signedIn(t, store, s)
		if got := testing.AllocsPerRun(100, func() {
			if _, err := store.Load(r); err != nil {
				t.Fatal(err)
			}
		}); got != 0 {
			t.Errorf("%v allocations, want none", got)
		}
	}
}

// TestACrowdAtOnce: sessions become ready, are read, replaced and ended by many
// at a time, and each gets the session that its cookie proves.
func TestACrowdAtOnce(t *testing.T) {
	clock := storetest.NewClock()
	store := newCookieStore(t, hour(clock), 256<<10, nil)
	requests := make([]*http.Request, 300)
	ids := make([]string, len(requests))
	for i := range requests {
		requests[i] = signedIn(t, store, storetest.Ada())
		s, err := store.Load(requests[i])
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = s.ID
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 2000 {
				n := (i*(worker+1) + worker) % len(requests)
				if i%4 > 0 {
					n %= 10
				}
				s, err := store.Load(requests[n])
				if err != nil || s.ID != ids[n] {
					t.Errorf("Load of %s = %v, %v", ids[n], s, err)
					return
				}
				if i%500 == 499 {
					store.Revoke(context.Background(), session.Match{Issuer: "https://idp.example.com", SID: fmt.Sprint("another ", i)})
				}
			}
		})
	}
	all.Wait()
}
