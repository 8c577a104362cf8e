package telemetry

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"time"
)

// Record is what is known of one request, filled as it is learnt. Text may
// come from strangers as it is: the log bounds and escapes it. No field may
// hold a secret, and Path no query, because queries carry codes and tokens.
type Record struct {
	RequestID string
	// Method, Host and Path are the client's as sent until the door puts what
	// it resolved in their place.
	Method, Host, Path string
	// Status is the final status as sent: informational answers do not
	// count, a hijacked connection is 101. Zero means that nothing was
	// answered yet, and Finish makes it what net/http sends then.
	Status int
	// Bytes counts the body as written, before any transfer coding, and
	// nothing of a hijacked connection.
	Bytes int64
	// Started is when the request's head had arrived, Duration how long it
	// took until Finish.
	Started  time.Time
	Duration time.Duration
	// UpstreamDuration is how long the upstream took from being asked to the
	// head of its answer; zero when it was not asked or did not answer.
	UpstreamDuration time.Duration
	// Peer is the client's address, unmapped, as the door resolved it.
	Peer netip.Addr
	// Route is the configured route's name, Provider the configured
	// provider's.
	Route, Provider string
	// Subject and Email say who is signed in.
	Subject, Email string
	// Decision is what was decided, Rule which rule did, Reason a code
	// of [a-z_]+ that says why.
	Decision Decision
	Rule     string
	// Shadow names the shadow rules that would have had a say, joined by
	// commas.
	Shadow string
	Reason string
	// Upstream is the address that the request was forwarded to.
	Upstream string
	// Session is the SessionHash of the session in use.
	Session string
	// TraceID names the request's trace, "" when nothing is traced.
	TraceID string
	// Err is the cause of a failure. It is logged, never answered.
	Err error
}

// Begin starts the record of r at now, with a fresh request id. The peer is
// for the door to say.
func (rec *Record) Begin(r *http.Request, now time.Time) {
	rec.RequestID = NewRequestID()
	rec.Method, rec.Host, rec.Path = r.Method, r.Host, r.URL.EscapedPath()
	rec.Started = now
}

// Finish closes the record at now.
func (rec *Record) Finish(now time.Time) {
	rec.Duration = now.Sub(rec.Started)
	if rec.Status == 0 {
		rec.Status = http.StatusOK // what net/http sends for a handler that wrote nothing
	}
	if rec.Method == http.MethodHead {
		rec.Bytes = 0 // net/http takes a body here and drops it
	}
}

// failed reports whether the gateway itself could not do its work. A 500 that
// the upstream answered is the upstream's news.
func (rec *Record) failed() bool { return rec.Err != nil && rec.Status >= 500 }

// Decision is what became of a request, from a closed set so that it can be a
// metric's label. The zero Decision is none: refused before there was one.
type Decision uint8

const (
	// DecisionNone: no route, a malformed request, or a failure on the way.
	DecisionNone Decision = iota
	// DecisionAllow: forwarded as the signed-in caller.
	DecisionAllow
	// DecisionBypass: forwarded whoever it was.
	DecisionBypass
	// DecisionDeny: refused by policy.
	DecisionDeny
	// DecisionSignIn: asked to sign in.
	DecisionSignIn
	// DecisionNeedToken: asked for a machine's token.
	DecisionNeedToken
	// DecisionOwn: one of the gateway's own addresses answered.
	DecisionOwn

	decisions = iota
)

// String returns the word in logs and labels; none is empty.
func (d Decision) String() string {
	switch d {
	case DecisionAllow:
		return "allow"
	case DecisionBypass:
		return "bypass"
	case DecisionDeny:
		return "deny"
	case DecisionSignIn:
		return "sign_in"
	case DecisionNeedToken:
		return "need_token"
	case DecisionOwn:
		return "own"
	default:
		return ""
	}
}

// SessionHash returns 12 hex digits that name a session in logs without
// letting a reader of the log name it anywhere else. Compute it once when a
// session is opened, not once a request.
func SessionHash(id string) string {
	if id == "" {
		return ""
	}
	var room [64]byte
	sum := sha256.Sum256(append(append(room[:0], "gatehouse log session "...), id...))
	var digits [12]byte
	hex.Encode(digits[:], sum[:6])
	return string(digits[:])
}
