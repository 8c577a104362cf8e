package upstream

import "sync"

// bufferSize fits what a read from a socket usually gives.
const bufferSize = 32 << 10

// Buffers shares copy buffers of 32 KiB between requests. It implements
// httputil.BufferPool; the zero Buffers is ready.
type Buffers struct{ pool sync.Pool }

// Get returns a buffer of 32 KiB.
func (b *Buffers) Get() []byte {
	if buffer, ok := b.pool.Get().(*[bufferSize]byte); ok {
		return buffer[:]
	}
	return new([bufferSize]byte)[:]
}

// Put takes back a buffer that Get gave.
func (b *Buffers) Put(buffer []byte) {
	if len(buffer) == bufferSize {
		// An array's pointer fits an interface without an allocation.
		b.pool.Put((*[bufferSize]byte)(buffer))
	}
}
