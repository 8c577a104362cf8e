package config

import (
	"strings"
)

func (c *checker) routes(all []Route, p path) {
	if len(all) == 0 {
		c.add(p, "holds no route; write at least one with from, to and policy")
	}
	for i := range all {
		c.route(&all[i], p.item(i))
	}
	c.splitCookies(all, p)
	c.fromsDiffer(all, p)
	c.routeNames(all, p)
	c.policiesUsed(all)
}

func (c *checker) route(r *Route, p path) {
	c.from(r, p.key("from"))
	c.to(r, p)
	c.upstreamTLS(r, p.key("upstream_tls"))
	c.health(r, p.key("health"))
	c.routePolicy(r, p)
	c.routeProviders(r.Providers, p.key("providers"))
	c.headers(r.Headers, p.key("headers"))
	c.routeBearer(r.Bearer, p.key("bearer"))
	c.routeAssertion(&r.Assertion, p.key("assertion"))
	c.prefixes(r, p)
	c.atMost(r.Portal.Title, maxTitle, p.key("portal").key("title"))
	c.logo(r.Portal.Icon, p.key("portal").key("icon"))
	c.stepUp(r, p.key("step_up"))
	c.forwardAuthOnly(r, p)
	c.websocketOrigins(r.WebsocketOrigins, p.key("websocket_origins"))
	c.notNegative(p.key("timeout").key("dial"), r.Timeout.Dial)
	c.notNegative(p.key("timeout").key("response_header"), r.Timeout.ResponseHeader)
	c.notNegative(p.key("timeout").key("idle"), r.Timeout.Idle)
}

// fromsDiffer: one public address leads to one place.
func (c *checker) fromsDiffer(all []Route, p path) {
	first := map[string]int{}
	for i, r := range all {
		if r.From == nil {
			continue
		}
		if earlier, twice := first[r.From.String()]; twice {
			c.add(p.item(i).key("from"), "is the address of %s already", c.display(p.item(earlier)))
		} else {
			first[r.From.String()] = i
		}
	}
}

// routeNames: a route without one is called by its address; names differ,
// because logs and metrics know routes by them.
func (c *checker) routeNames(all []Route, p path) {
	first := map[string]int{}
	for i := range all {
		r, at := &all[i], p.item(i).key("name")
		if !c.present(at) {
			if r.From != nil {
				r.Name = r.From.String()
			}
			continue
		}
		if r.Name == "" || len(r.Name) > 100 {
			c.add(at, "must have between 1 and 100 characters; leave it out to be called by from")
		} else if earlier, twice := first[r.Name]; twice {
			c.add(at, "is the name of %s already", c.display(p.item(earlier)))
		} else {
			first[r.Name] = i
		}
	}
}

// routePolicy: every route says who may pass, by rules of its own or by a name.
func (c *checker) routePolicy(r *Route, p path) {
	at := p.key("policy")
	c.missing(p, "policy", "is missing; say who may pass, like {allow: {email_domain: example.com}}, or public for everybody")
	switch {
	case r.Policy.Name == "public":
		r.Policy.Rules = []Rule{{Name: "public", Action: "bypass", Include: []Selector{{Everyone: true}}}}
	case r.Policy.Name != "":
		rules, ok := c.config.Policies[r.Policy.Name]
		if !ok && !c.broken[root.key("policies")] {
			names := append(sortedKeys(c.config.Policies), "public")
			c.add(at, "no policy is called %s%s", c.source(at).quote(r.Policy.Name), didYouMean(r.Policy.Name, names))
		}
		r.Policy.Rules = rules
	default:
		c.rules(r.Policy.Rules, at)
	}
	if len(c.config.Providers) == 0 && !c.present(root.key("providers")) && needsSignIn(r.Policy.Rules) {
		c.add(at, "asks for a sign-in, but the file has no providers; add one, or write public")
	}
}

// policiesUsed notes policies that decide nothing.
func (c *checker) policiesUsed(all []Route) {
	used := map[string]bool{}
	for _, r := range all {
		used[r.Policy.Name] = true
	}
	for _, name := range sortedKeys(c.config.Policies) {
		if !used[name] {
			c.note(root.key("policies").key(name), "is not used by any route")
		}
	}
}

func (c *checker) routeProviders(names []string, p path) {
	if c.present(p) && len(names) == 0 {
		c.add(p, "is empty, so nobody could sign in; leave it out for all providers")
	}
	c.knownProviders(names, p)
}

// prefixes: what is put before a path makes a canonical path of it.
func (c *checker) prefixes(r *Route, p path) {
	at := p.key("add_prefix")
	if r.AddPrefix != "" && r.AddPrefix != "/" {
		if problem := pathProblem(r.AddPrefix); problem != "" {
			c.add(at, "%s", problem)
		}
	}
	if r.AddPrefix == "/" {
		r.AddPrefix = ""
	}
	if r.StripPrefix && r.From != nil && r.From.Path == "" {
		c.note(p.key("strip_prefix"), "has no effect, since from has no path")
	}
	if r.MaxBody < 0 {
		c.add(p.key("max_body"), "must not be negative")
	}
}

// websocketOrigins: each is an origin, in the form in which browsers send it.
func (c *checker) websocketOrigins(origins []string, p path) {
	for i, text := range origins {
		at := p.item(i)
		var u URL
		if text == "" {
			continue
		}
		if text == "*" || u.parse(text, c.source(at)) != nil || u.Scheme != "https" && u.Scheme != "http" ||
			u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
			c.add(at, "must be an origin like https://app.example.com, without a path")
			continue
		}
		if origin, ok := c.origin(at, u.URL); ok {
			origins[i] = origin.String()
		}
	}
}
