package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

const (
	// maxCallbackForm bounds the body of a form_post answer.
	maxCallbackForm = 64 << 10
	// retryAfter is for a provider that says it has a problem, and not for how long.
	retryAfter = 5 * time.Second
)

// HandleCallback is GET|POST <auth_path>/callback/<provider>, the redirect URI.
//
// The order is the protection: the state must name an attempt of this very
// browser, the attempt this provider, and the answer its issuer, before the
// code goes anywhere (RFC 9700 sections 2.1 and 4.4, RFC 9207).
func (l *Login) HandleCallback(w http.ResponseWriter, r *http.Request, providerName string) error {
	err := l.callback(w, r, providerName)
	var answer *page.Error
	if errors.As(err, &answer) && answer.Status < 500 {
		if wait := l.Failures.Take(client(w, r)); wait > 0 {
			return tooManyFailures(wait)
		}
	}
	return err
}

func (l *Login) callback(w http.ResponseWriter, r *http.Request, providerName string) error {
	p := l.byName[providerName]
	if p == nil {
		return &page.Error{Status: http.StatusNotFound, Reason: "provider_unknown", Text: "There is no such way to sign in here."}
	}
	if err := navigationOnly(r); err != nil {
		return err
	}
	answer, err := callbackParams(w, r)
	if err != nil {
		return refuse("callback_malformed", "The sign-in service sent back something that cannot be read.", l.loginPath("/", ""), err)
	}
	state, again := strings.CutSuffix(answer.Get("state"), againMark)
	if state == "" {
		return refuse("state_missing", "This address only works as the last step of a sign-in.", l.loginPath("/", ""), nil)
	}
	attempt, err := l.Attempts.Take(r, state)
	if err != nil {
		return l.lost(w, r, p, lostAttempt{state: state, again: again, answer: answer, cause: err})
	}
	retry := l.loginPath(attempt.ReturnTo, p.Name())
	if attempt.Provider != p.Name() {
		return l.failed(w, p, refuse("provider_mismatch", "This answer belongs to another sign-in.", retry, nil))
	}
	if attempt.Test != "" {
		return l.try(w, r, p, attempt, answer)
	}
	if err := p.CheckResponse(answer); err != nil {
		return l.failed(w, p, l.providerError(p, err, attempt.ReturnTo))
	}
	if code := answer.Get("error"); code != "" {
		l.Attempts.Finish(w, r, state)
		if l.withoutOffline(p, attempt, answer) {
			return l.start(w, r, p, ask{returnTo: attempt.ReturnTo, online: true, before: attempt.Before, handOver: attempt.HandOver})
		}
		if code == "unmet_authentication_requirements" { // OpenID Connect's own word for it
			return l.failed(w, p, l.notDelivered(p, attempt, errors.New("the provider answered "+code)))
		}
		return l.failed(w, p, refusedByProvider(code, retry))
	}
	if answer.Get("code") == "" {
		return l.failed(w, p, refuse("code_missing", "The sign-in service sent back no code.", retry, nil))
	}
	if !l.Redeemed.Begin(state) {
		return l.lost(w, r, p, lostAttempt{state: state, again: true, answer: answer, cause: errors.New("answered before")})
	}
	// Side by side at two replicas, too: a provider that sees a code twice
	// takes back what it gave for it (RFC 6749 section 4.1.2).
	first, err := l.firstAnswer(r.Context(), state)
	if err != nil {
		l.Redeemed.Failed(state)
		return l.failed(w, p, Unavailable(err))
	}
	if !first {
		l.Redeemed.Failed(state)
		return l.lost(w, r, p, lostAttempt{state: state, again: true, answer: answer, cause: errors.New("answered before, at another replica")})
	}
	return l.redeem(w, r, p, attempt, state, answer.Get("code"))
}

// withoutOffline tells whether the provider refuses offline_access, which it
// lists and has not granted to us: once it is left out then.
func (l *Login) withoutOffline(p *provider.Provider, attempt *session.Attempt, answer url.Values) bool {
	return answer.Get("error") == "invalid_scope" && !attempt.Online && p.AsksOffline(l.Renewal.renews()) && p.CheckResponse(answer) == nil
}

// redeem exchanges the code, which is ours by now, for a session.
func (l *Login) redeem(w http.ResponseWriter, r *http.Request, p *provider.Provider, attempt *session.Attempt, state, code string) error {
	// A browser that hangs up must not burn the code of the one that waits;
	// Redeem has a deadline of its own.
	ctx := context.WithoutCancel(r.Context())
	secrets := attempt.Secrets()
	grant, err := p.Redeem(ctx, provider.Redemption{
		Code: code, RedirectURI: l.redirectURI(r, p), Nonce: secrets.Nonce, Verifier: secrets.Verifier,
		MaxAge: time.Duration(attempt.MaxAge) * time.Second,
	})
	l.Attempts.Finish(w, r, state)
	var failure *provider.Error
	switch {
	case err == nil:
		err = l.deliver(p, attempt, grant)
	case attempt.MaxAge > 0 && errors.As(err, &failure) && failure.Reason == provider.ReasonIDTokenAuthTime:
		err = l.notDelivered(p, attempt, err)
	default:
		err = l.providerError(p, err, attempt.ReturnTo)
	}
	if err != nil {
		l.forgetAnswer(ctx, state)
		return l.failed(w, p, err)
	}
	lap := l.lap(r)
	s, err := l.establish(w, r, p, attempt.Before, grant)
	if err != nil {
		l.forgetAnswer(ctx, state)
		return l.failed(w, p, err)
	}
	l.Attempts.SetLap(w, r, lap)
	target := attempt.ReturnTo
	if l.carried(attempt.HandOver, r).origin != "" {
		// The session's cookie comes with the next request, and goes on from there.
		target = ask{returnTo: attempt.ReturnTo, handOver: attempt.HandOver}.path(l, p.Name())
	}
	l.Redeemed.Done(state, target, s.ID)
	if len(l.Providers) > 1 {
		l.LastChoice.Set(w, r, p.Name())
	}
	l.signedIn(w, s)
	l.Pages.Redirect(w, r, http.StatusSeeOther, target)
	return nil
}

// establish makes the new session. Its id is fresh, whatever the browser
// brought along, and Save revokes the session it replaces, so nothing planted
// or copied before the sign-in is worth anything after it. replaced is what remains
// of a session that r does not carry and that goes as well, or nil.
func (l *Login) establish(w http.ResponseWriter, r *http.Request, p *provider.Provider, replaced *session.Session, grant *provider.Grant) (*session.Session, error) {
	before, err := l.Store.Load(r)
	if err != nil {
		before = nil // what cannot be read was not reached
	}
	if replaced != nil {
		if before == nil && l.Lifetime.Live(replaced, session.At(l.Now())) && !l.Store.Ended(replaced) {
			before = replaced // it lives, and is the browser's: the attempt said so
		}
		if _, err := l.Store.Revoke(r.Context(), session.Match{ID: replaced.ID}); err != nil {
			return nil, Unavailable(err)
		}
	}
	s := &session.Session{
		ID:       session.NewID(),
		Identity: grant.Identity,
		SID:      grant.SID,
		Kept:     p.Kept(),
		Tokens:   l.Renewal.tokens(p, grant),
	}
	l.reached(s, before, grant)
	l.noteOrigin(w, r, s)
	err = l.Store.Save(w, r, s)
	if errors.Is(err, session.ErrTooLarge) && s.Tokens.ID != "" && !l.Renewal.ID {
		// Signing in matters more than the hint of a sign-out.
		s.Tokens.ID, s.Tokens.IDExpires = "", 0
		err = l.Store.Save(w, r, s)
	}
	switch {
	case errors.Is(err, session.ErrTooLarge):
		return nil, tooLarge(err)
	case err != nil:
		return nil, Unavailable(err)
	}
	return s, nil
}

// tooLarge is for a session that no browser can hold.
func tooLarge(cause error) error {
	return &page.Error{
		Status: http.StatusForbidden, Reason: "session_too_large",
		Text:  "Your account carries more groups or claims than a browser's cookies can hold. The operator can send fewer claims, or keep sessions in Redis.",
		Cause: cause,
	}
}

// callbackParams reads the answer's parameters, each at most once: a second
// code or state would let two readers see two different answers.
func callbackParams(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	raw := r.URL.RawQuery
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxCallbackForm)
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		raw = r.PostForm.Encode()
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(values[name]) > 1 {
			return nil, errors.New("parameter " + name + " appears twice")
		}
	}
	return values, nil
}

// ReasonProviderConfiguration: the provider does not accept how we ask.
const ReasonProviderConfiguration = "provider_configuration"

// refusedByProvider explains an error answer (RFC 6749 section 4.1.2.1, OpenID
// Connect Core section 3.1.2.6). The provider's own words are a stranger's
// bytes and stay out of the page.
func refusedByProvider(code, retry string) error {
	reason, text := "provider_refused", "The sign-in service refused the sign-in."
	switch code {
	case "access_denied":
		reason, text = code, "The sign-in was cancelled, or your account may not use this application."
	case "login_required", "interaction_required", "account_selection_required", "consent_required":
		reason, text = "interaction_required", "The sign-in service needs you to sign in there first."
	case "invalid_scope", "unauthorized_client", "invalid_request", "unsupported_response_type":
		reason, text = ReasonProviderConfiguration, "The sign-in service does not accept how this application asks. Its operator has to look at the registration."
	case "server_error", "temporarily_unavailable":
		return &page.Error{
			Status: http.StatusServiceUnavailable, Reason: "provider_unavailable", RetryAfter: retryAfter, RetryURL: retry,
			Text: "The sign-in service has a problem at the moment. Please try again shortly.",
		}
	}
	return refuse(reason, text, retry, nil)
}

func refuse(reason, text, retry string, cause error) error {
	return &page.Error{Status: http.StatusBadRequest, Reason: reason, Text: text, RetryURL: retry, Cause: cause}
}
