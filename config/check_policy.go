package config

func (c *checker) policies(all map[string][]Rule, p path) {
	for _, name := range sortedKeys(all) {
		if name == "public" {
			c.add(p.key(name), "public is everybody already; give the policy another name")
		}
		if name == "" {
			c.add(p.key(name), "a policy needs a name")
		}
		c.rules(all[name], p.key(name))
	}
}

func (c *checker) rules(rules []Rule, p path) {
	if c.present(p) && len(rules) == 0 {
		c.add(p, "holds no rule, so nobody could pass; write at least one")
	}
	for i := range rules {
		c.rule(&rules[i], p.item(i))
	}
}

func (c *checker) rule(r *Rule, p path) {
	if !c.present(p.key("action")) {
		c.add(p.key("action"), "is missing; write allow, deny, bypass or service_auth, or the short form {allow: {group: staff}}")
	}
	if len(r.Include) == 0 {
		c.add(p.key("include"), "is missing or empty; say whom the rule is about, or everyone")
	}
	c.selectors(r.Include, p.key("include"))
	c.selectors(r.Require, p.key("require"))
	c.selectors(r.Exclude, p.key("exclude"))
	if r.Action == "bypass" {
		c.noIdentity(r.Include, p.key("include"))
		c.noIdentity(r.Require, p.key("require"))
		c.noIdentity(r.Exclude, p.key("exclude"))
	}
}

// noIdentity: a bypass asks nobody to sign in, so who they are is not known.
func (c *checker) noIdentity(selectors []Selector, p path) {
	for i := range selectors {
		if name := selectors[i].caller(); name != "" {
			if name == "expr" {
				c.add(p.item(i).key(name), "a bypass rule asks nobody to sign in, so its expression can look at request alone")
				continue
			}
			use := "allow"
			if name == "service_token" || name == "bearer" {
				use = "service_auth"
			}
			c.add(p.item(i).key(name), "a bypass rule asks nobody to sign in, so it cannot look at %s; use %s", name, use)
		}
	}
}

// caller returns the name of a selector about who is calling, or "".
func (s *Selector) caller() string {
	switch {
	case s.ServiceToken != nil:
		return "service_token"
	case s.Bearer != nil:
		return "bearer"
	case s.Expr != nil && s.Expr.Program != nil && s.Expr.Program.Reads().Caller():
		return "expr"
	}
	return s.identity()
}

// identity returns the name of a selector about what a sign-in tells, or "".
func (s *Selector) identity() string {
	switch {
	case s.Email != nil:
		return "email"
	case s.EmailDomain != nil:
		return "email_domain"
	case s.Group != nil:
		return "group"
	case s.Claim != nil:
		return "claim"
	case s.Provider != nil:
		return "provider"
	case s.ACR != nil:
		return "acr"
	case s.AMR != nil:
		return "amr"
	case s.Expr != nil && s.Expr.Program != nil:
		if reads := s.Expr.Program.Reads(); reads.User || len(reads.Claims) > 0 {
			return "expr"
		}
	}
	return ""
}

// needsSignIn reports whether a sign-in can change what the rules say.
func needsSignIn(rules []Rule) bool {
	for _, r := range rules {
		switch r.Action {
		case "allow":
			return true
		case "service_auth":
			continue
		}
		for _, selectors := range [][]Selector{r.Include, r.Require, r.Exclude} {
			for i := range selectors {
				if selectors[i].identity() != "" {
					return true
				}
			}
		}
	}
	return false
}
