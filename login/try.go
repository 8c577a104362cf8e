package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// try finishes an operator's test: everything that a sign-in checks, and then
// neither session nor cookie. What came of it, refusals too, goes to Tests;
// the browser learns only that it is over.
func (l *Login) try(w http.ResponseWriter, r *http.Request, p *provider.Provider, attempt *session.Attempt, answer url.Values) error {
	state := answer.Get("state")
	l.Attempts.Finish(w, r, state)
	if !l.Redeemed.Begin(state) {
		return testUnknown()
	}
	l.Redeemed.Failed(state)
	if l.withoutOffline(p, attempt, answer) {
		return l.start(w, r, p, ask{returnTo: "/", online: true, test: attempt.Test})
	}
	found, err := l.inspect(r, p, attempt, answer)
	reason, cause := "", ""
	if err != nil {
		reason, cause = "internal", err.Error()
		var refusal *page.Error
		if errors.As(err, &refusal) {
			reason, cause = refusal.Reason, refusal.Text
			if refusal.Cause != nil {
				cause = refusal.Cause.Error()
			}
		}
	}
	l.Tests.finish(attempt.Test, p.Name(), found, reason, cause)
	l.Log.Info("test sign-in finished", "provider", p.Name(), "reason", reason)
	return l.Pages.Tested(w, r)
}

func (l *Login) inspect(r *http.Request, p *provider.Provider, attempt *session.Attempt, answer url.Values) (*provider.Inspection, error) {
	if err := p.CheckResponse(answer); err != nil {
		return nil, l.providerError(p, err, "/")
	}
	if code := answer.Get("error"); code != "" {
		return nil, refusedByProvider(code, "")
	}
	if answer.Get("code") == "" {
		return nil, refuse("code_missing", "The sign-in service sent back no code.", "", nil)
	}
	secrets := attempt.Secrets()
	found, err := p.Inspect(context.WithoutCancel(r.Context()), provider.Redemption{
		Code: answer.Get("code"), RedirectURI: l.redirectURI(r, p), Nonce: secrets.Nonce, Verifier: secrets.Verifier,
	})
	if err != nil {
		return found, l.providerError(p, err, "/")
	}
	return found, nil
}

// testUnknown: the link of a test works for ten minutes and once.
func testUnknown() error {
	return &page.Error{
		Status: http.StatusNotFound, Reason: "test_unknown",
		Text: "This test sign-in is over or too old. Start another one on the provider's test page of the admin listener.",
	}
}
