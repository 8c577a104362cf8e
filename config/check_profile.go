package config

import (
	"net/url"
	"slices"
	"strings"
)

// profile says which keys belong to a type of provider, and how its address is
// checked. What they are made into is told in package provider.
type profile struct {
	name string
	keys []string // of those that not every type has
	// check completes the type's own checks.
	check func(c *checker, o *Provider, p path)
}

// ownKeys are the keys that only some types have, in the file's order.
var ownKeys = []string{"environment_id", "region", "custom_domain", "tenant", "realm", "policy_id"}

func profiles() []profile {
	return []profile{
		{"oidc", nil, (*checker).plainProvider},
		{"pingone", []string{"environment_id", "region", "custom_domain"}, (*checker).pingOne},
		{"pingone_enterprise", nil, (*checker).pingOneEnterprise},
		{"pingone_aic", []string{"custom_domain", "tenant", "realm"}, (*checker).advancedIdentityCloud},
		{"pingfederate", []string{"policy_id"}, (*checker).pingFederate},
	}
}

// providerPage is the guide to a provider that people take for a type of its
// own, or "".
func providerPage(word string) string {
	switch foldASCII(word) {
	case "keycloak", "okta", "auth0", "dex", "google":
		return foldASCII(word) + ".md"
	case "redhat_sso", "rhsso":
		return "keycloak.md"
	case "entra", "entra_id", "entraid", "azure", "azuread", "azure_ad", "aad", "microsoft":
		return "entra.md"
	case "google_workspace", "gsuite":
		return "google.md"
	}
	return ""
}

// notOpenID reports whether a word is another way to sign in, which people take
// for a type of provider.
func notOpenID(word string) bool {
	return slices.Contains([]string{"saml", "saml2", "github", "ldap", "cas", "oauth", "oauth2"}, foldASCII(word))
}

// providerType: what the type does not know is not silently dropped.
func (c *checker) providerType(o *Provider, p path) {
	all := profiles()
	i := slices.IndexFunc(all, func(t profile) bool { return t.name == o.Type })
	if i < 0 {
		c.missing(p, "type", "is missing; write oidc, or pingone for a PingOne environment")
		return
	}
	for _, key := range ownKeys {
		if !c.present(p.key(key)) || slices.Contains(all[i].keys, key) {
			continue
		}
		var owners []string
		for _, t := range all {
			if slices.Contains(t.keys, key) {
				owners = append(owners, t.name)
			}
		}
		c.add(p.key(key), "belongs to type %s, not to %s; remove it or change type", strings.Join(owners, " and "), o.Type)
	}
	all[i].check(c, o, p)
}

// plainProvider: type oidc knows its issuer and has no environment.
func (c *checker) plainProvider(o *Provider, p path) {
	if len(o.Issuer) == 0 {
		c.missing(p, "issuer", "is missing; a provider of type oidc is known by its issuer, like https://idp.example.com")
	}
	for i, issuer := range o.Issuer {
		if pingOneHost(issuer) {
			c.pingOneIssuer(issuer, p.key("issuer").item(i))
		}
	}
}

// pingOneEnterprise: the client id names the connection. Whether the issuer
// repeats it differs between accounts.
func (c *checker) pingOneEnterprise(o *Provider, p path) {
	if len(o.Issuer) == 0 && !c.present(p.key("issuer")) {
		c.note(p, "has no issuer; PingOne for Enterprise writes it with or without the client id, and with is expected: compare it with the issuer in the discovery document")
	}
	c.noFinalSlash(o, p)
}

// advancedIdentityCloud: a tenant's host and a realm.
func (c *checker) advancedIdentityCloud(o *Provider, p path) {
	if o.Tenant == "" && o.CustomDomain == "" && len(o.Issuer) == 0 {
		c.missing(p, "tenant", "is missing; it is the host of the admin console, like example.forgeblocks.com (or give custom_domain)")
	}
	c.bareHost(o.Tenant, p.key("tenant"), "example.forgeblocks.com")
	c.bareHost(o.CustomDomain, p.key("custom_domain"), "auth.example.com")
	if strings.ContainsAny(o.Realm, " ?#%\\") || strings.Contains(o.Realm, "//") || strings.Contains(o.Realm, "realms") {
		c.add(p.key("realm"), "%s is not a realm's name, like alpha", c.source(p.key("realm")).quote(o.Realm))
	}
	c.noFinalSlash(o, p)
	for i, issuer := range o.Issuer {
		if u, err := url.Parse(issuer); err == nil && !strings.Contains(u.Path, "/oauth2") && u.Host != "" {
			at := p.key("issuer").item(i)
			c.add(at, "lacks the /am/oauth2/realms/root/realms/… of Advanced Identity Cloud's issuers%s",
				c.meant(at, u.Scheme+"://"+u.Host+"/am/oauth2/realms/root/realms/alpha"))
		}
	}
}

// pingFederate: its base URL.
func (c *checker) pingFederate(o *Provider, p path) {
	if o.BaseURL == nil && len(o.Issuer) == 0 {
		c.missing(p, "base_url", "is missing; it is PingFederate's base URL, like https://sso.example.com:9031")
	}
	c.noFinalSlash(o, p)
}

// noFinalSlash: none of the Ping products' issuers ends with one, and a slash
// makes an issuer differ from every token's.
func (c *checker) noFinalSlash(o *Provider, p path) {
	for i, issuer := range o.Issuer {
		if right := strings.TrimRight(issuer, "/"); right != issuer {
			at := p.key("issuer").item(i)
			c.add(at, "must not end with /%s", c.meant(at, right))
		}
	}
}

// bareHost: a host and nothing around it.
func (c *checker) bareHost(host string, p path, like string) {
	if host == "" {
		return
	}
	if canonical, err := canonicalHost(host, false); err == nil && canonical != "" {
		return
	}
	hint := ""
	if u, err := url.Parse(host); err == nil && u.Hostname() != "" {
		hint = c.meant(p, u.Hostname())
	} else if u, err := url.Parse("//" + host); err == nil && validHost(u.Hostname()) {
		hint = c.meant(p, u.Hostname())
	}
	c.add(p, "must be a host name alone, like %s%s", like, hint)
}

// meant suggests a value made from the one at p, unless that came out of an
// expansion or may hold what nobody should see.
func (c *checker) meant(p path, right string) string {
	if !c.source(p).literal() || strings.ContainsAny(right, "@?#") {
		return ""
	}
	return "; did you mean " + quote(right) + "?"
}
