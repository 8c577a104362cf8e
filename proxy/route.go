package proxy

import (
	"html/template"
	"net/http"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Unauthenticated is what callers without a session get.
type Unauthenticated uint8

const (
	// Auto sends browser navigations to sign in and answers 401 to the rest.
	Auto Unauthenticated = iota
	// Redirect always sends to sign in.
	Redirect
	// NoRedirect always answers 401.
	NoRedirect
)

// RouteOptions describe one route, compiled.
type RouteOptions struct {
	Name string
	// Scheme, Host and Port are the public origin; Port "" is the scheme's.
	Scheme, Host, Port string
	// Prefix is the path, "/" or without a final slash.
	Prefix          string
	Policy          *policy.Policy
	Providers       []string      // whose sessions count; empty means all
	Level           session.Level // what people's sign-ins must have reached
	Unauthenticated Unauthenticated
	Preflights      bool // CORS preflights pass without a sign-in
	Portal          Portal
	Permit          Permit
	Forwarder       *Forwarder
	Bearers         []*machine.Bearer // whose tokens count
	Assertions      []Assertion       // sent along for whoever is known
	Metrics         *telemetry.RouteMetrics
	Shadows         []telemetry.ShadowRule // as Policy.Shadows lists them
}

// Portal is how a route looks among the apps on the home page.
type Portal struct {
	Title  string       // empty: its name
	Icon   template.URL // a data: URL; empty: its first letter
	Hidden bool         // not among them; that keeps nobody out
}

// Route is one public address, where it leads and who may pass.
type Route struct {
	Name            string
	prefix          string
	policy          *policy.Policy
	providers       []string
	level           session.Level
	unauthenticated Unauthenticated
	preflights      bool
	portal          Portal
	permit          Permit
	forwarder       *Forwarder
	bearers         []*machine.Bearer
	assertions      []Assertion
	vouched         []string // see vouch
	metrics         *telemetry.RouteMetrics
	shadows         []telemetry.ShadowRule
}

// FixedHeaders lists the headers whose value stands in the configuration.
func (rt *Route) FixedHeaders() []string { return rt.forwarder.Headers().Fixed() }

// accepts reports whether a session of this provider counts on the route.
func (rt *Route) accepts(provider string) bool {
	return len(rt.providers) == 0 || slices.Contains(rt.providers, provider)
}

// redirects reports whether a stranger's request is sent to sign in, rather
// than told that it must.
func (rt *Route) redirects(r *http.Request) bool {
	return rt.unauthenticated == Redirect || rt.unauthenticated == Auto && page.Navigation(r)
}
