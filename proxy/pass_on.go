package proxy

import (
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// forward passes an allowed request on, as s or as nobody.
func (rt *Runtime) forward(w http.ResponseWriter, r *http.Request, v *visit, s *session.Session) error {
	var outcome Outcome
	out := Visit{
		ClientIP: v.peer, Scheme: v.site.scheme, Host: v.site.public,
		RequestID: v.record.RequestID, Last: v.last, Outcome: &outcome,
	}
	if s != nil {
		out.Headers = v.seen.headers
		var err error
		if out.assertions, err = rt.assertions(s, v); err != nil {
			return err
		}
		if rt.store.Due(s) {
			out.OnResponse = func(h http.Header) { rt.renew(h, r, s, v) }
		}
	}
	if r.Header["Upgrade"] != nil {
		out.Socket = newSocket()
		var stop func()
		r, stop = rt.whileAdmitted(r, v, s, out.Socket)
		defer stop()
	}
	asking := v.asking(&out)
	// Forward panics to cut an answer off; the record wants the outcome all the same.
	defer func() {
		v.record.Upstream, v.record.UpstreamDuration = outcome.Upstream, outcome.Waited
		if outcome.Err != nil {
			v.record.Err = outcome.Err
		}
		v.asked(asking, &outcome)
	}()
	return v.route.forwarder.Forward(w, r, out)
}

// renew records that the session is in use. A store that cannot be reached
// now is asked again with the next request: this one was decided already.
func (rt *Runtime) renew(h http.Header, r *http.Request, s *session.Session, v *visit) {
	if _, err := rt.store.Renew(h, r, s); err != nil {
		v.record.Err = err
	}
}

// forbidden says who was refused and how to come back as somebody else. Which
// rule it was stays in the log.
func (rt *Runtime) forbidden(v *visit, s *session.Session) error {
	e := &page.Error{
		Status: http.StatusForbidden, Reason: v.record.Reason,
		Text: "You may not open this page.",
	}
	if s != nil {
		e.SignedInAs = login.Displayed(&s.Identity)
	}
	rt.login.Denied(v.record)
	return e
}

// tokenRequired answers where only machines may go.
func tokenRequired() error {
	return &page.Error{
		Status: http.StatusUnauthorized, Code: "token_required", Reason: "machine_token_needed",
		Text: "This address is for machines with a token.",
	}
}
