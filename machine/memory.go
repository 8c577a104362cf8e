package machine

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxRemembered bounds each memory, in tokens.
const maxRemembered = 4096

// memory keeps outcomes by a token's hash. The zero memory is empty.
type memory struct {
	mu sync.Mutex // guards of
	of map[[sha256.Size]byte]remembered
}

type remembered struct {
	caller *Caller
	err    error
	until  time.Time
}

func (m *memory) get(hash [sha256.Size]byte, now time.Time) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.of[hash]
	return r, ok && now.Before(r.until)
}

// put makes room by dropping what is over, and if nothing is, everything: that
// costs each token one more look.
func (m *memory) put(hash [sha256.Size]byte, r remembered, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.of) >= maxRemembered {
		for h, old := range m.of {
			if !now.Before(old.until) {
				delete(m.of, h)
			}
		}
	}
	if m.of == nil || len(m.of) >= maxRemembered {
		m.of = map[[sha256.Size]byte]remembered{}
	}
	m.of[hash] = r
}
