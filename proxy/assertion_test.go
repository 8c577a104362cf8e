package proxy

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

func testStamps(t testing.TB, cookie string) *stamps {
	t.Helper()
	key, err := assertion.DeriveKey(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := assertion.NewPlan(assertion.Options{Key: key, Issuer: "https://app.example", Audience: "app", Claims: []string{"email", "groups"}})
	if err != nil {
		t.Fatal(err)
	}
	return &stamps{
		plans:  []Assertion{{Header: "X-Gatehouse-Assertion", Cookie: cookie, Plan: plan}},
		caller: assertion.Caller{Identity: &identity.Identity{Subject: "a", Email: "a@example.com", Groups: []string{"staff"}}},
	}
}

// TestOneSignatureServesACrowd: whoever comes while a token is signed anew
// gets the old one while it is good.
func TestOneSignatureServesACrowd(t *testing.T) {
	s := testStamps(t, "")
	start := time.Now().Truncate(time.Second)
	for _, at := range []time.Duration{0, time.Minute, 4*time.Minute + time.Second, 10 * time.Minute} {
		now := start.Add(at)
		var crowd sync.WaitGroup
		var mu sync.Mutex // guards signed
		signed := 0
		for range 50 {
			crowd.Go(func() {
				got, fresh, err := s.now(now, start.Add(time.Hour))
				mu.Lock()
				defer mu.Unlock()
				if err != nil || !now.Before(got.ends) {
					t.Errorf("after %v: %v, ends %v", at, err, got.ends)
				}
				if fresh {
					signed++
				}
			})
		}
		crowd.Wait()
		want := 1
		if at == time.Minute {
			want = 0
		}
		if signed != want {
			t.Errorf("after %v: signed %d times, want %d", at, signed, want)
		}
	}
}

func TestCookieOfAnAssertionJoinsTheOthers(t *testing.T) {
	s := testStamps(t, "CF_Authorization")
	at, _, err := s.now(time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range [][]string{nil, {"a=b"}, {"a=b; c=d", "e=f"}} {
		given, want := slices.Clone(before), at.cookies[0]
		if before != nil {
			want = before[0] + "; " + want
		}
		lines := at.beside(given)
		if lines[0] != want || len(lines) != max(1, len(before)) || !slices.Equal(given, before) {
			t.Errorf("%q became %q", before, lines)
		}
	}
}

// BenchmarkAssertion is what a request of a warm session pays.
func BenchmarkAssertion(b *testing.B) {
	s := testStamps(b, "")
	until := time.Now().Add(time.Hour)
	h := http.Header{"X-Gatehouse-Assertion": nil}
	b.ReportAllocs()
	for b.Loop() {
		at, _, err := s.now(time.Now(), until)
		if err != nil {
			b.Fatal(err)
		}
		at.apply(h)
	}
}

// BenchmarkSignAssertion is what the first request pays, and then one in four minutes.
func BenchmarkSignAssertion(b *testing.B) {
	s := testStamps(b, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.sign(time.Now(), time.Now().Add(time.Hour)); err != nil {
			b.Fatal(err)
		}
	}
}
