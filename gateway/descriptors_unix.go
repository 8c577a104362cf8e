//go:build unix

package gateway

import (
	"math"
	"syscall"
)

// descriptors is how many open files this process may have, which Go has raised
// to the most by then (package os); 0 is unknown.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
