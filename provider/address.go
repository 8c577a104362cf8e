package provider

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// urlRule says which addresses we may send secrets to or people to.
type urlRule struct {
	// loopbackHTTP allows http://localhost, which nobody can listen in on.
	// It is off for what a provider elsewhere names in its discovery
	// document: such a provider has no business on our own host (CWE-918).
	loopbackHTTP bool
	// insecureHTTP allows http anywhere.
	insecureHTTP bool
}

// check refuses everything but an absolute https address, or http within the
// rule, without user, fragment or an empty host.
func (r urlRule) check(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("needs https, not %q", u.Scheme)
	case u.Hostname() == "":
		return errors.New("has no host")
	case u.User != nil:
		return errors.New("must not hold a user or password")
	case u.Fragment != "" || strings.Contains(address, "#"):
		return errors.New("must not have a fragment")
	case u.Scheme == "http" && !r.insecureHTTP && !(r.loopbackHTTP && loopback(u)):
		return errors.New("needs https: http is for loopback addresses, or with insecure_http")
	}
	return nil
}

// loopback tells whether a URL stays on this host. "localhost" and the names
// under it never leave it (RFC 6761 section 6.3).
func loopback(u *url.URL) bool {
	host := strings.TrimSuffix(u.Hostname(), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// sameOrigin compares scheme, host and port as a URL writes them.
func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
