//go:build !race

package rawconn

import (
	"syscall"
	"unsafe"
)

// call reads into p, or writes it, without telling the scheduler. The socket
// must not block, and p not be empty.
func call(trap, fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
