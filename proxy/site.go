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
	wild    bool              // host is "*." and a parent; in a visited site, was
	routes  map[string]*Route // by prefix, "/" or without a final slash
	longest int               // length of the longest prefix
	permit  Permit            // what any route here permits
}

// origin is scheme://host, as an Origin header has it.
func (s *site) origin() string { return s.scheme + "://" + s.public }

// name sets what follows from the host.
func (s *site) name(host string) {
	s.host, s.public = host, host
	if s.port != defaultPort(s.scheme) {
		s.public += ":" + s.port
	}
}

// of is s as host sees it: another site for each host of a wildcard, because
// cookies, origins and what upstreams are told are those of the host.
func (s *site) of(host string) *site {
	if !s.wild {
		return s
	}
	visited := *s
	visited.name(host)
	return &visited
}

// visited is the origin of a wildcard's site, which its routes cannot know.
func (s *site) visited() string {
	if !s.wild {
		return ""
	}
	return s.origin()
}

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
	byHost map[string][]*site // in the file's order; one for each port and scheme
}

func newSites() sites { return sites{byHost: map[string][]*site{}} }

// known is the host under which the sites of host stand: itself or, if it has
// none on any port, the wildcard of its parent. The star is one label and not
// none. A name of a site is never the wildcard's, or a request for a port that
// it lacks would fall to another site's routes.
func (s *sites) known(host string) string {
	if s.byHost[host] != nil {
		return host
	}
	label, parent, ok := strings.Cut(host, ".")
	if !ok || label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return host
	}
	if wildcard := "*." + parent; s.byHost[wildcard] != nil {
		return wildcard
	}
	return host
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
// What a wildcard finds is a site of the host that was asked for.
func (s *sites) find(a authority, scheme string) (found *site, exact bool) {
	ofHost := s.byHost[s.known(a.host)]
	for _, candidate := range [...]string{"https", "http"} {
		port := a.port
		if port == "" {
			port = defaultPort(candidate)
		}
		for _, one := range ofHost {
			if one.scheme != candidate || one.port != port {
				continue
			}
			if scheme == "" || scheme == candidate {
				return one.of(a.host), true
			}
			found = one.of(a.host)
		}
	}
	return found, false
}

// secure returns the first https site of host, on whatever port; nil for none.
func (s *sites) secure(host string) *site {
	for _, one := range s.byHost[s.known(host)] {
		if one.scheme == "https" {
			return one.of(host)
		}
	}
	return nil
}

// at returns the site of an origin, written as browsers do.
func (s *sites) at(origin string) *site {
	scheme, host, _ := strings.Cut(origin, "://")
	a, ok := parseAuthority(host)
	if !ok {
		return nil
	}
	if found, exact := s.find(a, scheme); exact && found.origin() == origin {
		return found
	}
	return nil
}

// add makes or returns the site of an origin.
func (s *sites) add(scheme, host, port string) *site {
	if port == "" {
		port = defaultPort(scheme)
	}
	for _, one := range s.byHost[host] {
		if one.scheme == scheme && one.port == port {
			return one
		}
	}
	one := &site{scheme: scheme, port: port, wild: strings.HasPrefix(host, "*."), routes: map[string]*Route{}}
	one.name(host)
	s.byHost[host] = append(s.byHost[host], one)
	return one
}
