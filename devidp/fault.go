package devidp

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Fault is what an endpoint does before, or instead of, its proper answer.
// Delay, Hold and Trickle leave the answer right but late; Status replaces it.
type Fault struct {
	// Delay is waited first.
	Delay time.Duration
	// Hold is waited for first: until it is closed, or the client leaves.
	Hold <-chan struct{}
	// Trickle is the pause before each byte of the body.
	Trickle time.Duration
	// Hangup closes the connection without an answer.
	Hangup bool
	// Status, when set, is answered with the OAuth error Code and RetryAfter
	// (in whole seconds) when those are set.
	Status     int
	Code       string
	RetryAfter time.Duration
	// Times is how many requests the fault lasts; 0 is until it is cleared.
	Times int
}

// Broken answers 500.
func Broken() Fault { return Fault{Status: http.StatusInternalServerError, Code: "server_error"} }

// Throttled answers 429 as PingOne does beyond its rate.
func Throttled(retryAfter time.Duration) Fault {
	return Fault{Status: http.StatusTooManyRequests, Code: "REQUEST_LIMITED", RetryAfter: retryAfter}
}

// InvalidGrant refuses a code or a refresh token (RFC 6749 section 5.2).
func InvalidGrant() Fault { return Fault{Status: http.StatusBadRequest, Code: "invalid_grant"} }

// faults are those ordered, and what was asked so far.
type faults struct {
	mu     sync.Mutex // guards all below
	down   bool
	orders map[Endpoint]Fault
	counts map[Endpoint]int
	edit   func(map[string]any)
}

// arrive counts a request and says what is to go wrong with it.
func (f *faults) arrive(e Endpoint) (order Fault, faulty bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[e]++
	if f.down {
		return Fault{Hangup: true}, true
	}
	order, faulty = f.orders[e]
	if order.Times > 0 {
		if order.Times--; order.Times == 0 {
			delete(f.orders, e)
		} else {
			f.orders[e] = order
		}
	}
	return order, faulty
}

// serve does what was ordered and, where that leaves room, the rest.
func (f Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !wait(r, f.Delay) {
		return
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-r.Context().Done():
			return
		}
	}
	if f.Hangup {
		panic(http.ErrAbortHandler)
	}
	if f.Trickle > 0 {
		w = &trickle{ResponseWriter: w, request: r, pause: f.Trickle}
	}
	if f.Status == 0 {
		next.ServeHTTP(w, r)
		return
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	json.NewEncoder(w).Encode(map[string]string{"error": f.Code, "error_description": "a fault was ordered"})
}

// trickle writes a body byte by byte.
type trickle struct {
	http.ResponseWriter
	request *http.Request
	pause   time.Duration
}

func (t *trickle) Write(body []byte) (int, error) {
	flusher := http.NewResponseController(t.ResponseWriter)
	for i := range body {
		if !wait(t.request, t.pause) {
			return i, t.request.Context().Err()
		}
		if _, err := t.ResponseWriter.Write(body[i : i+1]); err != nil {
			return i, err
		}
		if err := flusher.Flush(); err != nil {
			return i, err
		}
	}
	return len(body), nil
}

// wait passes the time, or gives up as soon as the client has.
func wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
