package telemetry

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxPending bounds the lines that wait for a writer which is slow: some
	// ten thousand of the access log.
	maxPending = 4 << 20
	// linesEvery is how long lines are gathered under load. The first after a
	// pause goes out at once.
	linesEvery = 10 * time.Millisecond
)

// LineWriter hands lines to a slow writer from a goroutine of its own, many at
// once under load. No request waits for a disk or a pipe: while the writer
// blocks, up to 4 MiB of lines wait, and further ones are dropped and counted,
// like those that it fails to write.
type LineWriter struct {
	to      io.Writer
	dropped atomic.Uint64
	wake    chan struct{} // holds one when there may be something to write
	quit    chan struct{}
	done    chan struct{}
	closing sync.Once

	mu      sync.Mutex // guards what follows; never held while writing
	pending []byte     // whole lines
	spare   []byte     // the memory of lines written before
}

// NewLineWriter starts writing to w. Close ends it.
func NewLineWriter(w io.Writer) *LineWriter {
	l := &LineWriter{to: w, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	go l.run()
	return l
}

// Write takes one or more whole lines. It never blocks and never fails.
func (l *LineWriter) Write(lines []byte) (int, error) {
	l.mu.Lock()
	if len(l.pending)+len(lines) > maxPending {
		l.mu.Unlock()
		l.drop(lines)
		return len(lines), nil
	}
	first := len(l.pending) == 0
	l.pending = append(l.pending, lines...)
	l.mu.Unlock()
	if first {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return len(lines), nil
}

// Dropped is how many lines were lost.
func (l *LineWriter) Dropped() uint64 { return l.dropped.Load() }

// Close writes what is pending, for at most a second: a reader that hangs must
// not keep the process. Lines that come later are dropped.
func (l *LineWriter) Close() {
	l.closing.Do(func() { close(l.quit) })
	select {
	case <-l.done:
	case <-time.After(time.Second):
	}
}

func (l *LineWriter) run() {
	defer close(l.done)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-l.wake:
			l.flush()
		case <-l.quit:
			l.flush()
			return
		}
		pause.Reset(linesEvery)
		select {
		case <-pause.C:
		case <-l.quit:
		}
	}
}

// flush writes all that is pending in one piece.
func (l *LineWriter) flush() {
	l.mu.Lock()
	lines := l.pending
	l.pending, l.spare = l.spare[:0], nil
	l.mu.Unlock()
	if len(lines) > 0 {
		if n, err := l.to.Write(lines); err != nil {
			l.drop(lines[min(n, len(lines)):])
		}
	}
	if cap(lines) <= maxPending/4 { // what one bad minute needed is given back
		l.mu.Lock()
		l.spare = lines
		l.mu.Unlock()
	}
}

func (l *LineWriter) drop(lines []byte) { l.dropped.Add(uint64(bytes.Count(lines, []byte("\n")))) }
