package login

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

const (
	// againMark ends the state of a sign-in that began because the one before
	// was lost. Cookies may be what is lost, so the mark cannot be in one.
	againMark = "~"
	// maxLaps is how many sign-ins in a row may come to nothing before they are
	// called a loop. Where people are signed in at the provider each round is
	// redirects alone, up to six of them, and browsers give up at twenty.
	maxLaps = 3
)

// mark is what a adds to its state.
func (a ask) mark() string {
	if a.again {
		return againMark
	}
	return ""
}

// lostAttempt is a callback to which no attempt of this browser belongs.
type lostAttempt struct {
	state  string
	again  bool // do not start once more
	answer url.Values
	cause  error
}

// lost answers a callback whose attempt is gone. If this browser has the
// session that came of it, a reload or a second click goes on to the target.
// Otherwise nothing is redeemed, and the refusal's page leads to a new sign-in
// by itself, once: people who took too long, or whose other tabs pushed this
// attempt out, need not understand why. Where they wanted to go is lost.
func (l *Login) lost(w http.ResponseWriter, r *http.Request, p *provider.Provider, a lostAttempt) error {
	target, id, done := l.Redeemed.Wait(r.Context(), a.state)
	if done {
		if s, err := l.Current(r); err == nil && s.ID == id {
			l.Pages.Redirect(w, r, http.StatusSeeOther, target)
			return nil
		}
		if r.Method == http.MethodPost {
			// Another site's form comes without the session's cookie; the GET
			// that follows brings it, and is told here whether it may go on.
			l.Pages.Redirect(w, r, http.StatusSeeOther, r.URL.Path+"?state="+url.QueryEscape(a.state))
			return nil
		}
	}
	retry := l.loginPath("/", "")
	if _, err := l.Store.Load(r); !a.again && !done && len(a.state) == session.StateLen && a.answer.Get("code") != "" &&
		r.Method == http.MethodGet && errors.Is(err, session.ErrNone) {
		retry = l.loginPath("/", p.Name()) + "&again=1"
		w.Header().Set("Refresh", "2; url="+retry)
	}
	return refuse("attempt_unknown",
		"This sign-in is too old, was finished already, or began in another browser.", retry, a.cause)
}

// lap is the number that a sign-in which finishes now has in its row. A browser
// that brings a live session begins a new row: it holds its cookies.
func (l *Login) lap(r *http.Request) int {
	if _, err := l.Store.Load(r); !errors.Is(err, session.ErrNone) {
		return 1
	}
	return l.Attempts.Lap(r) + 1
}

var (
	errNoCookie = errors.New("signed in several times within a minute, and the session cookie did not come back: " +
		"look at Secure (does the browser come by https?), at what stands between (does it drop Set-Cookie or large headers?), and at the browser's settings")
	errUselessCookie = errors.New("signed in several times within a minute, and the session cookie that came back does not count: " +
		"look at session.keys and the configuration of every replica, at their clocks, and at the providers that the route accepts")
)

// loop explains what goes round, and lets people try once more.
func (l *Login) loop(w http.ResponseWriter, r *http.Request) error {
	l.Attempts.SetLap(w, r, 0)
	cause := errNoCookie
	if l.Attempts.BringsSession(r) {
		cause = errUselessCookie
	}
	return &page.Error{
		Status: http.StatusBadRequest, Reason: "sign_in_loop", Cause: cause,
		Text:     "You have signed in several times within a minute, and your browser came back without the sign-in each time.",
		RetryURL: l.loginPath(l.ReturnTo.Check(requestTarget(r), origin(r)), ""),
	}
}
