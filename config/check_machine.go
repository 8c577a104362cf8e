package config

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

func (c *checker) serviceTokens(all []ServiceToken, p path) {
	names, hashes := map[string]int{}, map[string]int{}
	for i := range all {
		t, at := &all[i], p.item(i)
		c.machineName(t.Name, at, "ci", names, p, i)
		c.missing(at, "secret_sha256", "is missing; gatehouse keygen service-token NAME prints the token and this line")
		for j, text := range t.SecretSHA256 {
			here := at.key("secret_sha256").item(j)
			hash := foldASCII(text)
			decoded, err := hex.DecodeString(hash)
			earlier, twice := hashes[hash]
			switch {
			case strings.HasPrefix(text, "gh_"):
				c.add(here, "is the token itself, which does not belong in a file; write its SHA-256 in hex")
			case err != nil || len(decoded) != 32:
				c.add(here, "must be the SHA-256 of the whole token: 64 hex digits")
			case twice && !c.placeholders:
				c.add(here, "is the token of %s already", c.display(p.item(earlier)))
			}
			hashes[hash] = i
			t.SecretSHA256[j] = hash
		}
		if !t.Expires.IsZero() && t.Expires.Before(time.Now()) {
			c.note(at.key("expires"), "has passed, so the token does not work any more")
		}
	}
}

// machineName: it goes into headers, logs and metrics as it stands.
func (c *checker) machineName(name string, at path, example string, seen map[string]int, p path, i int) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	switch earlier, twice := seen[name]; {
	case name == "":
		c.add(at.key("name"), "is missing; policies refer to it, like %s", example)
	case len(name) > 40 || strings.Trim(name, letters) != "":
		c.add(at.key("name"), "%s must be up to 40 of a-z, A-Z, 0-9, ., _ and -", c.source(at.key("name")).quote(name))
	case twice:
		c.add(at.key("name"), "is the name of %s already", c.display(p.item(earlier)))
	default:
		seen[name] = i
	}
}

func (c *checker) bearers(all []Bearer, p path) {
	names := map[string]int{}
	for i := range all {
		b, at := &all[i], p.item(i)
		c.machineName(b.Name, at, "backend", names, p, i)
		c.bearerSource(b, at)
		c.missing(at, "audiences", "is missing; without it tokens that were issued for any other application would count")
		if c.present(at.key("audiences")) && len(b.Audiences) == 0 {
			c.add(at.key("audiences"), "is empty; without one, tokens that were issued for any other application would count")
		}
		if c.present(at.key("algs")) && len(b.Algs) == 0 {
			c.add(at.key("algs"), "is empty, so no token could be accepted; leave it out for the default")
		}
		c.claimPaths(&b.Claims, at.key("claims"))
	}
}

// bearerSource: who issues the tokens, said once.
func (c *checker) bearerSource(b *Bearer, p path) {
	switch issuer, provider := c.present(p.key("issuer")), c.present(p.key("provider")); {
	case issuer && provider:
		c.add(p.key("provider"), "goes instead of issuer, not with it; keep one")
	case !issuer && !provider:
		c.add(p, "needs issuer, or the name of a provider")
	case issuer:
		u, err := url.Parse(b.Issuer)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" ||
			u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())) {
			c.add(p.key("issuer"), "must be an https address without query and fragment, as the tokens have it in iss")
		}
	default:
		c.knownProvider(b.Provider, p.key("provider"))
	}
	for _, o := range c.config.Providers {
		if b.As == "user" && b.Name == o.Name && b.Provider != o.Name {
			c.add(p.key("name"), "is the name of a provider, and its people would be taken for that provider's; choose another")
		}
	}
	if b.Introspect {
		if !c.present(p.key("provider")) {
			c.add(p.key("introspect"), "needs provider, whose client asks about the tokens")
		}
		for _, key := range []string{"jwks", "algs"} {
			if c.present(p.key(key)) {
				c.add(p.key(key), "is about tokens that are read, and goes not with introspect")
			}
		}
	} else if c.present(p.key("provider")) && c.present(p.key("jwks")) {
		c.add(p.key("jwks"), "goes with issuer; a provider has its own keys")
	}
	if b.JWKS != nil && b.JWKS.Scheme != "https" && !loopbackHost(b.JWKS.Hostname()) {
		c.add(p.key("jwks"), "must be an https address")
	}
}

// knownProvider: a reference leads to a provider of the file.
func (c *checker) knownProvider(name string, p path) {
	var names []string
	for _, o := range c.config.Providers {
		names = append(names, o.Name)
	}
	if !c.broken[root.key("providers")] && !slices.Contains(names, "") && !slices.Contains(names, name) {
		c.add(p, "no provider is called %s%s", c.source(p).quote(name), didYouMean(name, names))
	}
}

// routeBearer: references lead to what the file has, each once.
func (c *checker) routeBearer(names []string, p path) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			c.add(p.item(i), "is in the list already")
		}
	}
	c.knownBearers(names, p)
}
