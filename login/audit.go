package login

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// signedIn records a sign-in that became s.
func (l *Login) signedIn(w http.ResponseWriter, s *session.Session) {
	l.Metrics.SignIn(s.Identity.Provider, telemetry.OutcomeSuccess, "")
	l.record(w, s, telemetry.AuditEvent{Event: telemetry.EventSignIn, Outcome: telemetry.OutcomeSuccess})
}

// signedOut records that s was ended by its person.
func (l *Login) signedOut(w http.ResponseWriter, s *session.Session) {
	l.record(w, s, telemetry.AuditEvent{Event: telemetry.EventSignOut, Outcome: telemetry.OutcomeSuccess})
}

// failed records a sign-in that came to nothing and hands its error on.
func (l *Login) failed(w http.ResponseWriter, p *provider.Provider, err error) error {
	reason, cause := "internal", err
	var answer *page.Error
	if errors.As(err, &answer) {
		reason, cause = answer.Reason, answer.Cause
	}
	l.Metrics.SignIn(p.Name(), telemetry.OutcomeFailure, reason)
	if misconfigured[reason] {
		l.Log.Error("nobody can sign in until configuration and registration agree", "provider", p.Name(), "reason", reason)
	}
	l.record(w, nil, telemetry.AuditEvent{
		Event: telemetry.EventSignIn, Outcome: telemetry.OutcomeFailure, Provider: p.Name(), Reason: reason, Err: cause,
	})
	return err
}

// Denied records that policy refused somebody.
func (l *Login) Denied(rec *telemetry.Record) {
	telemetry.Audit(l.Log, telemetry.AuditEvent{
		Event: telemetry.EventDenied, Outcome: telemetry.OutcomeFailure, Reason: rec.Reason, RequestID: rec.RequestID, Peer: rec.Peer, Route: rec.Route,
		Provider: rec.Provider, Subject: rec.Subject, Email: rec.Email, Session: rec.Session,
	})
}

// misconfigured are the reasons that no retry mends and no person causes.
var misconfigured = map[string]bool{
	ReasonProviderConfiguration:      true,
	provider.ReasonClientRejected:    true,
	provider.ReasonTokenRefused:      true,
	provider.ReasonPARMissing:        true,
	provider.ReasonPARRefused:        true,
	provider.ReasonDiscoveryIssuer:   true,
	provider.ReasonDiscoveryEndpoint: true,
	provider.ReasonAnswerStatus:      true,
}

// record completes an audit event from the request's record and the session.
func (l *Login) record(w http.ResponseWriter, s *session.Session, e telemetry.AuditEvent) {
	if rec := telemetry.RecordOf(w); rec != nil {
		e.RequestID, e.Peer, e.Route = rec.RequestID, rec.Peer, rec.Route
	}
	if s != nil {
		e.Provider, e.Subject, e.Email = s.Identity.Provider, s.Identity.Subject, s.Identity.Email
		e.Session = telemetry.SessionHash(s.ID)
	}
	telemetry.Audit(l.Log, e)
}
