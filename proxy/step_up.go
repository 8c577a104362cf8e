package proxy

import (
	"errors"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// errStepUp: the policy admits the caller, whose sign-in is not strong or recent
// enough for the route.
var errStepUp = errors.New("a stronger or more recent sign-in is needed")

// reaches reports whether c has signed in as the route asks. Machines do not
// sign in; a person whom a bearer token speaks of did, and the token says how.
func (rt *Runtime) reaches(v *visit, c caller) bool {
	level, met := &v.route.level, true
	switch {
	case c.session != nil:
		met = level.Met(c.session, session.At(rt.now()))
	case c.token != nil && c.token.Person != nil:
		var at session.Time
		if !c.token.AuthTime.IsZero() {
			at = session.At(c.token.AuthTime)
		}
		met = level.MetBy(c.token.ACR, at, session.At(rt.now()))
	}
	if met {
		return true
	}
	v.record.Decision, v.record.Reason = telemetry.DecisionSignIn, "step_up_required"
	return false
}

// stepUp sends browsers to sign in again and tells everything else that it must.
// Whoever came by a token gets another one where that came from (RFC 9470).
func (rt *Runtime) stepUp(w http.ResponseWriter, r *http.Request, v *visit, c caller) error {
	if c.session == nil {
		return login.StepUpRequired(w.Header(), v.route.level, "")
	}
	if !v.route.redirects(r) {
		return login.StepUpRequired(w.Header(), v.route.level, rt.login.StepUpURL(r, c.session))
	}
	settleBody(w, r)
	return rt.login.StepUp(w, r, c.session)
}
