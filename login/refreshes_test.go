package login

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/provider"
)

func throttled(after time.Duration) error {
	return &provider.Error{Reason: provider.ReasonThrottling, Unavailable: true, RetryAfter: after}
}

// TestFailuresCallForPatience: longer each time, a minute at most, and as long
// as the provider says.
func TestFailuresCallForPatience(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := NewRefreshes(func() time.Time { return now })
	for n := range 12 {
		m.failed("s", "ping", errors.New("broken"))
		rest := m.rests["s"].until.Sub(now)
		most := min(firstRest<<min(n, 6), lastRest)
		if rest < most/2 || rest > most {
			t.Errorf("after failure %d a rest of %v, want %v to %v", n+1, rest, most/2, most)
		}
		if !m.resting("s", "ping") || m.resting("another", "ping") {
			t.Fatal("not this session alone rests")
		}
		now = now.Add(rest)
		if m.resting("s", "ping") {
			t.Fatal("rests for ever")
		}
	}
	m.succeeded("s")
	m.failed("s", "ping", errors.New("broken"))
	if rest := m.rests["s"].until.Sub(now); rest > firstRest {
		t.Errorf("after a success the first rest is %v", rest)
	}
}

// TestAThrottlingProviderIsLeftAlone by all its sessions, and no other is.
func TestAThrottlingProviderIsLeftAlone(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := NewRefreshes(func() time.Time { return now })
	m.failed("s", "ping", throttled(2*time.Minute))
	if !m.resting("another", "ping") || m.resting("another", "okta") {
		t.Error("not that provider alone rests")
	}
	now = now.Add(2*time.Minute - time.Second)
	if !m.resting("s", "ping") {
		t.Error("Retry-After is not kept")
	}
	now = now.Add(2 * time.Second)
	if m.resting("s", "ping") {
		t.Error("rests on")
	}
}

func TestFailuresTakeBoundedMemory(t *testing.T) {
	m := NewRefreshes(nil)
	for i := range 3 * maxRests {
		m.failed(fmt.Sprint(i), "ping", errors.New("broken"))
	}
	if len(m.rests) > maxRests {
		t.Errorf("%d are remembered", len(m.rests))
	}
}

// TestLogoutTokensCountOnce, and the memory of them is bounded.
func TestLogoutTokensCountOnce(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := NewLogoutIDs(func() time.Time { return now })
	until := now.Add(time.Minute)
	if !m.Take("iss", "a", until) || m.Take("iss", "a", until) || !m.Take("other", "a", until) {
		t.Error("not once for each issuer")
	}
	if m.Release("iss", "a"); !m.Take("iss", "a", until) {
		t.Error("a token that could not be acted on is spent")
	}
	for i := range maxLogoutIDs {
		m.Take("iss", fmt.Sprint(i), until)
	}
	if m.Take("iss", "one more", until) || len(m.until) > maxLogoutIDs {
		t.Error("more are taken than remembered")
	}
	now = until.Add(time.Second)
	if !m.Take("iss", "one more", until.Add(time.Minute)) {
		t.Error("the old ones are kept")
	}
}
