package proxy

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// serve answers one request that came through the door. Errors are answered
// and logged in one place (Gateway.ServeHTTP) and never forward anything.
func (rt *Runtime) serve(w http.ResponseWriter, r *http.Request, v *visit) error {
	if own := rt.endpoint(v); own != nil {
		return own(w, r)
	}
	if err := rt.enterRoute(r, v); err != nil { // 404 for a path that no route has
		return err
	}
	caller, unknown := rt.caller(r, v) // the session that counts here, or nobody
	switch d := v.decide(r, caller); {
	case unknown != nil && d.Effect != policy.Bypass:
		return unknown // nobody passes because we could not look
	case d.Effect == policy.Allow, d.Effect == policy.Bypass:
		return rt.forward(w, r, v, caller)
	case d.Effect == policy.SignIn:
		return rt.challenge(w, r, v)
	case d.Effect == policy.NeedToken:
		return tokenRequired()
	default:
		return rt.forbidden(v, caller)
	}
}

// caller is the session that counts on this route; nil is nobody. The error
// means that it cannot be known now.
func (rt *Runtime) caller(r *http.Request, v *visit) (*session.Session, error) {
	s, err := rt.login.Current(r)
	switch {
	case errors.Is(err, session.ErrNone):
		return nil, nil
	case err != nil:
		return nil, login.Unavailable(err)
	case !v.route.accepts(s.Identity.Provider):
		return nil, nil
	}
	seen, fresh := rt.views.of(s, v.route, rt.now)
	if left := seen.headers.Omitted(); fresh && len(left) > 0 {
		rt.log.Warn("claims that cannot be sent were left out", "route", v.route.Name, "headers", left, "session", seen.session)
	}
	v.signedIn(s, seen)
	return s, nil
}

// challenge sends browsers to sign in and tells everything else that it must.
func (rt *Runtime) challenge(w http.ResponseWriter, r *http.Request, v *visit) error {
	redirect := v.route.unauthenticated == Redirect ||
		v.route.unauthenticated == Auto && page.Navigation(r)
	if !redirect {
		return login.LoginRequired(rt.login.LoginURL(r))
	}
	settleBody(w, r)
	return rt.login.Challenge(w, r)
}
