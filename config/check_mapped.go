package config

import (
	"slices"
	"strings"
)

// unmapped notes selectors for what nobody who counts on the route can have,
// because no claim is mapped to it.
func (c *checker) unmapped(r *Rule, at path, route int) {
	r.parts(at, func(_ string, s *Selector, at path) {
		if s.Expr != nil {
			c.readsUnmapped(r, s.Expr, at.key("expr"), route)
			return
		}
		key, field := s.mappedField()
		if field == "" || r.Action == "service_auth" && key != "group" && key != "claim" {
			return
		}
		keys, mapped := c.mappings(r.Action, route, field)
		where := c.display(root.key("routes").item(route))
		switch {
		case mapped:
		case len(keys) > 0:
			c.note(at.key(key), "is never true on %s: no claim is mapped to %s for those who count there; set %s",
				where, field, strings.Join(keys, " or "))
		case r.Action == "service_auth":
			c.note(at.key(key), "is never true on %s: no item of bearer for machines counts there, and service tokens have no %s; set %s.bearer",
				where, field, where)
		}
	})
}

// readsUnmapped notes what an expression reads and nobody whom its rule is
// about can have. Of machines it reads claims alone.
func (c *checker) readsUnmapped(r *Rule, e *Expr, at path, route int) {
	reads := e.Program.Reads()
	for _, one := range []struct {
		field string
		user  bool
	}{{"email", reads.Email}, {"groups", reads.Groups}, {"username", reads.Username}, {"name", reads.Name}} {
		name, machines := "claims."+one.field, r.Action == "service_auth"
		switch {
		case one.user && !machines:
			name = "user." + one.field
		case !slices.Contains(reads.Claims, one.field) || machines && one.field != "groups":
			continue
		}
		if keys, mapped := c.mappings(r.Action, route, one.field); !mapped && len(keys) > 0 {
			c.note(at, "reads %s, which nobody has on %s: no claim is mapped to it for those who count there; set %s",
				name, c.display(root.key("routes").item(route)), strings.Join(keys, " or "))
		}
	}
}

// mappedField returns the name of a selector and the key of claims that decides
// what it reads, "" for one that reads no such thing or is true without it.
func (s *Selector) mappedField() (key, field string) {
	switch {
	case s.Group != nil:
		return "group", "groups"
	case s.Email != nil:
		return "email", "email"
	case s.EmailDomain != nil:
		return "email_domain", "email"
	case s.Claim != nil && (s.Claim.Exists == nil || *s.Claim.Exists) &&
		slices.Contains([]string{"email", "groups", "username", "name"}, s.Claim.Path):
		return "claim", s.Claim.Path
	}
	return "", ""
}

// of returns the claims that mean field.
func (m *ClaimMap) of(field string) []string {
	return map[string][]string{"email": m.Email, "groups": m.Groups, "username": m.Username, "name": m.Name}[field]
}

// mappings reports whether anybody whom rules of action are about can have
// field on the route, and otherwise the keys that would give it to them.
func (c *checker) mappings(action string, route int, field string) (keys []string, mapped bool) {
	r := &c.config.Routes[route]
	ask := func(m *ClaimMap, at path) {
		mapped = mapped || len(m.of(field)) > 0
		keys = append(keys, c.display(at.key("claims").key(field)))
	}
	for i := range c.config.Providers {
		o := &c.config.Providers[i]
		if action != "service_auth" && (len(r.Providers) == 0 || slices.Contains(r.Providers, o.Name)) {
			ask(&o.Claims, root.key("providers").item(i))
		}
	}
	for i := range c.config.Bearer {
		b := &c.config.Bearer[i]
		about := action == "deny" || (action == "allow") == (b.As == "user")
		if about && slices.Contains(r.Bearer, b.Name) {
			ask(&b.Claims, root.key("bearer").item(i))
		}
	}
	return keys, mapped
}
