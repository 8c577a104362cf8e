package telemetry

import (
	"context"
	"log/slog"
	"net/netip"
	"time"
)

// AuditEvent is one entry of the audit trail: who did what to whose session,
// and how it ended. Text may come from strangers; no field may hold a secret.
type AuditEvent struct {
	// Event is one of the Event constants.
	Event string
	// Outcome is OutcomeSuccess or OutcomeFailure.
	Outcome string
	// Reason is a code of [a-z_]+.
	Reason string

	RequestID                string
	Provider, Subject, Email string
	Peer                     netip.Addr
	Route                    string
	// Session is the SessionHash of the session in question.
	Session string
	// Err is the cause of a failure.
	Err error
}

// The events of the trail.
const (
	EventSignIn        = "sign_in"
	EventSignOut       = "sign_out"
	EventDenied        = "denied"
	EventRefreshFailed = "refresh_failed"
	EventRevoked       = "revoked"
	EventReloaded      = "reloaded"
)

// The outcomes of an event, in the trail and in metrics.
const (
	OutcomeSuccess = "success"
	OutcomeFailure = "failure"
)

// Audit writes e as one line, msg="audit", at level info. It is written
// whatever the log's level is: a trail that a level switches off is none.
// Fields without a value are left out.
func Audit(log *slog.Logger, e AuditEvent) {
	f := make(fields, 0, maxFields)
	f.text("event", e.Event)
	f.text("outcome", e.Outcome)
	f.text("reason", e.Reason)
	f.text("request_id", e.RequestID)
	f.text("provider", e.Provider)
	f.text("subject", e.Subject)
	f.text("email", e.Email)
	if e.Peer.IsValid() {
		f.text("peer", e.Peer.String())
	}
	f.text("route", e.Route)
	f.text("session", e.Session)
	f.cause(e.Err)

	line := slog.NewRecord(time.Now(), slog.LevelInfo, "audit", 0)
	line.AddAttrs(f...)
	// See AccessLog.Write on the error.
	_ = log.Handler().Handle(context.Background(), line)
}
