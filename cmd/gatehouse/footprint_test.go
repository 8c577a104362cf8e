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

// TestMemoryIsGivenBackWhenALoadIsSmallAndWhenItIsOver, and not before.
func TestMemoryIsGivenBackWhenALoadIsSmallAndWhenItIsOver(t *testing.T) {
	f := &footprint{look: time.Hour, give: func() {}} // which this test's own collections do not reach
	f.timer = time.AfterFunc(time.Hour, f.watchLoad)
	f.timer.Stop()
	if f.collected(); !f.timer.Stop() {
		t.Fatal("nobody looks after a collection")
	}
	var kept []byte
	for look := 1; look <= 2*enoughLooks; look++ {
		kept = make([]byte, 2*hardly)
		f.watchLoad()
		if given := f.ours.Swap(false); given != (look == enoughLooks) || !f.timer.Stop() {
			t.Errorf("look %d of a load: given back: %t; and it must go on", look, given)
		}
	}
	runtime.KeepAlive(kept)
	if f.watchLoad(); !f.ours.Load() || f.timer.Stop() {
		t.Error("quiet does not count as the end of a load")
	}
}
