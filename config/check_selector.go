package config

import (
	"slices"
	"strings"
)

func (c *checker) selectors(all []Selector, p path) {
	for i := range all {
		c.selector(&all[i], p.item(i))
	}
}

func (c *checker) selector(s *Selector, p path) {
	if c.present(p.key("everyone")) && !s.Everyone {
		c.add(p.key("everyone"), "can only be true; to name nobody leave the selector out")
	}
	c.notEmpty(s, p)
	for i, email := range s.Email {
		c.emailAddress(email, p.key("email").item(i))
	}
	for i, domain := range s.EmailDomain {
		c.emailDomain(domain, p.key("email_domain").item(i))
	}
	if s.Claim != nil {
		c.claimTest(s.Claim, p.key("claim"))
	}
	c.knownProviders(s.Provider, p.key("provider"))
	c.knownServiceTokens(s.ServiceToken, p.key("service_token"))
	c.knownBearers(s.Bearer, p.key("bearer"))
	for i, method := range s.Method {
		c.method(method, p.key("method").item(i))
	}
	for i, prefix := range s.Path {
		c.selectorPath(prefix, p.key("path").item(i))
	}
}

// notEmpty: a list of none would match nobody, or with not_ip everybody.
func (c *checker) notEmpty(s *Selector, p path) {
	for _, list := range []struct {
		key   string
		given bool
	}{
		{"email", len(s.Email) > 0}, {"email_domain", len(s.EmailDomain) > 0}, {"group", len(s.Group) > 0},
		{"provider", len(s.Provider) > 0}, {"acr", len(s.ACR) > 0}, {"amr", len(s.AMR) > 0},
		{"ip", len(s.IP) > 0}, {"not_ip", len(s.NotIP) > 0},
		{"service_token", len(s.ServiceToken) > 0}, {"bearer", len(s.Bearer) > 0},
		{"method", len(s.Method) > 0}, {"path", len(s.Path) > 0},
	} {
		if c.present(p.key(list.key)) && !list.given {
			c.add(p.key(list.key), "is an empty list; give it a value or remove the selector")
		}
	}
}

// emailAddress: readers disagree about whose address one with two @ is
// (CVE-2026-40574), and one without any matches nothing.
func (c *checker) emailAddress(email string, p path) {
	if email == "" {
		return
	}
	local, domain, found := strings.Cut(email, "@")
	if !found {
		c.add(p, "%s is not an address; for all of a domain use email_domain", c.source(p).quote(email))
		return
	}
	if strings.Contains(local, "*") {
		c.add(p, "%s is compared exactly, and * stands for nothing; for all of a domain write email_domain: %s", c.source(p).quote(email), domain)
		return
	}
	if local == "" || strings.ContainsAny(email, " ,;<>\"\\") || !validEmailDomain(domain) {
		c.add(p, "%s is not an address like person@example.com", c.source(p).quote(email))
	}
}

func (c *checker) emailDomain(domain string, p path) {
	if domain == "" || validEmailDomain(domain) {
		return
	}
	hint := ""
	if bare := strings.TrimPrefix(strings.TrimLeft(domain, "*@"), "."); validEmailDomain(bare) && c.source(p).literal() {
		hint = "; did you mean " + quote(bare) + "?"
	}
	c.add(p, "%s is not a domain like example.com%s", c.source(p).quote(domain), hint)
}

func validEmailDomain(domain string) bool { return validHost(foldASCII(domain)) }

// claimTest: one claim, one operator.
func (c *checker) claimTest(t *ClaimTest, p path) {
	if t.Path == "" {
		c.add(p.key("path"), "is missing; name the claim, like department or realm_access.roles")
	}
	c.claimPath(t.Path, p.key("path"))
	var given []string
	operators := []string{"is", "has", "in", "matches", "exists"}
	for _, operator := range operators {
		if c.present(p.key(operator)) {
			given = append(given, operator)
		}
	}
	if len(given) != 1 {
		found := ""
		if len(given) > 1 {
			found = ", and has " + strings.Join(given, " and ")
		}
		c.add(p, "needs exactly one of %s%s", strings.Join(operators, ", "), found)
	}
	if slices.Equal(given, []string{"in"}) && len(t.In) == 0 {
		c.add(p.key("in"), "is an empty list; give it a value")
	}
}

// method: as it is sent; methods are case-sensitive (RFC 9110 section 9.1).
func (c *checker) method(method string, p path) {
	upper := strings.ToUpper(method)
	src := c.source(p)
	switch {
	case method == "":
	case !isToken(method):
		c.add(p, "%s is not a method", src.quote(method))
	case method != upper && src.literal():
		c.add(p, "%s must be upper case; did you mean %q?", src.quote(method), upper)
	case method != upper:
		c.add(p, "must be upper case")
	}
}

// selectorPath: a prefix of paths as they are matched.
func (c *checker) selectorPath(prefix string, p path) {
	problem := pathProblem(prefix)
	if prefix == "" || problem == "" {
		return
	}
	hint := ""
	if trimmed := strings.TrimRight(prefix, "/*"); c.source(p).literal() && trimmed != "" && pathProblem(trimmed) == "" {
		hint = "; did you mean " + quote(trimmed) + "?"
	}
	c.add(p, "%s %s%s", c.source(p).quote(prefix), problem, hint)
}
