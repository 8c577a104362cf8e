package session

import (
	"fmt"
	"testing"
	"time"
)

func TestRevocationsArePrunedOnceNothingNeedsThem(t *testing.T) {
	v := newRevocations()
	v.extend(time.Hour)
	now := time.Unix(1_800_000_000, 0)
	for i := range 5000 {
		v.add(Match{ID: fmt.Sprint("early", i)}, now)
		v.add(Match{Issuer: "i", SID: fmt.Sprint(i)}, now)
		v.add(Match{Issuer: "i", Subject: fmt.Sprint(i)}, now)
	}
	if v.size() != 15000 {
		t.Errorf("%d entries, want all 15000: none may be forgotten early", v.size())
	}
	now = now.Add(time.Hour)
	v.add(Match{ID: "late"}, now)
	if v.size() != 15001 {
		t.Errorf("%d entries after an hour, want 15001", v.size())
	}
	now = now.Add(time.Hour)
	v.add(Match{ID: "last"}, now)
	if v.size() != 2 {
		t.Errorf("%d entries an hour later, want 2", v.size())
	}
}

func TestRepeatedSignOutsAddNoEntries(t *testing.T) {
	v := newRevocations()
	v.extend(time.Hour)
	now := time.Unix(1_800_000_000, 0)
	for range 100 {
		v.add(Match{ID: "x"}, now)
		v.add(Match{Issuer: "i", Subject: "ada"}, now)
	}
	if v.size() != 2 {
		t.Errorf("%d entries, want 2", v.size())
	}
}

func TestRenewalsAreBounded(t *testing.T) {
	n := newRenewals()
	now := time.Unix(1_800_000_000, 0)
	for i := range 3 * maxRenewals {
		n.wrote(fmt.Sprint(i), now)
	}
	if size := len(n.current) + len(n.former); size > 2*maxRenewals {
		t.Errorf("%d entries, want at most %d", size, 2*maxRenewals)
	}
	if n.claim(fmt.Sprint(3*maxRenewals-1), now.Add(renewalPause-1), renewalPause) {
		t.Error("the latest was forgotten")
	}
	if !n.claim(fmt.Sprint(3*maxRenewals-1), now.Add(renewalPause), renewalPause) {
		t.Error("the latest is remembered for too long")
	}
	if !n.claim("back", now, renewalPause) || !n.claim("back", now.Add(-time.Hour), renewalPause) {
		t.Error("a clock gone back forbids a renewal")
	}
}
