package session

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"
)

// deflaters keeps writers: a new one takes more than half a MiB.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // fails for unknown levels only
	return w
}}

// inflaters keeps readers, which take 40 KiB.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

// deflate makes claims and groups take half the room. What is sealed was read
// from a provider at once, so nobody learns a secret from its length.
func deflate(plain []byte) []byte {
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	w.Write(plain) // never fails into a Buffer
	w.Close()
	return b.Bytes()
}

// inflate is the way back. What it reads was authenticated; the bound is for
// what a provider may have sent.
func inflate(packed []byte) ([]byte, bool) {
	r := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(r)
	if err := r.(flate.Resetter).Reset(bytes.NewReader(packed), nil); err != nil {
		return nil, false
	}
	plain, err := io.ReadAll(io.LimitReader(r, 8*maxStored))
	return plain, err == nil
}
