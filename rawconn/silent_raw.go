//go:build linux && !386

package rawconn

import (
	"syscall"
	"unsafe"
)

// Silent reports whether a socket is open and has nothing to read. Nothing is
// taken from it.
func Silent(fd uintptr) bool {
	var one [1]byte
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&one)), uintptr(len(one)),
		syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
	// Bytes, an end (no error) and every other error speak against it.
	return errno == syscall.EAGAIN
}
