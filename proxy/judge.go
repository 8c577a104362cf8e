package proxy

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Question is a request that nobody makes.
type Question struct {
	URL    *url.URL // absolute
	Method string
	IP     netip.Addr // the zero Addr is unknown
	// Who calls; nil is somebody who is not signed in.
	Who *identity.Identity
}

// Verdict is what would become of it.
type Verdict struct {
	Own      bool            // one of Gatehouse's addresses, which answers itself
	Route    string          // "" when no route takes it
	Decision policy.Decision // the zero Decision without a route
	Reason   string          // a reason code: the decision's, or why there is none
}

// Judge decides as serve does, by the same path, routes and policies. A
// provider whose sessions do not count on the route makes the caller a
// stranger there.
func (rt *Runtime) Judge(q Question) Verdict {
	a, ok := parseAuthority(q.URL.Host)
	if !ok {
		return Verdict{Reason: "host_malformed"}
	}
	found, exact := rt.sites.find(a, q.URL.Scheme)
	if found == nil || !exact {
		return Verdict{Reason: "host_unknown"}
	}
	path, err := CanonicalPath(orSlash(q.URL.EscapedPath()), found.permit)
	if err != nil {
		return Verdict{Reason: "path_ambiguous"}
	}
	if _, ours := rt.own(path); ours {
		return Verdict{Own: true}
	}
	v := &visit{site: found, path: path, record: new(telemetry.Record)}
	if err := rt.enterRoute(&http.Request{URL: q.URL}, v); err != nil {
		var refused *page.Error
		errors.As(err, &refused)
		return Verdict{Reason: refused.Reason}
	}
	route := v.route
	ask := policy.Query{Peer: q.IP, Method: q.Method, Path: path, Host: found.host}
	if q.Who != nil && route.accepts(q.Who.Provider) {
		ask.Caller = q.Who
	}
	d := route.policy.Decide(&ask)
	return Verdict{Route: route.Name, Decision: d, Reason: string(d.Reason)}
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}
