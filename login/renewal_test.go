package login

import (
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

// TestWhenATokenIsDue: refresh_before its end, at half a short life, and never
// again for what the last refresh did not renew.
func TestWhenATokenIsDue(t *testing.T) {
	o := &Renewal{Access: true, Before: time.Minute}
	for _, c := range []struct {
		name                   string
		created, checked, ends session.Time
		now                    session.Time
		want                   bool
	}{
		{"long before", 0, 0, 3600, 3539, false},
		{"a minute before", 0, 0, 3600, 3540, true},
		{"after the end", 0, 0, 3600, 4000, true},
		{"no end known", 0, 0, 0, 1 << 40, false},
		{"half of a short life", 100, 0, 140, 119, false},
		{"after half of it", 100, 0, 140, 120, true},
		{"renewed since", 0, 3540, 7140, 3541, false},
		{"not renewed by the last refresh", 0, 3700, 3600, 9999, false},
	} {
		s := &session.Session{Created: c.created, Checked: c.checked, Tokens: session.Tokens{Access: "a", AccessExpires: c.ends}}
		if got := o.ending(s, c.now); got != c.want {
			t.Errorf("%s: due %v", c.name, got)
		}
	}
}

func TestRecheckCountsFromTheProvidersLastWord(t *testing.T) {
	o := &Renewal{Recheck: 5 * time.Minute}
	s := &session.Session{Created: 1000}
	if o.unchecked(s, 1299) || !o.unchecked(s, 1300) {
		t.Error("not five minutes after the sign-in")
	}
	s.Checked = 1300
	if o.unchecked(s, 1599) || !o.unchecked(s, 1600) {
		t.Error("not five minutes after the last time")
	}
	if (&Renewal{}).unchecked(s, 1<<40) {
		t.Error("asked without being told to")
	}
}
