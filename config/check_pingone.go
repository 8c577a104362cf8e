package config

import (
	"net/url"
	"slices"
	"strings"
)

// pingOne: the environment is known, by what PingOne's addresses are made of.
func (c *checker) pingOne(o *Provider, p path) {
	if o.EnvironmentID == "" && o.CustomDomain == "" && o.Issuer == "" {
		c.missing(p, "environment_id", "is missing; PingOne shows it under Environment Properties (or give custom_domain)")
	}
	c.environmentID(o.EnvironmentID, p.key("environment_id"))
	c.customDomain(o.CustomDomain, p.key("custom_domain"))
	c.pingOneIssuer(o.Issuer, p.key("issuer"))
	if c.present(p.key("region")) && o.CustomDomain != "" {
		c.note(p.key("region"), "has no effect beside custom_domain")
	}
	if o.Region == "" && o.CustomDomain == "" {
		o.Region = "na"
	}
}

// environmentID: a UUID, 8-4-4-4-12 hex digits.
func (c *checker) environmentID(id string, p path) {
	if id == "" {
		return
	}
	groups := strings.Split(id, "-")
	lengths := make([]int, len(groups))
	for i, group := range groups {
		lengths[i] = len(group)
	}
	if !slices.Equal(lengths, []int{8, 4, 4, 4, 12}) || strings.Trim(id, "0123456789abcdefABCDEF-") != "" {
		c.add(p, "%s is not a UUID like 3f2504e0-4f89-41d3-9a0c-0305e82c3301", c.source(p).quote(id))
	}
}

// customDomain: a bare host.
func (c *checker) customDomain(domain string, p path) {
	if domain == "" {
		return
	}
	src := c.source(p)
	if host, err := canonicalHost(domain, false); err == nil && host != "" {
		return
	}
	hint := ""
	if u, err := url.Parse(domain); err == nil && u.Hostname() != "" && src.literal() {
		hint = "; did you mean " + quote(u.Hostname()) + "?"
	}
	c.add(p, "must be a host name alone, like auth.example.com%s", hint)
}

// pingOneIssuer: an overriding issuer is one that PingOne writes in tokens. Its
// paths end in /as; /davinci is the issuer of another product, and a slash at
// the end makes it differ from every token's.
func (c *checker) pingOneIssuer(issuer string, p path) {
	if issuer == "" {
		return
	}
	right := strings.TrimRight(issuer, "/")
	reason := "must not end with /"
	if before, ok := strings.CutSuffix(right, "/davinci"); ok {
		right, reason = before+"/as", "is DaVinci's issuer, which signs nobody in here"
	} else if !strings.HasSuffix(right, "/as") {
		right, reason = right+"/as", "lacks the /as at the end of PingOne's issuers"
	}
	if right == issuer {
		return
	}
	hint := ""
	if c.source(p).literal() && !strings.ContainsAny(issuer, "@?#") {
		hint = "; did you mean " + quote(right) + "?"
	}
	c.add(p, "%s%s", reason, hint)
}
