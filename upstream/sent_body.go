package upstream

import (
	"io"
	"sync/atomic"
)

// sentBody is the body of a request. It remembers that it could not be read,
// which says nothing about the target: otherwise three strangers with broken
// uploads could have a target set aside.
type sentBody struct {
	io.ReadCloser
	broken atomic.Bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.broken.Store(true)
	}
	return n, err
}
