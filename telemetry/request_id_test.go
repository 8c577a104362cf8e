package telemetry

import (
	"regexp"
	"testing"
)

func TestRequestIDsAreWellFormedAndDiffer(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-hjkmnp-tv-z]{26}$`)
	seen := make(map[string]bool)
	for range 10_000 {
		id := NewRequestID()
		if !form.MatchString(id) {
			t.Fatalf("%q", id)
		}
		if seen[id] {
			t.Fatalf("%q came twice", id)
		}
		seen[id] = true
	}
}
