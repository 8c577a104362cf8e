package proxy

import (
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/trace"
)

// forward passes an allowed request on, as c or as nobody.
func (rt *Runtime) forward(w http.ResponseWriter, r *http.Request, v *visit, c caller) error {
	v.held = held{rt, c.session, r}
	out := Visit{
		ClientIP: v.peer, Scheme: v.site.scheme, Host: v.site.public, Arrived: v.arrived,
		RequestID: v.record.RequestID, Last: v.last, Outcome: &v.outcome,
	}
	out.ownAuthorization = v.presented.InAuthorization
	if c.known() {
		out.Headers = v.seen.headers
		var err error
		if out.assertions, err = rt.assertions(c, v); err != nil {
			return err
		}
	}
	if s := c.session; s != nil && rt.store.Due(s) {
		out.OnResponse = v.renew
	}
	switch upgrades := r.Header["Upgrade"] != nil; {
	case upgrades || c.known() && streams(r):
		if upgrades {
			out.Socket = newSocket()
		}
		var stop func()
		r, stop = rt.whileAdmitted(r, v, c, out.Socket)
		defer stop()
	case c.session != nil:
		out.Ended = v.held.ended
	}
	asking := v.asking(&out)
	// Forward panics to cut an answer off; the record wants the outcome all the same.
	defer v.passed(asking)
	return v.route.forwarder.Forward(w, r, out)
}

// passed notes how the upstream answered.
func (v *visit) passed(asking *trace.Span) {
	v.record.Upstream, v.record.UpstreamDuration = v.outcome.Upstream, v.outcome.Waited
	if v.outcome.Err != nil {
		v.record.Err = v.outcome.Err
	}
	v.asked(asking, &v.outcome)
}

// held is the session that a request is forwarded for. Functions that live as
// long as the answer are made from it: those that close over a caller would cost
// every request, also one that needs none.
type held struct {
	rt      *Runtime
	session *session.Session
	request *http.Request
}

func (h *held) ended() bool { return h.rt.store.Ended(h.session) }

// renew records that the session is in use. A store that cannot be reached
// now is asked again with the next request: this one was decided already.
func (v *visit) renew(h http.Header) {
	if _, err := v.held.rt.store.Renew(h, v.held.request, v.held.session); err != nil {
		v.record.Err = err
	}
}

// forbidden says who was refused and how to come back as somebody else. Which
// rule it was stays in the log.
func (rt *Runtime) forbidden(v *visit, c caller) error {
	e := &page.Error{
		Status: http.StatusForbidden, Reason: v.record.Reason,
		Text: "You may not open this page.",
	}
	if c.session != nil {
		e.SignedInAs = login.Displayed(&c.session.Identity)
	}
	rt.login.Denied(v.record)
	return e
}

// tokenRequired answers where only machines may go.
func tokenRequired() error {
	return &page.Error{
		Status: http.StatusUnauthorized, Code: "token_required", Reason: "machine_token_needed",
		Text: "This address takes requests of programs, each with a token of its own.",
	}
}
