package provider

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

const wellKnown = "/.well-known/openid-configuration"

// Location is what a configuration says about where a provider is. Resolve
// turns it into the addresses of Options.
type Location struct {
	Type string // one of Types
	// Issuers is required for oidc; elsewhere it overrides what is expected.
	// Several are accepted, the first is asked.
	Issuers      []string
	DiscoveryURL string // of the first issuer
	// EnvironmentID and Region are PingOne's, CustomDomain too and Advanced
	// Identity Cloud's, Tenant and Realm the latter's, PolicyID PingFederate's.
	// ClientID matters to PingOne for Enterprise.
	EnvironmentID, Region, CustomDomain, Tenant, Realm, PolicyID, ClientID string
	// BaseURL is where a PingFederate is. For the others it replaces scheme and
	// host of what the type builds. An issuer written out is expected as it stands.
	BaseURL string
}

// profile is what makes a kind of provider differ from a plain one: where it is
// found, and whose word its addresses are. All else is the protocol.
type profile struct {
	name string
	// issuer builds the issuer, "" where the configuration does not say enough.
	issuer func(l Location) string
	// discovery changes the conventional address of the document, if not nil.
	discovery func(l Location, address string) string
	// managed: an administrator fills the directory, and tokens leave
	// email_verified out. An absent one then counts as verified.
	managed bool
	// advice is for an operator whose claim did not come: which switch brings a
	// scope (of the first %s), an attribute (of the second %s), groups.
	advice struct{ scope, attribute, groups string }
}

func (p profile) scopes(scope string) string { return fmt.Sprintf(p.advice.scope, scope) }

func (p profile) attribute(claim string, groups bool) string {
	if groups {
		return fmt.Sprintf(p.advice.groups, claim)
	}
	return fmt.Sprintf(p.advice.attribute, claim)
}

type advice = struct{ scope, attribute, groups string }

// profiles are the types of the configuration. (PingOne platform API, PingOne
// for Enterprise, PingOne Advanced Identity Cloud and PingFederate
// documentation, "OpenID Connect discovery".)
func profiles() []profile {
	return []profile{
		{name: "oidc", issuer: func(Location) string { return "" }, advice: advice{
			"Grant the application the scope %s, and see that the person has a value for it.",
			"Have the provider put a claim named %s into the ID token or userinfo: a mapper, a rule or a scope of its own.",
			"Have the provider put a claim named %s with the person's groups into the ID token or userinfo: a mapper, often with a scope named groups.",
		}},
		{name: "pingone", managed: true, issuer: func(l Location) string {
			return PingOneIssuer(l.EnvironmentID, l.Region, l.CustomDomain)
		}, advice: advice{
			"In PingOne open Applications, the application, its Resources tab, and allow the scope %s; then see that the user has the attribute.",
			"In PingOne open Applications, the application, its Attribute Mappings tab, and add %s with the user attribute that it is to hold.",
			"In PingOne open Applications, the application, its Attribute Mappings tab, and add %s with Group Names (or Group IDs).",
		}},
		// Its issuer may come with or without the client id; the convention that
		// discovery stands under the issuer says with. Issuers overrides it, and
		// discovery stays where it is.
		{name: "pingone_enterprise", managed: true, issuer: func(l Location) string {
			return "https://sso.connect.pingidentity.com/" + url.PathEscape(l.ClientID)
		}, advice: advice{
			"In PingOne for Enterprise edit the application, allow the scope %s, and map its attributes.",
			"In PingOne for Enterprise edit the application and add the attribute %s to its SSO attribute mapping; it then comes with userinfo.",
			"In PingOne for Enterprise edit the application and map %s to memberOf; it then comes with userinfo.",
		}},
		{name: "pingone_aic", managed: true, issuer: func(l Location) string {
			host := cmp.Or(l.CustomDomain, l.Tenant)
			if host == "" {
				return ""
			}
			return "https://" + host + "/am/oauth2/realms/root" + realmPath(cmp.Or(l.Realm, "alpha"))
		}, advice: advice{
			"In Advanced Identity Cloud add the scope %s to the OAuth 2.0 client's scopes.",
			"In Advanced Identity Cloud have the OIDC claims script return %s, for a scope that is in the client's and in scopes here.",
			"In Advanced Identity Cloud have the OIDC claims script return %s with the person's groups, for a scope that is in the client's and in scopes here.",
		}},
		{name: "pingfederate", managed: true, issuer: func(l Location) string { return strings.TrimSuffix(l.BaseURL, "/") },
			advice: advice{
				"In PingFederate allow the client the scope %s, and fulfil its attributes in the OpenID Connect policy.",
				"In PingFederate add %s to the OpenID Connect policy's attribute contract, deliver it in the ID token or userinfo, and fulfil it.",
				"In PingFederate add %s to the OpenID Connect policy's attribute contract and fulfil it with memberOf.",
			},
			discovery: func(l Location, address string) string {
				if l.PolicyID == "" {
					return address
				}
				return address + "?" + url.Values{"policy_id": {l.PolicyID}}.Encode()
			}},
	}
}

// realmPath writes a realm below the root the long way, as Advanced Identity
// Cloud's own issuers do: alpha, or alpha/staff for one inside it. The root
// itself is "root".
func realmPath(realm string) string {
	path := ""
	for _, name := range strings.Split(strings.Trim(realm, "/"), "/") {
		if name != "root" && name != "" {
			path += "/realms/" + url.PathEscape(name)
		}
	}
	return path
}

// profileOf finds a type's row.
func profileOf(name string) (profile, bool) {
	all := profiles()
	i := slices.IndexFunc(all, func(p profile) bool { return p.name == name })
	if i < 0 {
		return profile{}, false
	}
	return all[i], true
}

// Types are the known types, oidc first.
func Types() []string {
	var names []string
	for _, p := range profiles() {
		names = append(names, p.name)
	}
	return names
}

// Resolve returns the expected issuers and the addresses of their discovery
// documents, the one to ask first.
//
// One issuer written out is what the document at the built address must state.
// Of several each has its own document under itself: they are addresses of one
// environment.
func (l Location) Resolve() ([]At, error) {
	kind, known := profileOf(cmp.Or(l.Type, "oidc"))
	if !known {
		return nil, fmt.Errorf("type %q is unknown", l.Type)
	}
	var all []At
	for i := range max(1, len(l.Issuers)) {
		written := ""
		if len(l.Issuers) > 0 {
			written = l.Issuers[i]
		}
		at, err := l.resolve(kind, written)
		if err != nil {
			return nil, err
		}
		if i == 0 && l.DiscoveryURL != "" {
			at.DiscoveryURL = l.DiscoveryURL
		}
		all = append(all, at)
	}
	return all, nil
}

func (l Location) resolve(kind profile, written string) (At, error) {
	built := written
	if len(l.Issuers) < 2 {
		built = cmp.Or(kind.issuer(l), written)
	}
	if built == "" {
		return At{}, errors.New("issuer cannot be told from the configuration")
	}
	if l.BaseURL != "" {
		var err error
		if built, err = WithBase(built, l.BaseURL); err != nil {
			return At{}, err
		}
	}
	at := At{Issuer: cmp.Or(written, built), DiscoveryURL: discoveryAt(built)}
	if kind.discovery != nil {
		at.DiscoveryURL = kind.discovery(l, at.DiscoveryURL)
	}
	return at, nil
}

// discoveryAt is where an issuer's document is by convention; a final slash
// of the issuer goes first (OpenID Connect Discovery section 4.1).
func discoveryAt(issuer string) string { return strings.TrimSuffix(issuer, "/") + wellKnown }

// PingOneIssuer is the issuer of a PingOne environment: under the region's
// host with the environment's id, under a custom domain without it. An empty
// region is North America's. For an unknown region, or without an id where one
// is needed, it is empty. (PingOne platform API, "OpenID Connect discovery".)
func PingOneIssuer(environmentID, region, customDomain string) string {
	if customDomain != "" {
		return "https://" + customDomain + "/as"
	}
	tld := map[string]string{
		"": "com", "na": "com", "ca": "ca", "eu": "eu", "au": "com.au", "sg": "sg", "asia": "asia",
	}[region]
	if tld == "" || environmentID == "" {
		return ""
	}
	return "https://auth.pingone." + tld + "/" + environmentID + "/as"
}

// WithBase replaces scheme and host of an address by those of base, for
// private clouds and tests. base is an origin: it has no path of its own.
func WithBase(address, base string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("address %q: %w", address, err)
	}
	b, err := url.Parse(base)
	switch {
	case err != nil:
		return "", fmt.Errorf("base_url: %w", err)
	case b.Scheme != "https" && b.Scheme != "http", b.Host == "":
		return "", errors.New("base_url: needs a scheme, http or https, and a host")
	case b.Path != "" && b.Path != "/", b.RawQuery != "", b.Fragment != "", b.User != nil:
		return "", errors.New("base_url: only scheme, host and port may be given")
	}
	u.Scheme, u.Host = b.Scheme, b.Host
	return u.String(), nil
}
