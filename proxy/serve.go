package proxy

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
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
	caller, err := rt.admit(w, r, v)
	switch {
	case errors.Is(err, errSignIn):
		return rt.challenge(w, r, v)
	case errors.Is(err, errStepUp):
		return rt.stepUp(w, r, v, caller)
	case err != nil:
		return err
	}
	return rt.forward(w, r, v, caller)
}

// errSignIn: the caller may be somebody whom a sign-in admits. How that is said
// depends on who is told.
var errSignIn = errors.New("a sign-in is needed")

// admit is who may pass on the visit's route, of a request that came here or of
// one that another proxy asks about; any error means that it does not pass.
func (rt *Runtime) admit(w http.ResponseWriter, r *http.Request, v *visit) (caller, error) {
	token, err := rt.token(w, r, v) // 401 for one that does not hold, whatever else comes along
	if err != nil {
		return caller{}, err
	}
	if method, asks := preflight(r); asks && token == nil && v.route.preflights {
		return caller{}, rt.admitPreflight(r, v, method)
	}
	c, unknown := rt.caller(r, v, token) // that token's, or the session's that counts here, or nobody
	switch d := v.decide(r, c); {
	case unknown != nil && d.Effect != policy.Bypass:
		return c, unknown // nobody passes because we could not look
	case d.Effect == policy.Allow && !rt.reaches(v, c):
		return c, errStepUp
	case d.Effect == policy.Allow, d.Effect == policy.Bypass:
		return c, nil
	case d.Effect == policy.SignIn:
		return c, errSignIn
	case d.Effect == policy.NeedToken:
		return c, tokenRequired()
	default:
		return c, rt.forbidden(v, c)
	}
}

// challenge sends browsers to sign in and tells everything else that it must.
func (rt *Runtime) challenge(w http.ResponseWriter, r *http.Request, v *visit) error {
	if !v.route.redirects(r) {
		return login.LoginRequired(rt.login.LoginURL(r))
	}
	settleBody(w, r)
	return rt.login.Challenge(w, r, login.Wish{Providers: v.route.providers, Level: v.route.level})
}
