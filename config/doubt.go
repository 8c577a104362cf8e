package config

// usedPolicy is a set of rules where it is written, and the routes it is for.
type usedPolicy struct {
	at     path
	rules  []Rule
	routes []int
}

// usedPolicies lists the named policies and those written in place.
func (c *checker) usedPolicies() []usedPolicy {
	routes := map[string][]int{}
	var all []usedPolicy
	for i := range c.config.Routes {
		p := &c.config.Routes[i].Policy
		if p.Name != "" {
			routes[p.Name] = append(routes[p.Name], i)
			continue
		}
		all = append(all, usedPolicy{root.key("routes").item(i).key("policy"), p.Rules, []int{i}})
	}
	for _, name := range sortedKeys(c.config.Policies) {
		all = append(all, usedPolicy{root.key("policies").key(name), c.config.Policies[name], routes[name]})
	}
	return all
}

// doubts notes what is valid and hardly meant: rules that nothing reaches or
// fulfils. It asks files without a mistake only, so that it need not doubt what
// it reads.
func (c *checker) doubts() {
	if len(c.problems) > 0 {
		return
	}
	for _, p := range c.usedPolicies() {
		c.reached(p.rules, p.at)
		c.admits(p.rules, p.at)
		c.pathsOutside(p)
		for i := range p.rules {
			r, at := &p.rules[i], p.at.item(i)
			c.audience(r, at)
			c.repeated(r, at)
			c.unverified(r, at)
			if c.comparable(r, at) {
				c.contradiction(r, at)
			}
			for _, route := range p.routes {
				c.unmapped(r, at, route)
			}
		}
	}
}

// parts calls do for each selector of r and its place.
func (r *Rule) parts(at path, do func(part string, s *Selector, at path)) {
	for _, part := range []struct {
		key       string
		selectors []Selector
	}{{"include", r.Include}, {"require", r.Require}, {"exclude", r.Exclude}} {
		for i := range part.selectors {
			do(part.key, &part.selectors[i], at.key(part.key).item(i))
		}
	}
}

// comparable reports whether the words of r can be held against each other:
// they are not too many, and none is a placeholder.
func (c *checker) comparable(r *Rule, at path) bool {
	const most = 1000
	count, known := 0, true
	r.parts(at, func(_ string, s *Selector, at path) {
		key, words := s.words()
		count += 1 + len(words)
		known = known && (!c.placeholders || c.literal(at.key(key), len(words)))
	})
	return known && count <= most
}

// literal reports whether the value at p, or a list's count values, stand in
// the file itself.
func (c *checker) literal(p path, count int) bool {
	for i := range count {
		if !c.source(p.item(i)).literal() {
			return false
		}
	}
	return c.source(p).literal()
}
