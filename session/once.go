package session

import "sync"

// maxOnce bounds what is told once.
const maxOnce = 4096

// once remembers what was told. When it is full it begins anew.
type once struct {
	mu   sync.Mutex // guards told
	told map[string]bool
}

func newOnce() *once { return &once{told: map[string]bool{}} }

// first reports whether what was not told yet.
func (o *once) first(what string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.told[what] {
		return false
	}
	if len(o.told) >= maxOnce {
		clear(o.told)
	}
	o.told[what] = true
	return true
}
