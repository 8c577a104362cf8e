package telemetry

import (
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const (
	// maxRecent is how many decisions are remembered.
	maxRecent = 100
	// allowedEvery is how often a request that passed is noted: they say
	// least, and must not cost anything.
	allowedEvery = 100 * time.Millisecond
)

// Noted is one decision, without what names a person or might hold a secret:
// no query, no session, no more of an address than its domain.
type Noted struct {
	Time      time.Time  `json:"time"`
	RequestID string     `json:"request_id"`
	Method    string     `json:"method"`
	Host      string     `json:"host"`
	Path      string     `json:"path"`
	Status    int        `json:"status"`
	Peer      netip.Addr `json:"peer,omitzero"`
	Route     string     `json:"route"`
	Provider  string     `json:"provider,omitempty"`
	Email     string     `json:"email,omitempty"`
	Decision  string     `json:"decision"`
	Rule      string     `json:"rule,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

// Recent remembers the newest decisions for the operators' page. The zero
// Recent is ready; a nil one notes nothing.
type Recent struct {
	passed atomic.Int64 // when a passing request was noted last, in Unix nanoseconds

	mu   sync.Mutex // guards the rest
	ring [maxRecent]Noted
	n    int // how many were noted
}

// Note remembers the decision of a finished record: every refusal, every
// failure, and of requests that passed ten a second.
func (r *Recent) Note(rec *Record) {
	if r == nil || rec.Decision == DecisionNone || rec.Decision == DecisionOwn {
		return
	}
	at := rec.Started.Add(rec.Duration)
	if (rec.Decision == DecisionAllow || rec.Decision == DecisionBypass) && rec.Status < 500 {
		last := r.passed.Load()
		if at.UnixNano()-last < int64(allowedEvery) || !r.passed.CompareAndSwap(last, at.UnixNano()) {
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[r.n%maxRecent] = Noted{
		Time: at, RequestID: rec.RequestID, Method: printable(rec.Method, maxMethod), Host: printable(rec.Host, maxHost),
		Path: printable(rec.Path, maxName), Status: rec.Status, Peer: rec.Peer, Route: rec.Route, Provider: rec.Provider,
		Email: masked(rec.Email), Decision: rec.Decision.String(), Rule: rec.Rule, Reason: rec.Reason,
	}
	r.n++
}

// Newest lists what is remembered, the newest first.
func (r *Recent) Newest() []Noted {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Noted, 0, min(r.n, maxRecent))
	for i := 1; i <= min(r.n, maxRecent); i++ {
		out = append(out, r.ring[(r.n-i)%maxRecent])
	}
	return out
}

// masked is the first letter of an address, and its domain.
func masked(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 1 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(email)
	return printable(string(first)+"…"+email[at:], maxName)
}
