//go:build unix && (!linux || 386)

package rawconn

import "syscall"

// Silent reports whether a socket is open and has nothing to read. Nothing is
// taken from it.
func Silent(fd uintptr) bool {
	_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	// Bytes, an end (no error) and every other error speak against it.
	return err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
}
