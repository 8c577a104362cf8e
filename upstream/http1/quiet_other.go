//go:build !unix

package http1

import "syscall"

// peek cannot look here, so no connection is ever used again: slower, and as
// safe.
type peek struct{}

func (*peek) prepare() {}

func (*peek) quiet(syscall.RawConn) bool { return false }
