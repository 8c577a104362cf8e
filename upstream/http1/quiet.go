package http1

import (
	"syscall"

	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// peek looks at a connection without taking anything from it.
type peek struct {
	control func(fd uintptr)
	result  bool
}

// prepare makes the function once: a closure for each look would be allocated.
func (k *peek) prepare() {
	k.control = func(fd uintptr) { k.result = rawconn.Silent(fd) }
}

func (k *peek) quiet(raw syscall.RawConn) bool {
	k.result = false
	return raw.Control(k.control) == nil && k.result
}
