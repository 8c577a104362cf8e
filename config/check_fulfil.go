package config

import (
	"slices"

	"github.com/gatehouse-proxy/gatehouse/expr"
)

// audience notes selectors about those whom the rule is not about: allow is
// about people and service_auth about machines, whatever the selectors say.
func (c *checker) audience(r *Rule, at path) {
	r.parts(at, func(part string, s *Selector, at path) {
		if part == "exclude" {
			return
		}
		key, words := s.words()
		at = at.key(key)
		var reads expr.Reads
		if s.Expr != nil {
			reads = s.Expr.Program.Reads()
		}
		switch {
		case r.Action == "allow" && reads.Machine:
			c.note(at, "reads machine, which is empty in an allow rule: it is about people; use service_auth")
		case r.Action == "service_auth" && reads.User:
			c.note(at, "reads user, which is empty in a service_auth rule: it is about machines; use machine.name or claims")
		case r.Action == "allow" && key == "service_token":
			c.note(at, "is never true in an allow rule, which is about people; use service_auth")
		case r.Action == "allow" && key == "bearer" && !c.anyBearerAs("user", words):
			c.note(at, "is never true in an allow rule, which is about people; use service_auth, or write as: user in that item of bearer")
		case r.Action == "service_auth" && key == "bearer" && !c.anyBearerAs("machine", words):
			c.note(at, "is never true in a service_auth rule: as: user makes people of the callers; use allow")
		case r.Action == "service_auth" && s.personal():
			c.note(at, "is never true in a service_auth rule: it is about people who signed in; use service_token, bearer, group or claim")
		}
	})
}

// personal reports whether s is about those who signed in, and so never true of
// a machine.
func (s *Selector) personal() bool {
	key, _ := s.words()
	return slices.Contains([]string{"email", "email_domain", "provider", "acr", "amr"}, key)
}

// anyBearerAs reports whether one of the items of bearer makes people, or
// machines, of callers.
func (c *checker) anyBearerAs(as string, names []string) bool {
	return slices.ContainsFunc(c.config.Bearer, func(b Bearer) bool {
		return b.As == as && slices.Contains(names, b.Name)
	})
}

// contradiction notes a rule whose parts are never true together.
func (c *checker) contradiction(r *Rule, at path) {
	excluded := func(s *Selector) bool {
		return slices.ContainsFunc(r.Exclude, func(e Selector) bool { return implies(s, &e) })
	}
	if len(r.Include) > 0 && every(r.Include, func(s Selector) bool { return excluded(&s) }) {
		c.note(at.key("exclude"), "takes out everybody whom include names, so the rule is never true")
		return
	}
	for i := range r.Require {
		s, here := &r.Require[i], at.key("require").item(i)
		if excluded(s) {
			c.note(here, "is what exclude takes out, so the rule is never true")
			return
		}
		for earlier := range r.Require[:i] {
			if disjoint(&r.Require[earlier], s) {
				c.note(here, "is never true together with %s, so the rule never is; where either is enough, write them as include",
					c.display(at.key("require").item(earlier)))
				return
			}
		}
		if every(r.Include, func(included Selector) bool { return disjoint(&included, s) }) {
			c.note(here, "is never true together with include, so the rule never is; where either is enough, write them as include")
			return
		}
	}
}

// pathsOutside notes paths that no request of the policy's routes has: they are
// public paths, before strip_prefix.
func (c *checker) pathsOutside(p usedPolicy) {
	if len(p.routes) == 0 {
		return
	}
	for i := range p.rules {
		p.rules[i].parts(p.at.item(i), func(_ string, s *Selector, at path) {
			_, words := s.words()
			for j := range s.Path {
				here := at.key("path").item(j)
				if c.placeholders && !c.source(here).literal() || c.pathMeets(words[j], p.routes) {
					continue
				}
				from := root.key("routes").item(p.routes[0]).key("from")
				hint := ""
				if c.source(here).literal() && c.source(from).literal() {
					hint = ", like " + quote(c.config.Routes[p.routes[0]].From.Path+words[j])
				}
				c.note(here, "lies outside of %s, so no request has it; write the public path, before strip_prefix%s", c.display(from), hint)
			}
		})
	}
}

// pathMeets reports whether requests for one of the routes can lie below p.
func (c *checker) pathMeets(p string, routes []int) bool {
	return slices.ContainsFunc(routes, func(i int) bool {
		from := c.config.Routes[i].From.Path
		return under(from, p) || under(p, from)
	})
}
