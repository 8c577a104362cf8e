package config

import "strings"

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
		if from != nil && (from.Scheme != origin.Scheme || !strings.EqualFold(strings.TrimSuffix(from.Host, "."), origin.Host)) {
			c.add(p, "needs session.store: redis, because there are other hosts: cookies hold on one host alone")
			return
		}
	}
}
