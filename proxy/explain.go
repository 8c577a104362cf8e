package proxy

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Inquiry is a request that nobody sends: what would become of it?
type Inquiry struct {
	Method string
	URL    *url.URL   // absolute
	Peer   netip.Addr // the client; the zero Addr is unknown
	// Person, by what their sign-in brought, and Machine are who asks; both
	// nil is nobody.
	Person  *provider.Grant
	Machine *identity.Machine
}

// Explanation is what would become of it, and why.
type Explanation struct {
	Route *Route // nil if none takes it
	// Own: one of Gatehouse's own addresses answers, whoever asks.
	Own      bool
	Decision policy.Decision
	Steps    []policy.Step
	// StepUp is what the route asks of sign-ins, if the person whom the policy
	// allows would be sent to another one for it.
	StepUp *session.Level
	// Reason is Decision's, or says why no route takes the request or which
	// sign-in it takes.
	Reason string
	// OtherProvider: the person's session does not count on the route, which
	// takes them for nobody.
	OtherProvider bool
	// Header is what the upstream would be told beyond the client's own
	// headers. What is made for each request or session only shows in brackets.
	Header http.Header
}

// Explain takes q through the steps of serve with the same compiled parts, and
// forwards nothing.
func (rt *Runtime) Explain(q Inquiry) Explanation {
	e := Explanation{}
	v := &visit{peer: q.Peer, record: &telemetry.Record{}}
	r := &http.Request{Method: q.Method, URL: q.URL, Host: q.URL.Host, Header: http.Header{}, ProtoMajor: 1, RequestURI: q.URL.RequestURI()}
	if err := rt.explainRoute(r, v); err != nil {
		var answer *page.Error
		e.Own = errors.Is(err, errOwnAddress)
		if errors.As(err, &answer) {
			e.Reason = answer.Reason
		}
		return e
	}
	e.Route = v.route
	var c caller
	switch {
	case q.Machine != nil:
		c.token = &machine.Caller{Machine: q.Machine}
	case q.Person != nil && v.route.accepts(q.Person.Identity.Provider):
		c.session = rt.login.Worth(q.Person)
	case q.Person != nil:
		e.OtherProvider = true
	}
	ask := policy.Query{Peer: q.Peer, Method: q.Method, Path: v.path, Host: v.site.host}
	c.tell(&ask)
	e.Decision, e.Steps = v.route.policy.Explain(&ask)
	e.Reason = string(e.Decision.Reason)
	switch e.Decision.Effect {
	case policy.Allow:
		if !rt.reaches(v, c) {
			e.StepUp, e.Reason = &v.route.level, v.record.Reason
			return e
		}
		e.Header = v.route.sends(v, c.who())
	case policy.Bypass:
		e.Header = v.route.sends(v, c.who())
	}
	return e
}

// explainRoute is the door's and the router's part.
func (rt *Runtime) explainRoute(r *http.Request, v *visit) error {
	for _, refuse := range [...]func(*http.Request) error{refuseMethod, refuseTarget} {
		if err := refuse(r); err != nil {
			return err
		}
	}
	a, ok := parseAuthority(r.Host)
	if !ok {
		return malformedHost()
	}
	found, exact := rt.sites.find(a, r.URL.Scheme)
	if found == nil || !exact {
		return misdirected()
	}
	path, err := CanonicalPath(orSlash(r.URL.EscapedPath()), found.permit)
	if err != nil {
		return ambiguousPath(err)
	}
	v.site, v.path = found, path
	if rt.endpoint(v) != nil {
		return errOwnAddress
	}
	return rt.enterRoute(r, v)
}

var errOwnAddress = errors.New("one of our own addresses")

// sends is what the route tells its upstream of who asks; nil is nobody.
func (route *Route) sends(v *visit, who *identity.Identity) http.Header {
	h := http.Header{}
	route.forwarder.Headers().RenderWith(who, Tokens{Access: "[access token]", ID: "[ID token]"}).Apply(h)
	if who != nil {
		for _, a := range route.assertions {
			h.Set(a.Header, "[signed token]")
		}
	}
	if v.peer.IsValid() {
		h.Set("X-Forwarded-For", v.peer.Unmap().String())
	}
	h.Set("X-Forwarded-Proto", v.site.scheme)
	h.Set("X-Forwarded-Host", v.site.public)
	h.Set("X-Request-Id", "[new]")
	return h
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
