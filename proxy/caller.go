package proxy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// caller is who sent a request: by a session of ours, or by a token that came
// along. The zero caller is nobody.
type caller struct {
	session *session.Session
	token   *machine.Caller
}

// known reports whether it is somebody.
func (c caller) known() bool { return c.session != nil || c.token != nil }

// who is what upstreams, policies and logs are told; nil is nobody.
func (c caller) who() *identity.Identity {
	switch {
	case c.token != nil:
		return c.token.Who()
	case c.session != nil:
		return &c.session.Identity
	}
	return nil
}

// id is the session's, empty without one.
func (c caller) id() string {
	if c.session == nil {
		return ""
	}
	return c.session.ID
}

// tell fills in who asks.
func (c caller) tell(q *policy.Query) {
	switch {
	case c.token != nil:
		q.Machine, q.Caller, q.Bearer = c.token.Machine, c.token.Person, c.token.Bearer
	case c.session != nil:
		q.Caller = &c.session.Identity
	}
}

// ends is when c is nobody any more unless it comes again, at a moment at
// which it still is somebody.
func (rt *Runtime) ends(c caller, now time.Time) time.Time {
	if c.session != nil {
		return rt.endOf(c.session, now)
	}
	ends := c.token.Ends
	switch {
	case ends.IsZero():
		return now.Add(24 * time.Hour)
	case !ends.After(now): // within the skew that clocks are allowed
		return now.Add(5 * time.Second)
	}
	return ends
}

// token is who proved themselves by a token that came with the request; nil
// if none did. One that does not hold is the end of it, on every route and
// whatever cookie comes along.
func (rt *Runtime) token(w http.ResponseWriter, r *http.Request, v *visit) (*machine.Caller, error) {
	presented, err := rt.desk.Read(r.Header, len(v.route.bearers) > 0)
	if err == nil && presented.Nothing() {
		return nil, nil
	}
	var found *machine.Caller
	if err == nil {
		v.presented = presented
		found, err = rt.desk.Check(r.Context(), presented, v.route.bearers)
	}
	var refused *page.Error
	if errors.As(err, &refused) && refused.Status == http.StatusUnauthorized {
		// RFC 6750 section 3.
		w.Header().Set("WWW-Authenticate", `Bearer realm="gatehouse", error="invalid_token", error_description="`+refused.Text+`"`)
	}
	return found, err
}

// caller is who counts on this route. The error means that it cannot be known
// now whether there is a session.
func (rt *Runtime) caller(r *http.Request, v *visit, token *machine.Caller) (caller, error) {
	c := caller{token: token}
	if token == nil {
		s, err := rt.login.Current(r)
		switch {
		case errors.Is(err, session.ErrNone):
			return c, nil
		case err != nil:
			return c, login.Unavailable(err)
		case !v.route.accepts(s.Identity.Provider):
			return c, nil
		}
		c.session = s
	}
	seen, fresh := rt.views.of(c, v.route, v.site.visited(), rt.now)
	if left := seen.headers.Omitted(); fresh && len(left) > 0 {
		rt.log.Warn("claims that cannot be sent were left out", "route", v.route.Name, "headers", left, "session", seen.session)
	}
	v.called(c, seen)
	return c, nil
}

// stillProves reports whether the token that a request came with holds by this
// Runtime, too, and for whom.
func (rt *Runtime) stillProves(ctx context.Context, v *visit, route *Route) (*machine.Caller, bool) {
	found, err := rt.desk.Check(ctx, v.presented, route.bearers)
	return found, err == nil
}
