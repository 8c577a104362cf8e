package http1

import (
	"context"
	"io"
)

// Guard is the context key under which a request may carry a Guardian.
type Guard struct{}

// Guardian knows when the request's context ends, and costs less than
// context.AfterFunc, which registers a new context for every request. When it
// closes something, the context's Err must say so already.
type Guardian interface {
	// Guard closes c when the context ends, which may be now. It has one at a
	// time.
	Guard(c io.Closer)
	// Release takes that back and reports whether it was in time.
	Release() bool
}

// watch closes a connection whose request is given up.
type watch struct {
	guardian Guardian
	stop     func() bool
}

func (w *watch) begin(ctx context.Context, c io.Closer) {
	if g, ok := ctx.Value(Guard{}).(Guardian); ok {
		w.guardian = g
		g.Guard(c)
		return
	}
	w.stop = context.AfterFunc(ctx, func() { c.Close() })
}

// end reports whether it came before the context's end. Call it once or more;
// only the first counts.
func (w *watch) end() bool {
	if w.guardian != nil {
		return w.guardian.Release()
	}
	return w.stop()
}
