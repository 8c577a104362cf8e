package login

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// With server.auth_url people sign in on one host, whatever host they are on:
//
//	browser            wiki                    auth              provider
//	  │ GET /x          │                       │                    │
//	  │◀── verifier ────┤ cookie of wiki's      │                    │
//	  │ GET /login?rd=https://wiki/x&handover=  │                    │
//	  │────────────────────────────────────────▶│── sign-in, if ────▶│
//	  │◀── ticket ──────────────────────────────┤   there is none    │
//	  │ GET /ticket?ticket=&state=              │                    │
//	  │────────────────▶│ cookie, then ticket   │                    │
//	  │◀── 303 /x ──────┤                       │                    │
//
// The ticket is worth one use within a minute, on wiki, in the browser that
// holds the verifier. No address holds anything of the session.

// atHome reports whether r is on the host where people sign in.
func (l *Login) atHome(r *http.Request) bool { return l.AuthOrigin == "" || origin(r) == l.AuthOrigin }

// home is the origin that providers know.
func (l *Login) home(r *http.Request) string {
	if l.AuthOrigin != "" {
		return l.AuthOrigin
	}
	return origin(r)
}

// leave sends the person to the sign-in host, with a verifier to come back by.
// Where they go then stays in this host's cookie, so that the way back leads
// nowhere that was not checked here.
func (l *Login) leave(w http.ResponseWriter, r *http.Request, a ask, providerName string) error {
	if wait := l.Starts.Take(client(w, r)); wait > 0 {
		return tooMany(wait)
	}
	secrets, cookie, err := l.Attempts.New(r, session.Attempt{ReturnTo: a.returnTo})
	if err != nil {
		return err
	}
	cookie.Set(w)
	a.handOver = secrets.State + "." + session.Challenge(secrets.Verifier)
	if strings.HasPrefix(a.returnTo, "/") {
		a.returnTo = origin(r) + a.returnTo
	}
	// The ticket is for this host, wherever the person goes from here.
	address := a.path(l, providerName) + "&for=" + url.QueryEscape(origin(r))
	l.Pages.Redirect(w, r, http.StatusFound, l.AuthOrigin+address)
	return nil
}

// handOver is the other host that a sign-in is for, as leave asked. It is "" for
// a sign-in on this host, and for whatever leave has not made.
type handOver struct{ origin, state, challenge string }

// asked reads handover and for of a login's query. The origin must be a
// route's: a ticket for another would hand a session to strangers.
func (l *Login) asked(r *http.Request) handOver {
	query := r.URL.Query()
	return l.parseHandOver(query.Get("handover"), query.Get("for"), r)
}

func (l *Login) parseHandOver(text, target string, r *http.Request) handOver {
	state, challenge, ok := strings.Cut(text, ".")
	if !ok || l.AuthOrigin == "" || !l.atHome(r) || target == l.AuthOrigin || len(state) != session.StateLen || len(challenge) != session.StateLen ||
		!base64URL(state) || !base64URL(challenge) || !l.ReturnTo.IsOrigin(target) {
		return handOver{}
	}
	return handOver{origin: target, state: state, challenge: challenge}
}

// String is the way back, for an attempt to carry.
func (h handOver) String() string {
	if h.origin == "" {
		return ""
	}
	return h.origin + " " + h.state + "." + h.challenge
}

// carried reads what String wrote.
func (l *Login) carried(text string, r *http.Request) handOver {
	target, rest, _ := strings.Cut(text, " ")
	return l.parseHandOver(rest, target, r)
}

func base64URL(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

// sendBack gives the session s, which r carries, to the host that asked.
func (l *Login) sendBack(w http.ResponseWriter, r *http.Request, s *session.Session, h handOver) error {
	ticket, err := l.Tickets.Ticket(r, s, h.origin, h.challenge)
	if errors.Is(err, session.ErrNone) {
		return refuse("ticket_unknown", "Your session ended while you signed in.", l.loginPath("/", ""), err)
	}
	if err != nil {
		return Unavailable(err)
	}
	query := url.Values{"ticket": {ticket}, "state": {h.state}}
	l.Pages.Redirect(w, r, http.StatusSeeOther, h.origin+l.AuthPath+"/ticket?"+query.Encode())
	return nil
}

// HandleTicket is GET <auth_path>/ticket?ticket=…&state=…, on the host that
// people come back to.
//
// A link with somebody else's ticket must sign nobody in, and a ticket that
// leaked must be worth nothing: the state must name an attempt of this very
// browser on this host before the ticket is redeemed, and the ticket be made for
// its verifier. Whatever comes here is spent.
func (l *Login) HandleTicket(w http.ResponseWriter, r *http.Request) error {
	query, malformed := url.ParseQuery(r.URL.RawQuery)
	text, state := query.Get("ticket"), query.Get("state")
	if l.Tickets == nil || l.AuthOrigin == "" {
		return &page.Error{Status: http.StatusNotFound, Reason: "address_unknown", Text: "There is nothing at this address."}
	}
	if err := navigationOnly(r); err != nil {
		return err
	}
	if malformed != nil || len(query["ticket"]) != 1 || len(query["state"]) != 1 {
		return l.noTicket(w, r, errors.New("there is not exactly one ticket and one state"))
	}
	attempt, err := l.Attempts.Take(r, state)
	if err != nil || attempt.Provider != "" || !l.Redeemed.Begin(state) {
		l.Tickets.Spend(r.Context(), text)
		if target, id, done := l.Redeemed.Wait(r.Context(), state); done {
			if s, err := l.Current(r); err == nil && s.ID == id {
				l.Pages.Redirect(w, r, http.StatusSeeOther, target)
				return nil
			}
		}
		return l.noTicket(w, r, err)
	}
	lap := l.lap(r)
	s, err := l.Tickets.Redeem(w, r, text, attempt.Secrets().Verifier)
	l.Attempts.Finish(w, r, state)
	if err != nil {
		l.Redeemed.Failed(state)
		if errors.Is(err, session.ErrNone) {
			return l.noTicket(w, r, err)
		}
		return Unavailable(err)
	}
	l.Attempts.SetLap(w, r, lap)
	l.Redeemed.Done(state, attempt.ReturnTo, s.ID)
	l.Pages.Redirect(w, r, http.StatusSeeOther, attempt.ReturnTo)
	return nil
}

func (l *Login) noTicket(w http.ResponseWriter, r *http.Request, cause error) error {
	if wait := l.Failures.Take(client(w, r)); wait > 0 {
		return tooManyFailures(wait)
	}
	return refuse("ticket_unknown",
		"This sign-in is too old, was finished already, or began in another browser.", l.loginPath("/", ""), cause)
}
