package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// stuck is a writer that takes a line when it is let.
type stuck struct {
	let chan struct{}
	mu  sync.Mutex // guards got
	got bytes.Buffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.let
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

func (s *stuck) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

func TestLinesArriveWholeAndInOrder(t *testing.T) {
	to := &stuck{let: make(chan struct{})}
	close(to.let) // takes all
	w := NewLineWriter(to)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 500 {
				fmt.Fprintf(w, "%d %d\n", g, i)
			}
		})
	}
	all.Wait()
	w.Close()
	next := map[int]int{}
	for line := range strings.Lines(to.text()) {
		var g, i int
		if _, err := fmt.Sscanf(line, "%d %d\n", &g, &i); err != nil || next[g] != i {
			t.Fatalf("line %q, want number %d of it (%v)", line, next[g], err)
		}
		next[g]++
	}
	for g := range 8 {
		if next[g] != 500 {
			t.Errorf("%d lines of writer %d", next[g], g)
		}
	}
	if n := w.Dropped(); n != 0 {
		t.Errorf("%d dropped", n)
	}
}

// TestNobodyWaitsForABlockedLog: lines beyond the bound are dropped and
// counted, memory stays bounded, and those that waited come out at the end.
func TestNobodyWaitsForABlockedLog(t *testing.T) {
	to := &stuck{let: make(chan struct{})}
	w := NewLineWriter(to)
	line := bytes.Repeat([]byte("x"), 1023)
	line = append(line, '\n')
	const sent = 3 * maxPending / 1024
	for range sent { // hangs here if a write waits
		if n, err := w.Write(line); n != len(line) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	dropped := w.Dropped()
	if dropped < sent/3 || dropped >= sent {
		t.Errorf("%d of %d dropped", dropped, sent)
	}
	close(to.let)
	w.Close()
	if got := strings.Count(to.text(), "\n"); uint64(got)+dropped != sent {
		t.Errorf("%d written and %d dropped of %d", got, dropped, sent)
	}
}

func TestCloseDoesNotWaitForAHangingReader(t *testing.T) {
	to := &stuck{let: make(chan struct{})}
	defer close(to.let)
	w := NewLineWriter(to)
	fmt.Fprintln(w, "never read")
	began := time.Now()
	w.Close()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

// full disks fail each write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestLinesThatCannotBeWrittenAreCounted(t *testing.T) {
	w := NewLineWriter(fullDisk{})
	for range 10 {
		fmt.Fprintln(w, "lost")
	}
	w.Close()
	if n := w.Dropped(); n != 10 {
		t.Errorf("%d dropped, want 10", n)
	}
}
