package config

import "slices"

// reached notes rules behind one that decides for all whom they are about:
// the first true rule decides, and that one always is.
func (c *checker) reached(rules []Rule, p path) {
	people, machines := -1, -1 // the rules that take all of them
	for i := range rules {
		r, at := &rules[i], p.item(i)
		switch {
		case r.Action == "allow" && people >= 0:
			c.note(at, "is never reached: %s is true of every person before it; move this rule above", c.ruleName(rules, p, people))
		case r.Action == "service_auth" && machines >= 0:
			c.note(at, "is never reached: %s is true of every machine before it; move this rule above", c.ruleName(rules, p, machines))
		case r.Action == "allow" || r.Action == "service_auth" || people < 0:
		case people == machines:
			c.note(at, "is never reached: %s is true of everybody before it; move this rule above", c.ruleName(rules, p, people))
		case machines >= 0:
			c.note(at, "is never reached: %s is true of every person before it and %s of every machine; move this rule above",
				c.ruleName(rules, p, people), c.ruleName(rules, p, machines))
		case r.Action == "bypass":
			c.note(at, "opens nothing without a sign-in: %s asks everybody for one before it; move this rule above", c.ruleName(rules, p, people))
		case !r.always() && (r.personal() || !machinesWanted(rules[i+1:])):
			// The last deny everyone only says what holds anyway.
			c.note(at, "denies nobody who signed in: %s is true of every person before it; move this rule above", c.ruleName(rules, p, people))
		}
		if !r.always() || r.Shadow {
			continue
		}
		if people < 0 && r.Action != "service_auth" {
			people = i
		}
		if machines < 0 && r.Action != "allow" {
			machines = i
		}
	}
}

// always reports whether r is true of every request of those it is about.
func (r *Rule) always() bool {
	anyAlways := false
	for i := range r.Include {
		anyAlways = anyAlways || r.Include[i].always()
	}
	for i := range r.Require {
		anyAlways = anyAlways && r.Require[i].always()
	}
	return anyAlways && len(r.Exclude) == 0
}

// personal reports whether r is about people alone by its selectors.
func (r *Rule) personal() bool {
	personal := func(s Selector) bool { return s.personal() }
	return slices.ContainsFunc(r.Require, personal) || every(r.Include, personal)
}

// machinesWanted reports whether rules admit machines that a deny before them
// could keep out.
func machinesWanted(rules []Rule) bool {
	for i := range rules {
		if a := rules[i].Action; a == "service_auth" || a == "bypass" {
			return true
		}
	}
	return false
}

// ruleName is what people call rule i: where it is, and its name.
func (c *checker) ruleName(rules []Rule, p path, i int) string {
	name := c.display(p.item(i))
	if rules[i].Name != "" {
		name += " (" + c.source(p.item(i).key("name")).quote(rules[i].Name) + ")"
	}
	return name
}

// admits notes a policy that lets nobody pass, unless it says so by a deny
// everyone.
func (c *checker) admits(rules []Rule, p path) {
	for i := range rules {
		switch r := &rules[i]; {
		case r.Shadow:
		case r.Action != "deny", r.always():
			return
		}
	}
	if len(rules) > 0 {
		c.note(p, "admits nobody: no rule of it that decides is allow, bypass or service_auth; add one, or write deny: everyone if that is meant")
	}
}
