package proxy

import (
	"net/http"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// site is one public origin and the routes under it.
type site struct {
	scheme string // http | https
	host   string // as parseAuthority writes it
	port   string // always set
	// public is the Host that browsers send: without the scheme's own port.
	public  string
	routes  map[string]*Route // by prefix, "/" or without a final slash
	longest int               // length of the longest prefix
	permit  Permit            // what any route here permits
}

// origin is scheme://host, as an Origin header has it.
func (s *site) origin() string { return s.scheme + "://" + s.public }

// route finds the longest prefix of path that a route has, at segment bounds.
// Its cost depends on the depth of the configured prefixes, not on their
// number nor on the length of path.
func (s *site) route(path string) (*Route, error) {
	prefix := path
	if len(prefix) > s.longest {
		if path[s.longest] != '/' {
			prefix = path[:strings.LastIndexByte(path[:s.longest+1], '/')]
		} else {
			prefix = path[:s.longest]
		}
	}
	for {
		if route := s.routes[prefix]; route != nil {
			return route, nil
		}
		if prefix == "" || prefix == "/" {
			break
		}
		prefix = prefix[:strings.LastIndexByte(prefix, '/')]
	}
	if route := s.routes["/"]; route != nil {
		return route, nil
	}
	return nil, &page.Error{
		Status: http.StatusNotFound, Reason: "route_unknown",
		Text: "There is nothing at this address.",
	}
}

// sites are all public origins of a configuration.
type sites struct {
	byPort map[authority][]*site // at most one http and one https each
}

// defaultPort is what a Host without a port means.
func defaultPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

// find returns the site that a request for a asks for. scheme is empty when it
// cannot be known, as on a plaintext listener without a trusted proxy: then
// the site's own scheme is believed, https before http. A scheme that is known
// and has no site yields the site of the other scheme and false.
func (s *sites) find(a authority, scheme string) (found *site, exact bool) {
	for _, candidate := range [...]string{"https", "http"} {
		port := a.port
		if port == "" {
			port = defaultPort(candidate)
		}
		for _, one := range s.byPort[authority{a.host, port}] {
			if one.scheme != candidate {
				continue
			}
			if scheme == "" || scheme == candidate {
				return one, true
			}
			found = one
		}
	}
	return found, false
}

// add makes or returns the site of an origin.
func (s *sites) add(scheme, host, port string) *site {
	if port == "" {
		port = defaultPort(scheme)
	}
	key := authority{host, port}
	for _, one := range s.byPort[key] {
		if one.scheme == scheme {
			return one
		}
	}
	public := host
	if port != defaultPort(scheme) {
		public += ":" + port
	}
	one := &site{scheme: scheme, host: host, port: port, public: public, routes: map[string]*Route{}}
	s.byPort[key] = append(s.byPort[key], one)
	return one
}
