package config

import (
	"cmp"
	"net/url"
	"strings"
)

// authURL: an origin that browsers trust with cookies, and a store that several
// hosts can share.
func (c *checker) authURL(s *Server, p path) {
	if s.AuthURL == nil {
		return
	}
	u := s.AuthURL.URL
	if u.Scheme != "https" && u.Scheme != "http" {
		c.add(p, "unknown scheme %s%s", c.source(p).quote(u.Scheme), didYouMean(u.Scheme, []string{"https", "http"}))
		return
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		c.add(p, "must be scheme, host and port alone, like https://auth.example.com")
		return
	}
	origin, ok := c.origin(p, u)
	if !ok {
		return
	}
	if origin.Scheme == "http" && !loopbackHost(origin.Hostname()) {
		c.add(p, "must be https, or sign-ins cross the network in clear; if a TLS terminator is in front, write https all the same")
		return
	}
	s.AuthURL = &URL{origin}
	if c.config.Session.Store == "redis" {
		return
	}
	for i := range c.config.Routes {
		from := c.config.Routes[i].From
		if from != nil && !sameOrigin(from.URL, origin) {
			c.add(p, "needs session.store: redis, because there are other hosts: cookies hold on one host alone")
			return
		}
	}
}

// sameOrigin compares an address as it is written with a canonical one.
func sameOrigin(from, origin *url.URL) bool {
	host, err := canonicalHost(from.Hostname(), false)
	return err == nil && from.Scheme == origin.Scheme && host == strings.TrimSuffix(origin.Host, ":"+origin.Port()) &&
		portOf(from) == portOf(origin)
}

// portOf is the port of u, also where it is not written.
func portOf(u *url.URL) string { return cmp.Or(u.Port(), defaultPorts[u.Scheme]) }
