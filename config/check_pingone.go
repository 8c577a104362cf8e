package config

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// pingOne: the environment is known, by what PingOne's addresses are made of.
func (c *checker) pingOne(o *Provider, p path) {
	if o.EnvironmentID == "" && o.CustomDomain == "" && len(o.Issuer) == 0 {
		c.missing(p, "environment_id", "is missing; PingOne shows it under Environment Properties (or give custom_domain)")
	}
	c.environmentID(o.EnvironmentID, p.key("environment_id"))
	c.bareHost(o.CustomDomain, p.key("custom_domain"), "auth.example.com")
	for i, issuer := range o.Issuer {
		c.pingOneIssuer(issuer, p.key("issuer").item(i))
	}
	c.oneEnvironment(o, p)
	if c.present(p.key("region")) && o.CustomDomain != "" && len(o.Issuer) < 2 {
		c.note(p.key("region"), "has no effect beside custom_domain")
	}
	if o.Region == "" && o.CustomDomain == "" {
		o.Region = "na"
	}
}

var uuid = regexp.MustCompile(`[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`)

// environmentID: a UUID, 8-4-4-4-12 hex digits. Often a whole address is
// pasted, or its end is.
func (c *checker) environmentID(id string, p path) {
	if id == "" || uuid.FindString(id) == id {
		return
	}
	hint := ""
	if found := uuid.FindString(id); found != "" {
		hint = c.meant(p, found)
	}
	c.add(p, "%s is not a UUID like 3f2504e0-4f89-41d3-9a0c-0305e82c3301%s", c.source(p).quote(id), hint)
}

// pingOneHost reports whether an issuer is at one of PingOne's regions.
func pingOneHost(issuer string) bool {
	u, err := url.Parse(issuer)
	return err == nil && strings.HasPrefix(foldASCII(u.Hostname()), "auth.pingone.")
}

// pingOneDomains are the ends of the regions' hosts.
var pingOneDomains = map[string]string{"na": "com", "ca": "ca", "eu": "eu", "au": "com.au", "sg": "sg", "asia": "asia"}

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
	if right != issuer {
		c.add(p, "%s%s", reason, c.meant(p, right))
	}
}

// oneEnvironment: what an issuer at PingOne's own hosts says agrees with
// environment_id and region, and with the other issuers: a list is for the two
// addresses of one environment.
func (c *checker) oneEnvironment(o *Provider, p path) {
	id := o.EnvironmentID
	if uuid.FindString(id) != id {
		return // has been reported
	}
	for i, issuer := range o.Issuer {
		at := p.key("issuer").item(i)
		u, err := url.Parse(issuer)
		if err != nil || !pingOneHost(issuer) {
			continue
		}
		domain := strings.TrimPrefix(foldASCII(u.Hostname()), "auth.pingone.")
		if !slices.Contains([]string{"com", "ca", "eu", "com.au", "sg", "asia"}, domain) {
			c.add(at, "is at none of PingOne's regions, which are auth.pingone.com, .ca, .eu, .com.au, .sg and .asia")
			continue
		}
		here := uuid.FindString(u.Path)
		switch {
		case here == "":
			continue
		case id == "":
			id = here
		case foldASCII(here) != foldASCII(id):
			c.add(at, "is of another environment than %s; one provider is one environment%s", c.environmentNamedBy(o),
				c.meant(at, strings.Replace(issuer, here, id, 1)))
		}
		if region := o.Region; c.present(p.key("region")) && region != "" && pingOneDomains[region] != domain {
			c.add(at, "is not in region %s%s", region, c.meant(at, strings.Replace(issuer, u.Hostname(), "auth.pingone."+pingOneDomains[region], 1)))
		}
	}
}

func (c *checker) environmentNamedBy(o *Provider) string {
	if o.EnvironmentID != "" {
		return "environment_id"
	}
	return "the issuer before it"
}
