package config

import (
	"net/url"
	"slices"
	"strings"
)

func (c *checker) providers(all []Provider, p path) {
	for i := range all {
		c.provider(&all[i], p.item(i))
	}
	c.providerNamesDiffer(all, p)
}

func (c *checker) provider(o *Provider, p path) {
	c.providerName(o.Name, p)
	if o.DisplayName == "" {
		o.DisplayName = o.Name
	}
	c.providerType(o, p)
	c.issuers(o, p.key("issuer"))
	c.endpoints(o, p)
	c.client(o, p)
	c.answers(o, p)
	c.roots(p.key("ca"), o.CA)
	if o.InsecureHTTP {
		c.note(p.key("insecure_http"), "is on: tokens of this provider may cross the network in clear")
	}
}

// providerName: part of the redirect URI, so no character that needs escaping.
func (c *checker) providerName(name string, p path) {
	if name == "" {
		c.add(p.key("name"), "is missing; it becomes part of the redirect URI, like ping")
		return
	}
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		c.add(p.key("name"), "%s must be up to 40 of a-z, 0-9 and -", c.source(p.key("name")).quote(name))
	}
}

func (c *checker) providerNamesDiffer(all []Provider, p path) {
	first := map[string]int{}
	for i, o := range all {
		if earlier, twice := first[o.Name]; twice && o.Name != "" {
			c.add(p.item(i).key("name"), "is the name of %s already", c.display(p.item(earlier)))
		} else {
			first[o.Name] = i
		}
	}
}

// issuers: each once, and there is one if the key is.
func (c *checker) issuers(o *Provider, p path) {
	if len(o.Issuer) == 0 && c.present(p) {
		c.add(p, "is an empty list; write the issuer, or remove the key")
	}
	for i, issuer := range o.Issuer {
		c.issuer(o, issuer, p.item(i))
		if slices.Contains(o.Issuer[:i], issuer) {
			c.add(p.item(i), "is in the list already")
		}
	}
}

// issuer: an https address without query and fragment (OpenID Connect
// Discovery 1.0 section 3).
func (c *checker) issuer(o *Provider, issuer string, p path) {
	if issuer == "" {
		return
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" || u.Opaque != "" {
		c.add(p, "must be an https address, like https://idp.example.com")
		return
	}
	c.providerURL(p, u, o.InsecureHTTP)
	if before, found := strings.CutSuffix(u.Path, "/.well-known/openid-configuration"); found {
		c.add(p, "is the address of the discovery document; the issuer is what stands before it: %s", u.Scheme+"://"+u.Host+before)
	}
	if u.RawQuery != "" || u.ForceQuery {
		c.add(p, "must not have a query")
	}
}

// endpoints: each is https, or http where it cannot leave the machine or is
// said to be safe.
func (c *checker) endpoints(o *Provider, p path) {
	ends := p.key("endpoints")
	for _, e := range []struct {
		at path
		u  *URL
	}{
		{p.key("discovery_url"), o.DiscoveryURL},
		{p.key("base_url"), o.BaseURL},
		{ends.key("authorization"), o.Endpoints.Authorization},
		{ends.key("token"), o.Endpoints.Token},
		{ends.key("jwks"), o.Endpoints.JWKS},
		{ends.key("userinfo"), o.Endpoints.Userinfo},
		{ends.key("end_session"), o.Endpoints.EndSession},
		{ends.key("par"), o.Endpoints.PAR},
		{ends.key("introspection"), o.Endpoints.Introspection},
		{ends.key("revocation"), o.Endpoints.Revocation},
	} {
		if e.u != nil {
			c.providerURL(e.at, e.u.URL, o.InsecureHTTP)
		}
	}
	if u := o.BaseURL; u != nil && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		c.add(p.key("base_url"), "must be scheme and host alone; it replaces those of what the type builds")
	}
}

func (c *checker) providerURL(p path, u *url.URL, insecure bool) {
	src := c.source(p)
	switch {
	case u.Scheme == "http" && !insecure && !loopbackHost(u.Hostname()):
		c.add(p, "must be https: secrets and tokens are sent there; insecure_http allows http")
	case u.Scheme != "https" && u.Scheme != "http":
		c.add(p, "unknown scheme %s%s", src.quote(u.Scheme), didYouMean(u.Scheme, []string{"https", "http"}))
	}
	if u.User != nil {
		c.add(p, "must not hold a user name or password")
	}
	if u.Fragment != "" || strings.HasSuffix(u.String(), "#") {
		c.add(p, "must not have a fragment")
	}
	c.urlHost(p, u)
}

// urlHost holds host and port of any URL to their syntax.
func (c *checker) urlHost(p path, u *url.URL) (host string, ok bool) {
	if u.Hostname() == "" {
		c.add(p, "lacks a host")
		return "", false
	}
	host, err := canonicalHost(u.Hostname(), c.source(p).literal())
	if err != nil {
		c.add(p, "%s", err)
		return "", false
	}
	if port := u.Port(); port != "" && !validPort(port) {
		c.add(p, "the port must be between 1 and 65535")
		return "", false
	}
	return host, true
}
