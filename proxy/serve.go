package proxy

import (
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
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
	token, err := rt.token(w, r, v) // 401 for one that does not hold, whatever else comes along
	if err != nil {
		return err
	}
	caller, unknown := rt.caller(r, v, token) // that token's, or the session's that counts here, or nobody
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
