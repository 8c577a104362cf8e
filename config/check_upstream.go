package config

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// to: upstreams, each reachable as written, all of one kind. A route without
// one is for another proxy that asks here and forwards itself.
func (c *checker) to(r *Route, p path) {
	at := p.key("to")
	switch {
	case len(r.To) > 0:
	case c.present(at):
		c.add(at, "is empty; write the upstream's address, like http://10.0.0.5:8080, or leave it out for forward auth only")
	case len(c.config.Server.TrustedProxies) == 0:
		c.add(at, "is missing; write the upstream's address, like http://10.0.0.5:8080. Only a route for forward auth has none, and for that the proxy that asks must be in server.trusted_proxies")
	}
	scheme := ""
	for i, u := range r.To {
		if u == nil || !c.upstream(u, at.item(i)) {
			continue
		}
		if scheme == "" {
			scheme = u.Scheme
		}
		if u.Scheme != scheme {
			c.add(at.item(i), "is %s while the first is %s; upstreams of one route must be of one kind", u.Scheme, scheme)
		}
	}
}

func (c *checker) upstream(u *URL, p path) bool {
	src := c.source(p)
	known := []string{"http", "https", "h2c", "unix"}
	if !slices.Contains(known, u.Scheme) {
		c.add(p, "unknown scheme %s%s", src.quote(u.Scheme), didYouMean(u.Scheme, known))
		return false
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		c.add(p, "must be without user name, query and fragment")
		return false
	}
	if u.Scheme == "unix" {
		if u.Host != "" || len(u.Path) < 2 {
			c.add(p, "must be unix: and three slashes, like unix:///run/app.sock")
			return false
		}
		return true
	}
	if strings.Trim(u.Path, "/") != "" {
		c.add(p, "must be without a path; add_prefix puts one before every request")
		return false
	}
	u.Path, u.RawPath = "", ""
	host, ok := c.urlHost(p, u.URL)
	if ok && u.Port() != "" {
		host += ":" + u.Port()
	}
	if ok {
		u.Host = host
	}
	return ok
}

// upstreamTLS: only towards https, and whole.
func (c *checker) upstreamTLS(r *Route, p path) {
	t := r.UpstreamTLS
	if t == (UpstreamTLS{}) {
		return
	}
	for _, u := range r.To {
		if u != nil && u.URL != nil && u.Scheme != "https" {
			c.add(p, "is for https upstreams alone; write https in to, or remove it")
			return
		}
	}
	c.roots(p.key("ca"), t.CA)
	if t.Cert != "" || t.Key != "" {
		c.pair(p, t.Cert, t.Key)
	}
	if t.ServerName != "" {
		if _, err := canonicalHost(t.ServerName, false); err != nil {
			c.add(p.key("server_name"), "must be a host name, without scheme and port")
		}
	}
	if t.InsecureSkipVerify {
		c.note(p.key("insecure_skip_verify"), "is on: whoever is between can read and answer everything")
	}
}

// health: a path to ask, and times that fit into each other.
func (c *checker) health(r *Route, p path) {
	h := &r.Health
	if !c.present(p) {
		return
	}
	if path := p.key("path"); h.Path == "" && (c.present(p.key("interval")) || c.present(p.key("timeout")) || c.present(p.key("healthy_after"))) {
		c.add(path, "is missing; write the path to ask, like /healthz")
	} else if h.Path != "" {
		if u, err := url.ParseRequestURI(h.Path); err != nil || !strings.HasPrefix(h.Path, "/") || u.Host != "" {
			c.add(path, "must begin with / and be a path, like /healthz")
		}
	}
	for _, d := range []struct {
		key   string
		value Duration
	}{{"interval", h.Interval}, {"timeout", h.Timeout}} {
		if d.value.Std() < 10*time.Millisecond {
			c.add(p.key(d.key), "must be at least 10ms")
		}
	}
}
