package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// tuneGC trades a few MiB for CPU time: the live heap is so small that the
// collector's default would have it run dozens of times a second under load.
// GOGC, if the operator sets it, has the last word.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

const gcPercent = 300

// footprint keeps what the process holds while it has little to do close to
// what it needs.
type footprint struct {
	quiet time.Duration
	give  func() // gives memory back to the system, for which it collects
	// ours says that the next collection is one of give's.
	ours  atomic.Bool
	timer *time.Timer
}

// quietAfter is how long after a collection without another the load counts as
// over. Under load they come several times a second.
const quietAfter = 5 * time.Second

// newFootprint has what a load left, up to three times what lives, given back
// after the load rather than kept until the runtime's next forced collection.
func newFootprint(quiet time.Duration, give func()) *footprint {
	f := &footprint{quiet: quiet, give: give}
	f.timer = time.AfterFunc(time.Hour, f.rest)
	f.timer.Stop()
	f.watch()
	return f
}

// sentinel is garbage at once, so that its cleanup tells of each collection. Its
// pointer keeps it from sharing memory with others.
type sentinel struct{ _ *sentinel }

func (f *footprint) watch() {
	runtime.AddCleanup(new(sentinel), func(f *footprint) {
		f.collected()
		f.watch()
	}, f)
}

func (f *footprint) collected() {
	if !f.ours.Swap(false) {
		f.timer.Reset(f.quiet)
	}
}

func (f *footprint) rest() {
	f.ours.Store(true)
	f.give()
}

// trim gives back what only a start or a reload needed: the memory in which
// the file was read and compiled, and the program's pages that did it. Of the
// 25 MiB that are resident after a start 21 are such pages.
func (f *footprint) trim() {
	f.rest()
	forgetProgram()
}
