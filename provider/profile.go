package provider

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const wellKnown = "/.well-known/openid-configuration"

// Location is what a configuration says about where a provider is. Resolve
// turns it into the two addresses of Options.
type Location struct {
	Type         string // oidc | pingone
	Issuer       string // required for oidc; for pingone it overrides what is expected
	DiscoveryURL string
	// EnvironmentID, Region and CustomDomain are PingOne's.
	EnvironmentID, Region, CustomDomain string
	// BaseURL replaces scheme and host of what the type builds: the issuer
	// and the discovery address of pingone, the discovery address of oidc.
	// An Issuer written out is expected as it stands.
	BaseURL string
}

// Resolve returns the expected issuer and the address of the discovery
// document.
func (l Location) Resolve() (issuer, discoveryURL string, err error) {
	built := l.Issuer
	if l.Type == "pingone" {
		built = cmp.Or(PingOneIssuer(l.EnvironmentID, l.Region, l.CustomDomain), l.Issuer)
	}
	if built == "" {
		return "", "", errors.New("issuer cannot be told from the configuration")
	}
	if l.BaseURL != "" {
		if built, err = WithBase(built, l.BaseURL); err != nil {
			return "", "", err
		}
	}
	issuer, discoveryURL = l.Issuer, l.DiscoveryURL
	if issuer == "" {
		issuer = built
	}
	if discoveryURL == "" {
		discoveryURL = discoveryAt(built)
	}
	return issuer, discoveryURL, nil
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

// trustsAbsentEmailVerified tells the types whose directory an administrator
// fills, and which leave email_verified out of their tokens.
func trustsAbsentEmailVerified(providerType string) bool { return providerType == "pingone" }
