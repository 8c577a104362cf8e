package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

const (
	// refreshDeadline bounds one refresh with the wait for its lock.
	refreshDeadline = 30 * time.Second
	// goOn is how long somebody waits for a refresh that could as well come
	// with a later request.
	goOn = 2 * time.Second
)

// fresh returns s as it may be used: as it is, which most requests find without
// a look at the clock, or refreshed.
func (l *Login) fresh(r *http.Request, s *session.Session, p *provider.Provider) (*session.Session, error) {
	if s.Kept == p.Kept() && !l.Renewal.renews() {
		return s, nil
	}
	now := session.At(l.Now())
	if !l.due(s, p, now) {
		if l.Renewal.lacks(s) {
			return nil, session.ErrNone
		}
		return s, nil
	}
	if !l.askable(s, p) || l.Refreshes.resting(s.ID, p.Name()) {
		return l.unrefreshed(s, p, now)
	}
	return l.join(r, s, p, now)
}

// due reports whether s has to be refreshed: it lacks claims that this
// configuration reads, or a token ends, or it is time to look after it.
func (l *Login) due(s *session.Session, p *provider.Provider, now session.Time) bool {
	return s.Kept != p.Kept() || l.Renewal.ending(s, now) || l.Renewal.unchecked(s, now)
}

// askable reports whether there is anything to ask the provider with.
func (l *Login) askable(s *session.Session, p *provider.Provider) bool {
	return s.Tokens.Refresh != "" || l.introspectable(s, p)
}

// introspectable: a recheck can do without a refresh token.
func (l *Login) introspectable(s *session.Session, p *provider.Provider) bool {
	ends := s.Tokens.AccessExpires // after which it says nothing about the person
	return l.Renewal.Recheck > 0 && s.Tokens.Access != "" && s.Kept == p.Kept() && p.CanIntrospect() &&
		(ends.IsZero() || session.At(l.Now()) < ends)
}

// usable reports whether s does for now although it is due.
func (l *Login) usable(s *session.Session, p *provider.Provider, now session.Time) bool {
	return s.Kept == p.Kept() && !l.Renewal.lacks(s) && !l.Renewal.ended(s, now)
}

// unrefreshed is what becomes of s without the refresh that is due: it goes on,
// without tokens that have ended (headers leave those out), unless the operator
// wants a new sign-in then. Claims that this configuration reads cannot be
// missing, and a recheck that nothing can be asked with never passes.
func (l *Login) unrefreshed(s *session.Session, p *provider.Provider, now session.Time) (*session.Session, error) {
	switch o := &l.Renewal; {
	case s.Kept != p.Kept(), o.lacks(s):
		return nil, session.ErrNone
	case o.Reauth && o.ended(s, now):
		return nil, session.ErrNone
	case o.unchecked(s, now) && (o.Reauth || !l.askable(s, p)):
		return nil, session.ErrNone
	}
	return s, nil
}

// join makes one refresh of all that are wanted at the same time.
func (l *Login) join(r *http.Request, s *session.Session, p *provider.Provider, now session.Time) (*session.Session, error) {
	usable := l.usable(s, p, now)
	f, lead := l.Refreshes.join(s.ID)
	if lead {
		// Its first caller may hang up; the others still wait (and the answer
		// that the provider gives once must not be lost).
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), refreshDeadline)
		asked := r.Clone(ctx)
		go l.fly(asked, f, s, p, cancel)
	} else if usable {
		return s, nil
	}
	var late <-chan time.Time
	if usable {
		timer := time.NewTimer(goOn)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-f.done:
		return f.session, f.err
	case <-late:
		return s, nil
	case <-r.Context().Done():
		return nil, session.ErrUnavailable
	}
}

// fly refreshes on a goroutine of its own, where a panic would end the process.
func (l *Login) fly(r *http.Request, f *flight, s *session.Session, p *provider.Provider, done func()) {
	var next *session.Session
	err := error(session.ErrUnavailable) // unless it comes to an end
	defer func() {
		if crash := recover(); crash != nil {
			l.Log.Error("refresh panicked", "panic", fmt.Sprint(crash), "stack", string(debug.Stack()))
		}
		l.Refreshes.land(s.ID, f, next, err)
		done()
	}()
	next, err = l.refresh(r, s, p)
}

// refresh asks the provider, under the lock that makes it once for all
// processes, and stores what comes of it.
func (l *Login) refresh(r *http.Request, s *session.Session, p *provider.Provider) (*session.Session, error) {
	unlock, err := l.Store.Lock(r.Context(), s.ID)
	if err != nil {
		return nil, errors.Join(session.ErrUnavailable, err)
	}
	defer unlock()
	// Somebody else may have done it while we waited.
	if s, err = l.Store.Reload(r, s); err != nil {
		return nil, err
	}
	now := session.At(l.Now())
	switch {
	case !l.due(s, p, now):
		return l.unrefreshed(s, p, now)
	case s.Tokens.Spending != 0:
		return l.interrupted(r, s, p)
	case l.Refreshes.resting(s.ID, p.Name()):
		return l.unrefreshed(s, p, now)
	case s.Tokens.Refresh == "":
		return l.recheck(r, s, p)
	}
	if l.Store.Shared() {
		// Should this process die now, the others know that the token may be
		// spent, and do not spend it twice.
		next := *s
		next.Tokens.Spending = now
		if s, err = l.Store.Update(r, &next); err != nil {
			return nil, err
		}
	}
	got, err := p.Refresh(r.Context(), provider.Renewal{RefreshToken: s.Tokens.Refresh, Subject: s.Identity.Subject})
	if err == nil && got.Identity != nil && got.Identity.Issuer != s.Identity.Issuer {
		err = &provider.Error{Reason: provider.ReasonRefreshSubject}
	}
	if provider.EndsSession(err) {
		return nil, l.endRefused(r, s, p, err)
	}
	return l.refreshed(r, s, p, got, err)
}

// refreshed stores what came of a refresh that does not end the session. An
// error may come with tokens.
func (l *Login) refreshed(r *http.Request, s *session.Session, p *provider.Provider, got *provider.Renewed, failure error) (*session.Session, error) {
	next := *s
	next.Tokens.Spending = 0
	if got != nil {
		l.Renewal.apply(&next, p, got)
		next.Checked = session.At(l.Now())
	}
	if failure != nil {
		l.refreshFailed(r, s, p, failure)
	} else {
		l.Refreshes.succeeded(s.ID)
		l.Metrics.Refreshed(p.Name(), telemetry.OutcomeSuccess)
	}
	if got == nil && !l.Store.Shared() {
		return l.unrefreshed(s, p, session.At(l.Now()))
	}
	stored, err := l.update(r, &next)
	switch {
	case errors.Is(err, session.ErrTooLarge):
		return nil, l.end(r, s, tooLarge(err))
	case errors.Is(err, session.ErrNone):
		l.dropTokens(&next) // signed out meanwhile, and these came too late
		return nil, err
	case err != nil:
		return nil, err
	}
	return l.unrefreshed(stored, p, session.At(l.Now()))
}

// update tries more than once to store tokens that cannot be had again.
func (l *Login) update(r *http.Request, next *session.Session) (stored *session.Session, err error) {
	for pause := 100 * time.Millisecond; ; pause *= 2 {
		stored, err = l.Store.Update(r, next)
		if err == nil || errors.Is(err, session.ErrNone) || errors.Is(err, session.ErrTooLarge) || pause > 2*time.Second {
			return stored, err
		}
		select {
		case <-r.Context().Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// interrupted gives up a refresh token that somebody died over: whether it was
// spent cannot be known, and spending it twice would end everything that came
// of it (RFC 9700 section 4.14.2).
func (l *Login) interrupted(r *http.Request, s *session.Session, p *provider.Provider) (*session.Session, error) {
	next := *s
	next.Tokens.Refresh, next.Tokens.Spending = "", 0
	l.refreshFailed(r, s, p, &provider.Error{Reason: ReasonInterrupted})
	stored, err := l.Store.Update(r, &next)
	if err != nil {
		return nil, err
	}
	return l.unrefreshed(stored, p, session.At(l.Now()))
}

// ReasonInterrupted: a process died while it spent the refresh token of the session.
const ReasonInterrupted = "refresh_interrupted"

// recheck asks about the access token instead of spending a refresh token.
func (l *Login) recheck(r *http.Request, s *session.Session, p *provider.Provider) (*session.Session, error) {
	now := session.At(l.Now())
	if !l.introspectable(s, p) {
		return l.unrefreshed(s, p, now)
	}
	active, err := p.StillActive(r.Context(), s.Tokens.Access)
	switch {
	case err != nil:
		l.refreshFailed(r, s, p, err)
		return l.unrefreshed(s, p, now)
	case !active:
		return nil, l.endRefused(r, s, p, &provider.Error{Reason: provider.ReasonGrantRejected, Err: errInactive})
	}
	l.Refreshes.succeeded(s.ID)
	next := *s
	next.Checked = now
	stored, err := l.Store.Update(r, &next)
	if err != nil {
		return nil, err
	}
	return l.unrefreshed(stored, p, now)
}

var errInactive = errors.New("the access token is not active any more")

// endRefused ends a session of which the provider knows nothing any more.
func (l *Login) endRefused(r *http.Request, s *session.Session, p *provider.Provider, cause error) error {
	l.refreshFailed(r, s, p, cause)
	return l.end(r, s, &page.Error{
		Status: http.StatusUnauthorized, Reason: "session_ended", Cause: cause,
		Text:     "Your sign-in has ended at the sign-in service. Please sign in again.",
		LoginURL: l.LoginURL(r),
	})
}

// end revokes s and returns what to tell those who asked with it, once: whoever
// comes later has no session.
func (l *Login) end(r *http.Request, s *session.Session, answer error) error {
	if _, err := l.Store.Revoke(r.Context(), session.Match{ID: s.ID}); err != nil {
		return errors.Join(session.ErrUnavailable, err)
	}
	return answer
}

// refreshFailed counts and records a failure.
func (l *Login) refreshFailed(r *http.Request, s *session.Session, p *provider.Provider, cause error) {
	l.Refreshes.failed(s.ID, p.Name(), cause)
	l.Metrics.Refreshed(p.Name(), telemetry.OutcomeFailure)
	reason := "internal"
	var e *provider.Error
	if errors.As(cause, &e) {
		reason = e.Reason
	}
	l.record(nil, s, telemetry.AuditEvent{
		Event: telemetry.EventRefreshFailed, Outcome: telemetry.OutcomeFailure, Reason: reason, Err: cause,
	})
}
