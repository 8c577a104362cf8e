package upstream

import (
	"context"
	"errors"
	"net"
)

// Kind is why a request got no answer.
type Kind uint8

const (
	// Broken: a connection was made, but what came was no valid answer, or
	// the connection ended before one.
	Broken Kind = iota
	// Unreachable: no connection could be made, a TLS handshake that failed
	// included. Nothing was sent.
	Unreachable
	// TimedOut: connecting, or the wait for the head of the answer, took too
	// long. A connection that is neither accepted nor refused counts here and
	// not as Unreachable: whoever waits cannot tell slow from gone.
	TimedOut
	// Cancelled: the caller gave up first, or its own request could not be sent
	// to its end.
	Cancelled
)

// String is the word in logs.
func (k Kind) String() string {
	switch k {
	case Unreachable:
		return "unreachable"
	case TimedOut:
		return "timed out"
	case Cancelled:
		return "cancelled"
	default:
		return "broken"
	}
}

// Error is a request without an answer. Its text holds internal addresses: it
// is for logs.
type Error struct {
	Kind   Kind
	Target string // as configured
	Err    error
}

// Error names the target, the kind and the cause.
func (e *Error) Error() string {
	return "upstream " + e.Target + " " + e.Kind.String() + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// dialError is a connection that could not be made.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// classify asks the request's own context first: everything fails once the
// caller is gone.
func classify(ctx context.Context, err error) Kind {
	switch ctx.Err() {
	case nil:
	case context.DeadlineExceeded:
		return TimedOut
	default:
		return Cancelled
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return TimedOut
	}
	var dial *dialError
	if errors.As(err, &dial) {
		return Unreachable
	}
	return Broken
}
