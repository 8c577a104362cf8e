package login

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestLimiterBoundsOneClientAndNoOther(t *testing.T) {
	now := time.Unix(1000, 0)
	l := NewLimiter(10*time.Second, 3, func() time.Time { return now })
	one, other := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")
	for i := range 3 {
		if wait := l.Take(one); wait != 0 {
			t.Fatalf("attempt %d waits %v, want none", i, wait)
		}
	}
	if wait := l.Take(one); wait != 10*time.Second {
		t.Errorf("the fourth waits %v, want 10s", wait)
	}
	if wait := l.Take(other); wait != 0 {
		t.Errorf("another client waits %v", wait)
	}
	now = now.Add(10 * time.Second)
	if wait := l.Take(one); wait != 0 {
		t.Errorf("after the wait it still waits %v", wait)
	}
}

func TestLimiterCountsAnIPv6NetworkAsOneClient(t *testing.T) {
	l := NewLimiter(time.Minute, 1, func() time.Time { return time.Unix(1000, 0) })
	cases := []struct {
		client string
		waits  bool
	}{
		{"2001:db8:1:1::1", false},
		{"2001:db8:1:1:ffff::2", true},
		{"2001:db8:1:2::1", false},
	}
	for _, c := range cases {
		if wait := l.Take(netip.MustParseAddr(c.client)); (wait > 0) != c.waits {
			t.Errorf("%s waits %v, want waiting %v", c.client, wait, c.waits)
		}
	}
}

func TestLimiterSparesClientsThatItCannotTellApart(t *testing.T) {
	l := NewLimiter(time.Minute, 1, nil)
	for _, client := range []netip.Addr{{}, netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")} {
		for range 3 {
			if wait := l.Take(client); wait != 0 {
				t.Errorf("%v waits %v", client, wait)
			}
		}
	}
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	l := NewLimiter(time.Minute, 1, func() time.Time { return time.Unix(1000, 0) })
	for i := range 3 * maxClients {
		l.Take(netip.MustParseAddr(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
	}
	if len(l.clients) != maxClients || len(l.order) != maxClients {
		t.Errorf("%d clients in %d places, want %d", len(l.clients), len(l.order), maxClients)
	}
	if wait := l.Take(netip.MustParseAddr("10.0.191.255")); wait == 0 {
		t.Error("the latest client was forgotten")
	}
}
