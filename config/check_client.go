package config

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
)

// client checks who we are to a provider, and what we ask.
func (c *checker) client(o *Provider, p path) {
	if o.ClientID == "" {
		c.add(p.key("client_id"), "is missing; the provider shows it where the application is registered")
	}
	c.clientAuth(o, p)
	c.publicClientProvesKey(o, p)
	c.scopes(o.Scopes, p.key("scopes"))
	c.ownParameters(o.AuthorizationParams, p.key("authorization_params"))
}

// clientAuth: a method that uses a secret or a key has one, and the one that
// proves nothing has none.
func (c *checker) clientAuth(o *Provider, p path) {
	given := len(o.ClientSecret) > 0
	c.clientKey(o, given, p)
	switch {
	case given && o.ClientAuth == "none":
		c.add(p.key("client_auth"), "none sends no secret, yet client_secret is given; remove one of them")
	case !given && strings.HasPrefix(o.ClientAuth, "client_secret_"):
		c.missing(p, "client_secret", "is missing; client_auth says that one is sent")
	}
	for i, secret := range o.ClientSecret {
		// HS256 wants as much as its hash is long (RFC 7518 section 3.2).
		if o.ClientAuth == "client_secret_jwt" && len(secret.Reveal()) < 32 && !c.standsIn(p.key("client_secret").item(i)) {
			c.add(p.key("client_secret").item(i), "is shorter than the 32 bytes that client_secret_jwt needs; have the provider make a new one")
		}
		if name, found := strings.CutPrefix(secret.Reveal(), "$"); found && variableName(name) {
			c.note(p.key("client_secret").item(i), "begins with $ and is taken as it stands; for an environment variable write ${NAME}")
		}
	}
	if !given && c.present(p.key("client_secret")) {
		c.add(p.key("client_secret"), "is an empty list; remove the key for a public client")
	}
}

// clientKey: private_key is a key that providers accept, and is there when it
// is needed.
func (c *checker) clientKey(o *Provider, secret bool, p path) {
	at := p.key("private_key")
	if o.PrivateKey.IsZero() {
		if o.ClientAuth == "private_key_jwt" {
			c.missing(p, "private_key", `is missing; client_auth signs with it: "${file:/etc/gatehouse/rp.pem}"`)
		}
		return
	}
	key, err := parsePrivateKey(o.PrivateKey.Reveal())
	if _, ed := key.(ed25519.PrivateKey); ed {
		err = errors.New("is an Ed25519 key, which few providers know; use RSA, or EC on P-256")
	}
	if err != nil && c.standsIn(at) {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		c.add(at, "%s", err)
		return
	}
	o.clientKey = key
	switch {
	case o.ClientAuth == "none":
		c.add(p.key("client_auth"), "none proves nothing, yet private_key is given; remove one of them")
	case o.ClientAuth == "auto" && secret:
		c.note(at, "is published and not used yet: client_auth auto prefers the secret; write client_auth: private_key_jwt once the provider knows the key")
	case o.ClientAuth != "auto" && o.ClientAuth != "private_key_jwt":
		c.note(at, "is published and not used yet: client_auth is %s", o.ClientAuth)
	}
}

// standsIn reports whether the value at p may be a placeholder for what is not
// at hand, which has the shape of a secret and not its substance.
func (c *checker) standsIn(p path) bool { return c.placeholders && !c.source(p).literal() }

// publicClientProvesKey: without a secret, PKCE is all that ties the code to
// us (RFC 9700 section 2.1.1).
func (c *checker) publicClientProvesKey(o *Provider, p path) {
	if o.PKCE != "off" {
		return
	}
	if len(o.ClientSecret) == 0 && !c.present(p.key("client_secret")) && !c.present(p.key("private_key")) {
		c.add(p.key("pkce"), "must not be off for a client without a secret")
		return
	}
	c.note(p.key("pkce"), "is off: an injected authorization code is noticed by its nonce alone")
}

// scopes: openid is among them, without which no ID token comes; each keeps to
// RFC 6749 section 3.3.
func (c *checker) scopes(scopes []string, p path) {
	found := false
	for i, scope := range scopes {
		found = found || scope == "openid"
		for j := range len(scope) {
			if b := scope[j]; b <= ' ' || b >= 0x7f || b == '"' || b == '\\' {
				c.add(p.item(i), "a scope is one word; write a list of them")
				break
			}
		}
	}
	if !found {
		c.add(p, "must hold openid; without it the provider sends no ID token")
	}
}

// ownParameters: what makes the flow safe is not for the file to override.
func (c *checker) ownParameters(params map[string]string, p path) {
	for _, name := range sortedKeys(params) {
		at := p.key(name)
		switch {
		case strings.HasPrefix(name, "code_challenge"), strings.HasPrefix(name, "client_assertion"):
			c.add(at, "is set by Gatehouse for every sign-in")
		case name == "max_age":
			if age, err := strconv.Atoi(params[name]); (err != nil || age < 0) && !c.broken[at] {
				c.add(at, "must be a number of seconds")
			}
		case name == "":
			c.add(at, "a parameter needs a name")
		}
		switch name {
		case "state", "nonce", "redirect_uri", "client_id", "client_secret", "response_type", "response_mode", "request", "request_uri":
			c.add(at, "is set by Gatehouse for every sign-in")
		case "scope":
			c.add(at, "is set by Gatehouse for every sign-in; use scopes")
		}
	}
}

// answers checks what we make of a provider's answers.
func (c *checker) answers(o *Provider, p path) {
	if o.ClockSkew < 0 || o.ClockSkew.Std().Seconds() > 60 {
		c.add(p.key("clock_skew"), "must be between 0s and 60s")
	}
	if len(o.SigningAlgs) == 0 {
		c.add(p.key("signing_algs"), "is empty, so no ID token would be accepted")
	}
	for i, domain := range o.EmailDomains {
		c.emailDomain(domain, p.key("email_domains").item(i))
	}
	c.claimPaths(&o.Claims, p.key("claims"))
	if o.RequireEmailVerified == "never" {
		c.note(p.key("require_email_verified"), "is never: whoever can choose an address at this provider passes for its owner")
	}
}

// claimPath: a name, or names joined by dots.
func (c *checker) claimPath(claim string, p path) {
	if strings.HasPrefix(claim, ".") || strings.HasSuffix(claim, ".") || strings.Contains(claim, "..") {
		c.add(p, "%s is not a claim path like employee.id", c.source(p).quote(claim))
	}
}

func (c *checker) claimPaths(m *ClaimMap, p path) {
	for _, f := range []struct {
		key   string
		paths []string
	}{{"email", m.Email}, {"groups", m.Groups}, {"username", m.Username}, {"name", m.Name}} {
		for i, claim := range f.paths {
			c.claimPath(claim, p.key(f.key).item(i))
		}
	}
}
