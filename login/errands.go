package login

import (
	"context"
	"sync"
	"time"
)

const (
	// maxErrands bounds what runs beside requests; what does not fit is left
	// undone.
	maxErrands     = 32
	errandDeadline = 10 * time.Second
)

// Errands are what is done for somebody who does not wait for it, such as
// telling a provider that a token is not needed any more.
type Errands struct {
	slots chan struct{}
	all   sync.WaitGroup
}

// NewErrands has none under way.
func NewErrands() *Errands { return &Errands{slots: make(chan struct{}, maxErrands)} }

// Run does the errand within ten seconds, and reports whether it will: too
// many are under way otherwise. It never blocks.
func (e *Errands) Run(errand func(context.Context)) bool {
	select {
	case e.slots <- struct{}{}:
	default:
		return false
	}
	e.all.Go(func() {
		defer func() { <-e.slots }()
		ctx, cancel := context.WithTimeout(context.Background(), errandDeadline)
		defer cancel()
		errand(ctx)
	})
	return true
}

// Wait returns when all are done, after ten seconds at most.
func (e *Errands) Wait() { e.all.Wait() }
