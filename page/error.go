package page

import (
	"fmt"
	"net/http"
	"time"
)

// Error is how every handler refuses: the status and the safe words leave the
// house, the cause goes to the log and nowhere else. Handlers return it; one
// place answers and logs it.
//
// The zero Status is 500, so that a forgotten field never passes for success.
type Error struct {
	// Status is the HTTP status of the answer.
	Status int
	// Reason is the stable machine-readable code, [a-z_]+, of docs/troubleshooting.md.
	Reason string
	// Text is one or two sentences for the person in front of the page. It
	// must hold nothing from the provider or the upstream.
	Text string
	// RetryAfter, when positive, becomes the Retry-After header.
	RetryAfter time.Duration
	// RetryURL, when set, is where the page's "try again" leads: a path on
	// this host. One below the sign-in address makes the page speak of a
	// sign-in that failed.
	RetryURL string
	// Code names the JSON "error" member; empty means login_required for 401,
	// forbidden for 403, and Reason otherwise.
	Code string
	// LoginURL is the JSON "login_url" member and where the page's "sign in"
	// leads; only 401 uses it.
	LoginURL string
	// SignedInAs is whom the page names, with a way to switch account; only
	// 403 uses it.
	SignedInAs string
	// Close asks for the connection to be closed after the answer.
	Close bool
	// Cause is the underlying error, for the log.
	Cause error
}

// Error is the log's view and may hold what the page must not.
func (e *Error) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("%d %s", e.status(), e.Reason)
	}
	return fmt.Sprintf("%d %s: %v", e.status(), e.Reason, e.Cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

func (e *Error) status() int {
	if e.Status < 400 || e.Status > 599 {
		return http.StatusInternalServerError
	}
	return e.Status
}
