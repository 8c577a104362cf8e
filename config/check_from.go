package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// from holds a public address to what requests can match, and brings it into
// canonical form: lower-case ASCII host without trailing dot, no default port,
// no slash at the end. "*." before the host stays.
func (c *checker) from(r *Route, p path) {
	if r.From == nil {
		parent, _ := p.split()
		c.missing(parent, "from", "is missing; write the public address, like https://wiki.example.com")
		return
	}
	u := r.From.URL
	src := c.source(p)
	if u.Scheme != "https" && u.Scheme != "http" {
		c.add(p, "unknown scheme %s%s", src.quote(u.Scheme), didYouMean(u.Scheme, []string{"https", "http"}))
		return
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		c.add(p, "must be scheme, host, port and path alone, without user name, query and fragment")
		return
	}
	origin, ok := c.fromOrigin(p, u)
	if !ok {
		return
	}
	publicPath, ok := c.publicPath(p, u)
	if !ok {
		return
	}
	origin.Path = publicPath
	r.From = &URL{origin}
	c.plaintext(r, p)
	if auth := c.config.Server.AuthPath; publicPath != "" && auth != "" && under(publicPath, auth) {
		c.add(p, "lies under auth_path, where Gatehouse's own addresses are")
	}
}

// fromOrigin is origin for a host that may be a wildcard: *. before a name
// stands for one label. People sign in elsewhere then, because no provider knows
// a redirect URI of a host that nobody has written down.
func (c *checker) fromOrigin(p path, u *url.URL) (*url.URL, bool) {
	parent, wild := strings.CutPrefix(u.Host, "*.")
	if !wild {
		if strings.Contains(u.Host, "*") {
			c.add(p, "* must be the first label as a whole, like https://*.example.com")
			return nil, false
		}
		return c.origin(p, u)
	}
	named := *u
	named.Host = parent
	if _, err := netip.ParseAddr(strings.TrimSuffix(named.Hostname(), ".")); err == nil || strings.Contains(parent, "*") {
		c.add(p, "* must be the first label of a name, like https://*.example.com")
		return nil, false
	}
	origin, ok := c.origin(p, &named)
	if !ok {
		return nil, false
	}
	if len(origin.Hostname()) > 253-len("a.") {
		c.add(p, "the host is not a valid name")
		return nil, false
	}
	if !c.present(root.key("server").key("auth_url")) {
		c.add(p, "has a wildcard host, which needs server.auth_url: a host where people of all hosts sign in")
		return nil, false
	}
	origin.Host = "*." + origin.Host
	return origin, true
}

// defaultPorts are those that an address need not name.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// origin returns scheme, host and port of u in canonical form.
func (c *checker) origin(p path, u *url.URL) (*url.URL, bool) {
	host, ok := c.urlHost(p, u)
	if !ok {
		return nil, false
	}
	if port := u.Port(); port != "" && port != defaultPorts[u.Scheme] {
		host += ":" + port
	}
	return &url.URL{Scheme: u.Scheme, Host: host}, true
}

// publicPath returns the canonical path of a from, "" for the whole host.
func (c *checker) publicPath(p path, u *url.URL) (string, bool) {
	decoded := strings.TrimSuffix(u.Path, "/")
	if decoded == "" {
		return "", true
	}
	escaped := foldASCII(u.EscapedPath())
	problem := pathProblem(decoded)
	if strings.Contains(escaped, "%2f") {
		problem = "holds an encoded slash"
	}
	if problem != "" {
		c.add(p, "the path %s", problem)
	}
	return decoded, problem == ""
}

// plaintext: cookies cross a network in clear only if somebody says so.
func (c *checker) plaintext(r *Route, p path) {
	if r.From.Scheme != "http" || loopbackHost(r.From.Hostname()) {
		return
	}
	if !r.InsecureHTTP {
		c.add(p, "must be https, or cookies cross the network in clear; if a TLS terminator is in front, write https all the same; insecure_http: true allows http")
		return
	}
	for _, o := range c.config.Providers {
		if o.ResponseMode == "form_post" && (len(r.Providers) == 0 || slices.Contains(r.Providers, o.Name)) {
			c.add(p, "must be https for provider %s: browsers send no cookie over http with the form that it posts (response_mode: form_post)", o.Name)
		}
	}
	parent, _ := p.split()
	c.note(parent.key("insecure_http"), "is on: the session cookies of this route cross the network in clear")
}
