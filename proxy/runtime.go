package proxy

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
	"github.com/gatehouse-proxy/gatehouse/trace"
)

// Options are the parts of a Runtime. NewLogin makes the login for it, given
// what login has to know of the routes.
type Options struct {
	Door     Door
	AuthPath string // without a final slash
	// AuthOrigin is where people sign in, if that is one place for all routes.
	// It answers our own addresses, also without a route.
	AuthOrigin string
	Routes     []RouteOptions
	Pages      *page.Pages
	Store      session.Store
	Lifetime   session.Lifetime
	Desk       *machine.Desk    // knows the service tokens; nil knows none
	JWKS       []byte           // the assertion's public keys; nil publishes none
	Cloudflare *Cloudflare      // nil: no compatibility
	Now        func() time.Time // nil: time.Now
	NewLogin   func(Routes) *login.Login
	AccessLog  *telemetry.AccessLog
	Metrics    *telemetry.Metrics
	Tracer     *trace.Tracer     // nil traces nothing
	Recent     *telemetry.Recent // nil remembers nothing
	// Remember is the memory for opened sessions, in bytes. Unless it is 0 the
	// store hands out the same session for the same cookie where it does not say
	// otherwise (Passing), so that what was made of it is worth keeping.
	Remember int64
	Log      *slog.Logger
}

// Runtime is one configuration at work. It never changes, but for learning of
// its successor: a request reads one Runtime and keeps it, and a reload swaps
// in another.
type Runtime struct {
	door      Door
	authPath  string
	sites     sites
	order     []placed            // all routes, in the configuration's order
	endpoints map[string]endpoint // below authPath
	foreign   map[string]endpoint // another product's, by their whole path
	login     *login.Login
	views     views
	store     session.Store
	lifetime  session.Lifetime
	desk      *machine.Desk
	jwks      []byte
	now       func() time.Time
	pages     *page.Pages
	accessLog *telemetry.AccessLog
	metrics   *telemetry.Metrics
	tracer    *trace.Tracer
	recent    *telemetry.Recent
	unrouted  *telemetry.RouteMetrics // counts what no route takes
	log       *slog.Logger

	gateway  *Gateway
	replaced chan struct{} // closed when next is there
	next     *Runtime
}

// placed is a route with its site.
type placed struct {
	site  *site
	route *Route
}

// NewRuntime compiles the routes. The configuration was checked before, so an
// error means that two checks disagree.
func NewRuntime(o Options) (*Runtime, error) {
	rt := &Runtime{
		door:      o.Door,
		authPath:  o.AuthPath,
		sites:     newSites(),
		store:     o.Store,
		lifetime:  o.Lifetime,
		desk:      o.Desk,
		jwks:      o.JWKS,
		now:       o.Now,
		pages:     o.Pages,
		accessLog: o.AccessLog,
		metrics:   o.Metrics,
		tracer:    o.Tracer,
		recent:    o.Recent,
		unrouted:  o.Metrics.Route(""),
		log:       o.Log,
		replaced:  make(chan struct{}),
		views:     newViews(o.Remember),
	}
	if rt.now == nil {
		rt.now = time.Now
	}
	for _, ro := range o.Routes {
		s := rt.sites.add(ro.Scheme, ro.Host, ro.Port)
		if s.routes[ro.Prefix] != nil {
			return nil, fmt.Errorf("two routes from %s%s", s.origin(), ro.Prefix)
		}
		route := &Route{
			Name: ro.Name, prefix: ro.Prefix, policy: ro.Policy, providers: ro.Providers, level: ro.Level,
			unauthenticated: ro.Unauthenticated, preflights: ro.Preflights, portal: ro.Portal, permit: ro.Permit, forwarder: ro.Forwarder, bearers: ro.Bearers, assertions: ro.Assertions,
			vouched: vouched(&ro), metrics: ro.Metrics, shadows: ro.Shadows,
		}
		s.routes[ro.Prefix] = route
		s.longest = max(s.longest, len(ro.Prefix))
		s.permit = s.permit.union(ro.Permit)
		rt.order = append(rt.order, placed{s, route})
	}
	if scheme, host, ok := strings.Cut(o.AuthOrigin, "://"); ok {
		a, _ := parseAuthority(host) // which the configuration has checked
		rt.sites.add(scheme, a.host, a.port)
	}
	rt.login = o.NewLogin(Routes{rt})
	rt.endpoints = rt.ownAddresses()
	rt.foreign = rt.cloudflareAddresses(o.Cloudflare)
	return rt, nil
}

// Routes is what login may ask about the routes of a Runtime.
type Routes struct{ rt *Runtime }

// IsOrigin reports whether a route lives under this origin.
func (rs Routes) IsOrigin(origin string) bool {
	found := rs.rt.sites.at(origin)
	return found != nil && len(found.routes) > 0
}

// Providers names the providers whose sessions count at a path of an origin;
// empty means all.
func (rs Routes) Providers(origin, path string) []string {
	found := rs.rt.sites.at(origin)
	if found == nil {
		return nil
	}
	route, err := found.route(path)
	if err != nil {
		return nil
	}
	return route.providers
}

// Level is what a path of an origin, as it is escaped there, asks of sign-ins.
// It is found as the door finds the route.
func (rs Routes) Level(origin, escaped string) session.Level {
	found := rs.rt.sites.at(origin)
	if found == nil {
		return session.Level{}
	}
	path, err := CanonicalPath(orSlash(escaped), found.permit)
	if err != nil {
		return session.Level{}
	}
	route, err := found.route(path)
	if err != nil {
		return session.Level{}
	}
	return route.level
}

// Apps lists the routes that somebody may open now, as their policies decide.
// nil is an anonymous visitor, who sees what needs no sign-in.
func (rs Routes) Apps(peer netip.Addr, who *identity.Identity) []page.App {
	var apps []page.App
	for _, p := range rs.rt.order {
		if p.route.portal.Hidden || p.site.wild { // nobody can open a wildcard
			continue
		}
		q := policy.Query{Peer: peer, Method: http.MethodGet, Path: p.route.prefix, Host: p.site.host}
		if who != nil && p.route.accepts(who.Provider) {
			q.Caller = who
		}
		switch p.route.policy.Decide(&q).Effect {
		case policy.Allow, policy.Bypass:
			where := p.site.public + strings.TrimSuffix(p.route.prefix, "/")
			title := cmp.Or(p.route.portal.Title, p.route.Name)
			if title == p.site.origin()+strings.TrimSuffix(p.route.prefix, "/") { // unnamed
				title = where
			}
			apps = append(apps, page.App{Title: title, URL: p.site.origin() + p.route.prefix, Host: where, Icon: p.route.portal.Icon})
		}
	}
	return apps
}
