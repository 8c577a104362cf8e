package config

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (c *checker) assertion(a *Assertion, p path) {
	c.assertionHeader(a.Header, p.key("header"))
	c.assertionIssuer(a.Issuer, p.key("issuer"))
	c.assertionKeys(a, p.key("keys"))
	c.assertionAlg(a, p)
	c.assertionLifetime(a.Lifetime, p.key("lifetime"))
	c.assertionClaims(a.Claims, p.key("claims"))
}

// routeAssertion: over the top level, within the same bounds.
func (c *checker) routeAssertion(r *RouteAssertion, p path) {
	if c.present(p.key("lifetime")) {
		c.assertionLifetime(r.Lifetime, p.key("lifetime"))
	}
	if c.present(p.key("audience")) && r.Audience == "" {
		c.add(p.key("audience"), "is empty; leave it out for the route's origin")
	}
	c.assertionClaims(r.Claims, p.key("claims"))
	if c.present(p) && !r.Off && !c.config.Assertion.Enabled {
		c.note(p, "has no effect, since assertion.enabled is false")
	}
}

// assertionHeader: a header of its own, of which no rule says something else.
func (c *checker) assertionHeader(name string, p path) {
	if name == "" {
		c.add(p, "is empty; leave it out for X-Gatehouse-Assertion, or switch the assertion off with enabled: false")
		return
	}
	c.headerName(name, p)
	folded := headerAlias(name)
	switch folded {
	case "authorization":
		c.add(p, "would hide the client's own Authorization from applications; choose another name")
	case "x-forwarded-user", "x-forwarded-email", "x-forwarded-preferred-username", "x-forwarded-groups", "x-gatehouse-provider", "x-gatehouse-token",
		"cf-access-jwt-assertion", "cf-access-authenticated-user-email", "cf-access-client-id", "cf-access-client-secret":
		c.add(p, "is another header of Gatehouse's already; choose another name")
	}
	taken := []path{root.key("headers")}
	for i := range c.config.Routes {
		taken = append(taken, root.key("routes").item(i).key("headers"))
	}
	for i, headers := range append([]Headers{c.config.Headers}, headersOf(c.config.Routes)...) {
		for _, other := range sortedKeys(headers) {
			if headerAlias(other) == folded {
				c.add(taken[i].key(other), "is the assertion's header; to send none, write assertion: false at the route")
			}
		}
	}
}

func headersOf(routes []Route) []Headers {
	all := make([]Headers, len(routes))
	for i := range routes {
		all[i] = routes[i].Headers
	}
	return all
}

// assertionIssuer: what verifiers compare byte for byte, and under which some
// of them look for the keys.
func (c *checker) assertionIssuer(issuer string, p path) {
	if issuer == "" {
		return
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		c.add(p, "must be an address like https://auth.example.com, without query and fragment")
	}
}

// assertionKeys: each can sign, and none is weak.
func (c *checker) assertionKeys(a *Assertion, p path) {
	if c.present(p) && len(a.Keys) == 0 {
		c.add(p, "is empty; leave it out for a key derived from session.keys")
	}
	for i, secret := range a.Keys {
		at := p.item(i)
		signer, err := parsePrivateKey(secret.Reveal())
		if err != nil && c.placeholders && !c.source(at).literal() {
			signer, err = c.standInKey(a)
		}
		if err != nil {
			c.add(at, "%s", err)
			continue
		}
		a.signers = append(a.signers, signer)
	}
}

// standInKey is a fresh key where the file's own is not at hand.
func (c *checker) standInKey(a *Assertion) (crypto.Signer, error) {
	switch {
	case a.Alg == "EdDSA":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case a.Alg == "RS256", slices.Contains(c.config.Compat, "cloudflare"):
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// parsePrivateKey reads one key in PEM form: PKCS #8, SEC 1 or PKCS #1. The
// error is a sentence for a Problem and never quotes the key.
func parsePrivateKey(text string) (crypto.Signer, error) {
	const hint = "; gatehouse keygen assertion prints one, and \"${file:/path}\" reads it from a file"
	var block *pem.Block
	for rest := []byte(text); ; {
		if block, rest = pem.Decode(rest); block == nil {
			return nil, errors.New("holds no private key in PEM form" + hint)
		}
		if block.Type != "EC PARAMETERS" { // which openssl ecparam writes before the key
			break
		}
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		if block.Headers["DEK-Info"] != "" {
			return nil, errors.New("is encrypted, and there is nobody to ask for the passphrase; decrypt it with openssl pkey")
		}
	case "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("is encrypted, and there is nobody to ask for the passphrase; decrypt it with openssl pkey")
	default:
		return nil, fmt.Errorf("holds %s instead of a private key%s", quote(block.Type), hint)
	}
	if err != nil {
		return nil, errors.New("holds a private key that cannot be read" + hint)
	}
	switch k := parsed.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("is a key on %s; ES256 needs P-256", k.Curve.Params().Name)
		}
		return k, nil
	case *rsa.PrivateKey:
		switch bits := k.N.BitLen(); {
		case bits < 2048:
			return nil, fmt.Errorf("is an RSA key of %d bits, which can be factored; use at least 2048", bits)
		case bits > 8192:
			return nil, fmt.Errorf("is an RSA key of %d bits, with which every signature takes too long; use at most 8192", bits)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	}
	return nil, errors.New("is no ECDSA, RSA or Ed25519 key")
}

// algOf is the algorithm of a key that parsePrivateKey let through.
func algOf(k crypto.Signer) string {
	switch k.(type) {
	case *rsa.PrivateKey:
		return "RS256"
	case ed25519.PrivateKey:
		return "EdDSA"
	}
	return "ES256"
}

// assertionAlg: some key signs.
func (c *checker) assertionAlg(a *Assertion, p path) {
	has := func(alg string) bool {
		return slices.ContainsFunc(a.signers, func(k crypto.Signer) bool { return algOf(k) == alg })
	}
	whole := len(a.signers) == len(a.Keys) // otherwise the missing key had its problem
	if at := p.key("alg"); c.present(at) && a.Alg != "" && whole {
		switch {
		case len(a.Keys) == 0 && a.Alg != "ES256":
			c.add(at, "needs a key in assertion.keys; only an ES256 key can be derived from session.keys")
		case len(a.Keys) > 0 && !has(a.Alg):
			c.add(at, "no key in assertion.keys is good for %s; add one, or leave alg out", a.Alg)
		}
	}
	if i := slices.Index(c.config.Compat, "cloudflare"); i >= 0 && whole && !has("RS256") {
		c.add(root.key("compat").item(i), "needs an RSA key in assertion.keys, because Cloudflare signs with RS256; openssl genrsa 2048 makes one")
	}
}

func (c *checker) assertionLifetime(d Duration, p path) {
	if d.Std() < time.Second || d.Std() > 5*time.Minute {
		c.add(p, "must be between 1s and 5m: a token outlives the end of a session by that much")
	}
}

// assertionClaims: paths, none of which is Gatehouse's own to fill in.
func (c *checker) assertionClaims(claims []string, p path) {
	for i, claim := range claims {
		at := p.item(i)
		switch {
		case slices.Contains([]string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "machine"}, claim):
			c.add(at, "%s is what Gatehouse fills in itself; leave it out", c.source(at).quote(claim))
		case slices.Contains(claims[:i], claim) && claim != "":
			c.add(at, "is in the list already")
		default:
			c.claimPath(claim, at)
		}
	}
}

// compat: a product's conventions once.
func (c *checker) compat(all []string, p path) {
	for i, word := range all {
		if slices.Contains(all[:i], word) && word != "" {
			c.add(p.item(i), "is in the list already")
		}
	}
	if !slices.Contains(all, "cloudflare") {
		return
	}
	for i, r := range c.config.Routes {
		if r.From != nil && (r.From.Path == "/cdn-cgi" || strings.HasPrefix(r.From.Path, "/cdn-cgi/")) {
			c.note(root.key("routes").item(i).key("from"), "lies where compat: cloudflare answers itself (/cdn-cgi/access/certs, get-identity, logout)")
		}
	}
}
