package login

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Options are the parts that sign people in and out. All are needed but Now.
type Options struct {
	AuthPath  string // where our own addresses live, without a final slash
	Providers []*provider.Provider
	Store     session.Store
	Lifetime  session.Lifetime
	Attempts  *session.Attempts
	Redeemed  *session.Redeemed
	// Marks has what counts once count so over all replicas; nil if they share
	// nothing.
	Marks    session.Marks
	Confirm  *session.Confirmations
	Pages    *page.Pages
	ReturnTo Returner
	// AuthOrigin is the one origin where people sign in, whatever host they
	// are on; "" is the host they are on. Tickets take them back.
	AuthOrigin   string
	Tickets      session.Tickets
	AfterSignOut string // path or URL; "" is the signed-out page
	// ProvidersFor names the providers that count at a path of an origin.
	ProvidersFor func(origin, path string) []string
	// LevelFor is what an escaped path of an origin asks of sign-ins.
	LevelFor func(origin, path string) session.Level
	// Apps lists what somebody at an address may open, for the home page.
	Apps func(peer netip.Addr, who *identity.Identity) []page.App
	// Starts bounds how often a client may begin to sign in. It bounds what
	// callbacks cost the provider as well: an attempt is redeemed once.
	Starts *Limiter
	// Renewal says which tokens sessions keep and how they are renewed.
	Renewal   Renewal
	Refreshes *Refreshes
	SignOuts  *session.SignOutStates
	LogoutIDs *LogoutIDs
	Errands   *Errands
	// LastChoice remembers the provider of the last sign-in, for the page that
	// offers several.
	LastChoice *session.LastChoice
	// Tests are operators' sign-ins that become no session.
	Tests *Tests
	// Failures bounds how often a client is told in full why its callbacks
	// fail. Sign-ins that succeed do not ask it, so nobody's neighbours can
	// keep them out.
	Failures *Limiter
	// SignOffs bounds how many front-channel sign-outs a client may ask for.
	SignOffs *Limiter
	Metrics  *telemetry.Metrics
	Log      *slog.Logger
	Now      func() time.Time
}

// Login signs people in and out. It is immutable and safe for concurrent use.
type Login struct {
	Options
	byName map[string]*provider.Provider
}

// New checks nothing that the configuration has not checked already.
func New(o Options) *Login {
	if o.Now == nil {
		o.Now = time.Now
	}
	l := &Login{Options: o, byName: map[string]*provider.Provider{}}
	for _, p := range o.Providers {
		l.byName[p.Name()] = p
	}
	return l
}

// Counts reports whether s is of a provider that is configured and kept what
// the running configuration reads.
func (l *Login) Counts(s *session.Session) bool {
	p := l.byName[s.Identity.Provider]
	return p != nil && s.Kept == p.Kept() && p.Issues(s.Identity.Issuer)
}

// Current returns the live session that r carries, refreshed if it is due:
// session.ErrNone without one, session.ErrUnavailable when that cannot be known,
// a *page.Error when it ended just now. A session counts only if its provider is
// still configured and it kept what the running configuration reads; otherwise a
// refresh or a new sign-in fills the gap.
func (l *Login) Current(r *http.Request) (*session.Session, error) {
	s, err := l.Store.Load(r)
	if err != nil {
		return nil, err
	}
	p := l.byName[s.Identity.Provider]
	if p == nil || !p.Issues(s.Identity.Issuer) {
		return nil, session.ErrNone
	}
	return l.fresh(r, s, p)
}

// current is Current for our own pages, where nobody is nil. They bring the
// browser what a refresh made of its session.
func (l *Login) current(w http.ResponseWriter, r *http.Request) (*session.Session, error) {
	s, err := l.Current(r)
	if err == nil && s.Behind {
		_, err = l.Store.Renew(w.Header(), r, s)
	}
	return known(s, err)
}

// stored is the session that r carries, as it is: who leaves needs no refresh.
func (l *Login) stored(r *http.Request) (*session.Session, error) { return known(l.Store.Load(r)) }

func known(s *session.Session, err error) (*session.Session, error) {
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, nil
	case err != nil:
		return nil, Unavailable(err)
	}
	return s, nil
}

// Unavailable is the answer when the session store cannot be asked. The
// session cookie is kept: the person is still signed in when it is back. A cause
// that is an answer already stays it.
func Unavailable(cause error) error {
	var answer *page.Error
	if errors.As(cause, &answer) {
		return answer
	}
	return &page.Error{
		Status:     http.StatusServiceUnavailable,
		Reason:     "session_store_unavailable",
		Text:       "Your session cannot be looked up at the moment. You are still signed in; please try again shortly.",
		RetryAfter: 5 * time.Second,
		Cause:      cause,
	}
}

// origin is scheme://host of the request as the door resolved it.
func origin(r *http.Request) string { return r.URL.Scheme + "://" + r.Host }
