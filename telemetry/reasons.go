package telemetry

import "sync"

// maxReasons bounds the distinct values of a reason label. The gateway's own
// codes are fewer; the bound stands in case a code is ever taken from outside.
const maxReasons = 192

// reasons keeps a reason label to codes of ours.
type reasons struct {
	mu   sync.Mutex // guards seen
	seen map[string]bool
}

// bounded returns reason if it looks like a code of ours and there are not too
// many already, otherwise "other".
func (s *reasons) bounded(reason string) string {
	if !isCode(reason) {
		return "other"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.seen[reason] {
		if s.seen == nil {
			s.seen = make(map[string]bool)
		}
		if len(s.seen) >= maxReasons {
			return "other"
		}
		s.seen[reason] = true
	}
	return reason
}

// isCode reports whether s is [a-z_]+ of a sensible length.
func isCode(s string) bool {
	for i := 0; i < len(s); i++ {
		if (s[i] < 'a' || s[i] > 'z') && s[i] != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 48
}
