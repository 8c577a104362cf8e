package login

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// shownSessions is how many of their own sessions people see, the newest.
const shownSessions = 20

// lister is the store if it knows all sessions, as Redis does.
func (l *Login) lister() session.Lister {
	lister, _ := l.Store.(session.Lister)
	return lister
}

// noteOrigin writes into a new session where it came from, if anybody will
// ever list it.
func (l *Login) noteOrigin(w http.ResponseWriter, r *http.Request, s *session.Session) {
	if l.lister() == nil {
		return
	}
	s.Device = device(r.UserAgent())
	if at := peer(w); at.IsValid() {
		s.Address = at.String()
	}
}

// ownSessions lists the sessions of s's person, s first.
func (l *Login) ownSessions(r *http.Request, s *session.Session) ([]page.OwnSession, error) {
	lister := l.lister()
	if lister == nil {
		return nil, nil
	}
	list, _, err := lister.List(r.Context(), session.Match{Issuer: s.Identity.Issuer, Subject: s.Identity.Subject}, shownSessions)
	if err != nil {
		return nil, Unavailable(err)
	}
	slices.SortFunc(list, func(a, b session.Summary) int {
		if here := cmp.Compare(boolean(b.ID == s.ID), boolean(a.ID == s.ID)); here != 0 {
			return here
		}
		return cmp.Or(cmp.Compare(b.Seen, a.Seen), cmp.Compare(a.ID, b.ID))
	})
	var own []page.OwnSession
	for _, y := range list {
		token, err := l.Confirm.Token(r, endOf(s, y.ID))
		if err != nil {
			return nil, err
		}
		own = append(own, page.OwnSession{
			ID: y.ID, Device: y.Device, Address: y.Address, Created: y.Created.Std(), Seen: y.Seen.Std(),
			Here: y.ID == s.ID, Action: l.AuthPath + "/sessions", Token: token,
		})
	}
	return own, nil
}

func boolean(is bool) int {
	if is {
		return 1
	}
	return 0
}

// endOf is what a form's token confirms: that s may end the session called id.
func endOf(s *session.Session, id string) string { return s.ID + " " + id }

// HandleEndSession is POST <auth_path>/sessions: it ends one of the person's
// own sessions, named by the form that the home page shows. Like a sign-out it
// needs this origin and the form's token.
func (l *Login) HandleEndSession(w http.ResponseWriter, r *http.Request) error {
	s, err := l.current(w, r)
	if err != nil {
		return err
	}
	if s == nil {
		return LoginRequired(origin(r) + l.loginPath(l.AuthPath+"/", ""))
	}
	lister := l.lister()
	if lister == nil {
		return &page.Error{
			Status: http.StatusNotFound, Reason: "sessions_unlisted",
			Text: "Sessions are kept in browsers here, so nobody can list or end those of others.",
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxCallbackForm)
	if err := r.ParseForm(); err != nil {
		return refuse("form_malformed", "The form could not be read.", l.AuthPath+"/", err)
	}
	id := r.PostForm.Get("session")
	if r.Header.Get("Origin") != origin(r) || !l.Confirm.Check(r, endOf(s, id), r.PostForm.Get("token")) {
		return &page.Error{
			Status: http.StatusForbidden, Reason: "confirmation_invalid",
			Text:     "This confirmation is too old or was made elsewhere. Nothing was ended.",
			RetryURL: l.AuthPath + "/",
		}
	}
	list, _, err := lister.List(r.Context(), session.Match{ID: id}, 1)
	if err != nil {
		return Unavailable(err)
	}
	// The token says that this person saw the session on their own list; its
	// place may have been taken since.
	if len(list) == 1 && list[0].Issuer == s.Identity.Issuer && list[0].Subject == s.Identity.Subject {
		if id == s.ID {
			err = l.Store.Clear(w, r)
		} else {
			_, err = l.Store.Revoke(r.Context(), session.Match{ID: id})
		}
		if err != nil {
			return Unavailable(err)
		}
		l.record(w, s, telemetry.AuditEvent{Event: telemetry.EventRevoked, Outcome: telemetry.OutcomeSuccess, Reason: "ended_by_person"})
	}
	l.Pages.Redirect(w, r, http.StatusSeeOther, l.AuthPath+"/")
	return nil
}
