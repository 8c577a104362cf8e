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
	AuthPath     string // where our own addresses live, without a final slash
	Providers    []*provider.Provider
	Store        session.Store
	Lifetime     session.Lifetime
	Attempts     *session.Attempts
	Redeemed     *session.Redeemed
	Confirm      *session.Confirmations
	Pages        *page.Pages
	ReturnTo     Returner
	AfterSignOut string // path or URL; "" is the signed-out page
	// ProvidersFor names the providers that count at a path of an origin.
	ProvidersFor func(origin, path string) []string
	// Apps lists what somebody at an address may open, for the home page.
	Apps func(peer netip.Addr, who *identity.Identity) []page.App
	// Starts bounds how often a client may begin to sign in. It bounds what
	// callbacks cost the provider as well: an attempt is redeemed once.
	Starts *Limiter
	// Failures bounds how often a client is told in full why its callbacks
	// fail. Sign-ins that succeed do not ask it, so nobody's neighbours can
	// keep them out.
	Failures *Limiter
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

// Current returns the live session that r carries: session.ErrNone without
// one, session.ErrUnavailable when that cannot be known. A session counts only
// if its provider is still configured and it kept what the running
// configuration reads; otherwise a new sign-in fills the gap.
func (l *Login) Current(r *http.Request) (*session.Session, error) {
	s, err := l.Store.Load(r)
	if err != nil {
		return nil, err
	}
	if !l.Counts(s) {
		return nil, session.ErrNone
	}
	return s, nil
}

// current is Current for our own pages, where nobody is nil.
func (l *Login) current(r *http.Request) (*session.Session, error) {
	s, err := l.Current(r)
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, nil
	case err != nil:
		return nil, Unavailable(err)
	}
	return s, nil
}

// Unavailable is the answer when the session store cannot be asked. The
// session cookie is kept: the person is still signed in when it is back.
func Unavailable(cause error) error {
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
