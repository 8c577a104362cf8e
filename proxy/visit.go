package proxy

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/trace"
)

// visit is what the door settled about one request, and what is learnt on the
// way. Nobody behind the door looks at a forwarded header again.
type visit struct {
	peer   netip.Addr    // the client; the zero Addr is unknown
	site   *site         // the public origin asked for; nil for an unknown host
	path   string        // canonical, see CanonicalPath
	route  *Route        // nil until routed
	about  *http.Request // what forward auth is asked about, once it could be
	last   bool          // the connection ends after the answer
	seen   *view         // what the route makes of the caller; nil is nobody
	record *telemetry.Record

	arrived context.Context // what net/http gave the request
	outcome Outcome         // of asking the upstream
	held    held            // for whom it is asked

	// presented is the token that came along, whoever it turned out to prove.
	presented machine.Presented

	believed bool          // the connection's other end is a trusted proxy
	told     bool          // peer is what that proxy said, and not itself
	trace    trace.Context // the zero Context without a tracer
	span     *trace.Span   // nil unless sampled
}

// decide asks the route's policy and notes what it said.
func (v *visit) decide(r *http.Request, c caller) policy.Decision {
	q := policy.Query{Peer: v.peer, Method: r.Method, Path: v.path, Host: v.site.host}
	c.tell(&q)
	d := v.route.policy.Decide(&q)
	v.record.Decision = recorded[d.Effect]
	v.record.Rule = d.Rule
	v.record.Reason = string(d.Reason)
	v.shadowed(d.Shadows)
	return d
}

// shadowed counts and notes the shadow rules that would have had a say.
func (v *visit) shadowed(by policy.Shadows) {
	for i := range by.All {
		rule := v.route.shadows[i]
		rule.Matched()
		if v.record.Shadow != "" {
			v.record.Shadow += ","
		}
		v.record.Shadow += rule.Name
	}
}

// recorded names effects in the log.
var recorded = [...]telemetry.Decision{
	policy.Deny:      telemetry.DecisionDeny,
	policy.Allow:     telemetry.DecisionAllow,
	policy.Bypass:    telemetry.DecisionBypass,
	policy.SignIn:    telemetry.DecisionSignIn,
	policy.NeedToken: telemetry.DecisionNeedToken,
}

// called notes who calls.
func (v *visit) called(c caller, seen *view) {
	who := c.who()
	v.seen = seen
	v.record.Provider = who.Provider
	v.record.Subject = who.Subject
	v.record.Email = who.Email
	v.record.Session = seen.session
}
