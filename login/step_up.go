package login

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// A route may ask for more than a session: step_up names how strongly and how
// recently. Each sign-in that leads there asks the provider for it, and is held
// to it before there is a session, so that a provider which does not deliver is
// told of at once and nobody goes round.

// maxLevels bounds what a session remembers of acr values: a provider chooses
// them, and cookies are small.
const maxLevels = 8

// StepUp starts a sign-in that s, whose level does not do, comes back from to
// the request's own address. It is at the session's own provider: another would
// make somebody else of the person.
func (l *Login) StepUp(w http.ResponseWriter, r *http.Request, s *session.Session) error {
	a := ask{returnTo: l.ReturnTo.Check(requestTarget(r), origin(r))}
	return l.start(w, r, l.byName[s.Identity.Provider], a)
}

// StepUpURL is the absolute address that does the same.
func (l *Login) StepUpURL(r *http.Request, s *session.Session) string {
	return origin(r) + l.loginPath(requestTarget(r), s.Identity.Provider)
}

// StepUpRequired is the 401 for whoever is no browser navigation, with the
// challenge of RFC 9470 in h.
func StepUpRequired(h http.Header, level session.Level, loginURL string) error {
	challenge := `Bearer realm="gatehouse", error="insufficient_user_authentication", error_description="a stronger or more recent sign-in is needed"`
	if len(level.ACR) > 0 {
		challenge += `, acr_values="` + strings.Join(level.ACR, " ") + `"`
	}
	if level.MaxAge > 0 {
		challenge += `, max_age="` + seconds(level.MaxAge) + `"`
	}
	h.Set("WWW-Authenticate", challenge)
	return &page.Error{
		Status: http.StatusUnauthorized, Code: "step_up_required", Reason: "step_up_required",
		Text: "This application asks for a stronger or more recent sign-in.", LoginURL: loginURL,
	}
}

func seconds(t session.Time) string { return strconv.FormatInt(int64(t), 10) }

// notDelivered is a finished sign-in that is not what was asked for. The old
// session, if there is one, goes on. The way back has the provider ask anew.
func (l *Login) notDelivered(p *provider.Provider, attempt *session.Attempt, cause error) error {
	return &page.Error{
		Status: http.StatusForbidden, Code: "step_up_not_satisfied", Reason: "step_up_not_satisfied",
		Text:     "This application asks for a stronger or more recent sign-in, and the sign-in service did not deliver it.",
		RetryURL: ask{returnTo: attempt.ReturnTo, prompt: promptLogin, handOver: attempt.HandOver}.path(l, p.Name()),
		Cause:    cause,
	}
}

// deliver holds a grant to what its attempt asked for, by the very rule that
// the route then applies. What was reached earlier does not help: it was asked
// for now.
func (l *Login) deliver(p *provider.Provider, attempt *session.Attempt, grant *provider.Grant) error {
	asked := attempt.LevelAsked()
	if asked.Met(l.Worth(grant), session.At(l.Now())) {
		return nil
	}
	return l.notDelivered(p, attempt, errors.New("asked for acr "+strconv.Quote(attempt.ACR)+" and max_age "+strconv.Itoa(attempt.MaxAge)+
		", got acr "+strconv.Quote(grant.Identity.ACR)+" of "+grant.AuthTime.UTC().Format("15:04:05")))
}

// Worth is the session that a sign-in of somebody new makes, as far as policies
// and levels see it.
func (l *Login) Worth(grant *provider.Grant) *session.Session {
	s := &session.Session{Identity: grant.Identity}
	l.reached(s, nil, grant)
	return s
}

// reached notes in s what a sign-in was worth. What the session before it had
// reached stays, if that was the same person's at the same provider.
func (l *Login) reached(s, before *session.Session, grant *provider.Grant) {
	now := session.At(l.Now())
	if before != nil && samePerson(s, before) {
		s.AuthTime = before.AuthTime
		for acr, at := range before.Levels {
			if now-session.NotedAt(at) < l.oldest() {
				l.reach(s, acr, at)
			}
		}
	}
	at := session.Undated(now)
	if !grant.AuthTime.IsZero() {
		at = min(session.At(grant.AuthTime), now) // a clock ahead makes nothing last longer
		s.AuthTime = max(s.AuthTime, at)
	}
	if acr := grant.Identity.ACR; acr != "" {
		l.reach(s, acr, at)
	}
}

// oldest is how long a level is carried from session to session: no longer than
// one session could have kept it.
func (l *Login) oldest() session.Time { return session.Time(l.Lifetime.Absolute.Seconds()) }

func (l *Login) reach(s *session.Session, acr string, at session.Time) {
	if s.Levels == nil {
		s.Levels = map[string]session.Time{}
	}
	s.Levels[acr] = max(s.Levels[acr], at) // one with a date counts for more
	if at < 0 && s.Levels[acr] < 0 {
		s.Levels[acr] = min(s.Levels[acr], at) // the later of two without
	}
	if len(s.Levels) > maxLevels {
		delete(s.Levels, slices.MinFunc(slices.Collect(maps.Keys(s.Levels)), func(a, b string) int {
			return int(session.NotedAt(s.Levels[a]) - session.NotedAt(s.Levels[b]))
		}))
	}
}

func samePerson(a, b *session.Session) bool {
	return a.Identity.Provider == b.Identity.Provider && a.Identity.Issuer == b.Identity.Issuer && a.Identity.Subject == b.Identity.Subject
}
