// Package leaks holds a suite to one more promise: when all of its servers are
// closed, no goroutine and no descriptor of theirs is left.
package leaks

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long what was closed may take to be gone.
const patience = 10 * time.Second

// Run runs the suite and then looks for what it left. It returns the exit
// status. What started before the suite, as a fuzzing engine does, is no leak.
func Run(m *testing.M) int {
	before, known := descriptors(), goleak.IgnoreCurrent()
	if code := m.Run(); code != 0 {
		return code
	}
	for deadline := time.Now().Add(patience); ; {
		left, more := goleak.Find(known), descriptors()-before
		if left == nil && more <= 0 {
			return 0
		}
		if time.Now().After(deadline) {
			fmt.Fprintf(os.Stderr, "%d descriptors more than at the beginning; goroutines: %v\n", more, left)
			return 1
		}
	}
}

// descriptors counts the open ones, where the system tells. The poller's own
// come with the first socket and stay, so one is opened before counting.
func descriptors() int {
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
