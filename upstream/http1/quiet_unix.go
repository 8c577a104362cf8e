//go:build unix

package http1

import "syscall"

// peek looks at a connection without taking anything from it.
type peek struct {
	control func(fd uintptr)
	result  bool
	one     [1]byte
}

// prepare makes the function once: a closure for each look would be allocated.
func (k *peek) prepare() {
	k.control = func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), k.one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		// Bytes, an end (no error) and every other error speak against it.
		k.result = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
	}
}

func (k *peek) quiet(raw syscall.RawConn) bool {
	k.result = false
	return raw.Control(k.control) == nil && k.result
}
