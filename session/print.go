package session

import (
	"crypto/sha256"
	"sync"
)

// print tells one cookie's values on one origin from all others: the first half
// of a SHA-256. Whoever finds other values with the print of somebody's, which
// they do not know, could as well find the key that those are sealed with.
type print [16]byte

// printed keeps the buffers that values are put together in.
var printed = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

func printOf(o origin, p *pieces) print {
	buffer := printed.Get().(*[]byte)
	b := append((*buffer)[:0], o.scheme...)
	b = append(append(append(b, 0), o.host...), 0) // neither holds a zero
	for _, value := range p.values[:p.n] {
		b = append(append(b, value...), 0) // nor does a cookie's value
	}
	sum := sha256.Sum256(b)
	*buffer = b
	printed.Put(buffer)
	return print(sum[:16])
}
