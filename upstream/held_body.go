package upstream

import (
	"io"
	"sync"
)

// heldBody keeps a request's body open while targets are tried: a transport
// closes the body of a request that it could not send, and the next target
// still needs it.
type heldBody struct {
	io.ReadCloser
	mu               sync.Mutex // guards what follows; transports close late
	released, closed bool
}

// Close closes the body once it was released.
func (b *heldBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if !b.released {
		return nil
	}
	return b.ReadCloser.Close()
}

// release lets Close through, also one that came before.
func (b *heldBody) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
	if b.closed {
		b.ReadCloser.Close()
	}
}
