package login

import (
	"context"
	"errors"
	"mime"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// maxLogoutForm bounds the body of a back-channel logout request.
const maxLogoutForm = 32 << 10

// HandleBackChannelLogout is POST <auth_path>/backchannel-logout/<provider>:
// the provider's own server says that somebody signed out (OpenID Connect
// Back-Channel Logout 1.0). Whoever reaches the address may post there; the
// token is the proof.
func (l *Login) HandleBackChannelLogout(w http.ResponseWriter, r *http.Request, providerName string) error {
	p := l.byName[providerName]
	if p == nil {
		return &page.Error{Status: http.StatusNotFound, Reason: "provider_unknown", Text: "There is no such provider."}
	}
	token, err := logoutTokenOf(w, r)
	if err != nil {
		return l.badLogout(w, r, err)
	}
	said, err := p.VerifyLogoutToken(r.Context(), token)
	var failure *provider.Error
	switch {
	case errors.As(err, &failure) && failure.Unavailable: // the keys are not at hand: let it try again
		return &page.Error{
			Status: http.StatusServiceUnavailable, Reason: failure.Reason, RetryAfter: failure.RetryAfter, Cause: err,
			Text: "The logout token cannot be checked at the moment.",
		}
	case err != nil:
		return l.badLogout(w, r, err)
	}
	first, err := l.takeLogout(r.Context(), said)
	switch {
	case err != nil:
		return Unavailable(err)
	case !first:
		return l.badLogout(w, r, errors.New("the token was used before, or too many came"))
	}
	ended, err := l.revokeAt(r.Context(), p, session.Match{SID: said.SID, Subject: said.Subject})
	if err != nil {
		l.releaseLogout(r.Context(), said)
		return Unavailable(err)
	}
	l.revokedBy(w, p, said.Subject, "back_channel_logout", ended)
	page.SetHeaders(w.Header(), r.URL.Scheme == "https")
	w.WriteHeader(http.StatusOK)
	return nil
}

// revokeAt revokes at every issuer that the provider goes by. While an
// environment moves to another address, sessions begun under one end by a
// sign-off under the other: the person and the provider's session are the same.
func (l *Login) revokeAt(ctx context.Context, p *provider.Provider, m session.Match) (int, error) {
	ended := 0
	for _, m.Issuer = range p.Issuers() {
		n, err := l.Store.Revoke(ctx, m)
		if err != nil {
			return ended, err
		}
		ended += n
	}
	return ended, nil
}

// logoutTokenOf reads the one parameter of the one form (section 2.5).
func logoutTokenOf(w http.ResponseWriter, r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", errors.New("the content type is not application/x-www-form-urlencoded")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxLogoutForm)
	if err := r.ParseForm(); err != nil {
		return "", err
	}
	tokens := r.PostForm["logout_token"]
	if len(tokens) != 1 || tokens[0] == "" {
		return "", errors.New("there is not exactly one logout_token")
	}
	return tokens[0], nil
}

// badLogout answers the provider in JSON (section 2.8); why is for the log.
func (l *Login) badLogout(w http.ResponseWriter, r *http.Request, cause error) error {
	if rec := telemetry.RecordOf(w); rec != nil {
		rec.Reason, rec.Err = provider.ReasonLogoutToken, cause
	}
	l.Metrics.Refused(provider.ReasonLogoutToken)
	return l.Pages.JSON(w, r, http.StatusBadRequest, map[string]string{
		"error": "invalid_request", "error_description": "the logout token is not acceptable", "reason": provider.ReasonLogoutToken,
	})
}

// revokedBy records that a provider ended sessions, as far as they are known.
func (l *Login) revokedBy(w http.ResponseWriter, p *provider.Provider, subject, reason string, ended int) {
	l.record(w, nil, telemetry.AuditEvent{
		Event: telemetry.EventRevoked, Outcome: telemetry.OutcomeSuccess,
		Provider: p.Name(), Subject: subject, Reason: reason,
	})
	l.Log.Debug("sessions ended by the provider", "provider", p.Name(), "known", ended)
}
