package main

import (
	"runtime"
	"testing"
	"time"
)

// TestMemoryIsGivenBackOnceAfterALoad: a collection that the load caused is
// followed by giving back, and one that this caused is not.
func TestMemoryIsGivenBackOnceAfterALoad(t *testing.T) {
	given := make(chan bool, 10)
	f := newFootprint(time.Millisecond, func() { given <- true })
	for n := range 2 {
		runtime.GC()
		select {
		case <-given:
		case <-time.After(time.Minute):
			t.Fatalf("nothing was given back after collection %d", n+1)
		}
		if !f.ours.Load() {
			t.Fatal("the collection of giving back would count as a load's")
		}
		f.collected() // give's own
		if f.timer.Stop() {
			t.Fatal("giving back leads to giving back")
		}
	}
}
