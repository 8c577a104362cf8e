package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
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
	look time.Duration // how often to look whether the load is over
	give func()        // gives memory back to the system, for which it collects
	// ours says that the next collection is one of give's.
	ours  atomic.Bool
	timer *time.Timer

	mu        sync.Mutex // guards the rest
	looks     int        // since the last collection
	allocated uint64     // as it was at the last look
}

const (
	// lookAfter is how long after a collection it is looked whether the load is
	// over, and then again.
	lookAfter = time.Second
	// It is when hardly anything was allocated since the look before: a megabyte is
	// two hundred requests. So many looks after a collection without another it
	// has become so small that what it was is given back.
	enoughLooks = 5
	hardly      = 1 << 20
)

// newFootprint has what a load left, up to three times what lives, given back
// after the load rather than kept until the runtime's next forced collection.
func newFootprint(look time.Duration, give func()) *footprint {
	f := &footprint{look: look, give: give}
	f.timer = time.AfterFunc(time.Hour, f.watchLoad)
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
	if f.ours.Swap(false) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks, f.allocated = 0, allocated()
	f.timer.Reset(f.look)
}

// watchLoad gives back once the load has become small, and once it is over.
func (f *footprint) watchLoad() {
	f.mu.Lock()
	before := f.allocated
	f.looks++
	f.allocated = allocated()
	quiet, long := f.allocated-before < hardly, f.looks == enoughLooks
	if !quiet {
		f.timer.Reset(f.look)
	}
	f.mu.Unlock()
	switch {
	case quiet:
		f.trim()
	case long:
		f.rest()
	}
}

// allocated is how much the process ever allocated, in bytes.
func allocated() uint64 {
	sample := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample[:])
	return sample[0].Value.Uint64()
}

func (f *footprint) rest() {
	f.ours.Store(true)
	f.give()
}

// trim also gives back what only a start, a reload or a load needed of the
// program: its pages that did it. Of the 25 MiB that are resident after a start 21
// are such pages, the rest is memory in which the file was read and compiled.
func (f *footprint) trim() {
	f.rest()
	forgetProgram()
}
