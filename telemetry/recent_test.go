package telemetry

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRecentIsBoundedAndNamesNobody: the newest refusals first, some of what
// passed, and no more of a person than the domain.
func TestRecentIsBoundedAndNamesNobody(t *testing.T) {
	r := &Recent{}
	for i := range 3 * maxRecent {
		rec := full()
		rec.Decision, rec.Status, rec.Path = DecisionDeny, 403, fmt.Sprint("/", i)
		r.Note(rec)
	}
	got := r.Newest()
	if len(got) != maxRecent || got[0].Path != fmt.Sprint("/", 3*maxRecent-1) || got[maxRecent-1].Path != fmt.Sprint("/", 2*maxRecent) {
		t.Errorf("%d, from %s to %s", len(got), got[0].Path, got[len(got)-1].Path)
	}
	if text := fmt.Sprint(got); strings.Contains(text, full().Subject) || strings.Contains(text, "ann@") {
		t.Errorf("it names somebody: %v", got[0])
	}
	if got[0].Email != "a…@example.com" {
		t.Errorf("the address is %s", got[0].Email)
	}
	r = &Recent{}
	for i := range 1000 {
		rec := full()
		rec.Started = noon.Add(time.Duration(i) * time.Millisecond)
		r.Note(rec)
	}
	if n := len(r.Newest()); n != 10 {
		t.Errorf("of a second's passing requests %d are noted", n)
	}
	(*Recent)(nil).Note(full())
}
