package config

import (
	"net/url"
	"slices"
	"strings"
)

// from holds a public address to what requests can match, and brings it into
// canonical form: lower-case ASCII host without trailing dot, no default port,
// no slash at the end.
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
	if strings.HasPrefix(u.Host, "*.") {
		c.add(p, "a wildcard host is not supported yet; write one route for each host")
		return
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		c.add(p, "must be scheme, host, port and path alone, without user name, query and fragment")
		return
	}
	origin, ok := c.origin(p, u)
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

// origin returns scheme, host and port of u in canonical form.
func (c *checker) origin(p path, u *url.URL) (*url.URL, bool) {
	host, ok := c.urlHost(p, u)
	if !ok {
		return nil, false
	}
	if port := u.Port(); port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
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
