package gateway

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// What Cloudflare Access calls its things.
const (
	cloudflareAssertion = "Cf-Access-Jwt-Assertion"
	cloudflareEmail     = "Cf-Access-Authenticated-User-Email"
	cloudflareCookie    = "CF_Authorization"
)

// asserting is what the routes sign with. A nil keys signs nothing.
type asserting struct {
	config     *config.Assertion
	keys       *assertion.Keys
	cloudflare bool
}

func newAsserting(c *config.Config) (*asserting, error) {
	a := &asserting{config: &c.Assertion, cloudflare: slices.Contains(c.Compat, "cloudflare")}
	if !c.Assertion.Enabled && !a.cloudflare {
		return a, nil
	}
	var keys []*assertion.Key
	add := func(k *assertion.Key, err error) error {
		keys = append(keys, k)
		return err
	}
	for i, private := range c.Assertion.Signers() {
		if err := add(assertion.NewKey(private)); err != nil {
			return nil, fmt.Errorf("assertion.keys[%d]: %w", i, err)
		}
	}
	if len(keys) == 0 {
		for _, secret := range c.Session.KeyBytes() {
			if err := add(assertion.DeriveKey(secret)); err != nil {
				return nil, fmt.Errorf("assertion: %w", err)
			}
		}
	}
	var err error
	a.keys, err = assertion.NewKeys(keys)
	return a, err
}

// jwks is nil when nothing is signed in our own shape.
func (a *asserting) jwks() []byte {
	if !a.config.Enabled {
		return nil
	}
	return a.keys.JWKS()
}

// route is what one route sends along.
func (a *asserting) route(r *config.Route) ([]proxy.Assertion, error) {
	if r.Assertion.Off {
		return nil, nil
	}
	origin := r.From.Scheme + "://" + r.From.Host
	o := assertion.Options{
		Audience: cmp.Or(r.Assertion.Audience, origin),
		Lifetime: cmp.Or(r.Assertion.Lifetime, a.config.Lifetime).Std(),
		Claims:   r.Assertion.ClaimsOr(a.config.Claims),
	}
	var out []proxy.Assertion
	add := func(header, cookie string) error {
		plan, err := assertion.NewPlan(o)
		out = append(out, proxy.Assertion{Header: header, Cookie: cookie, Plan: plan})
		return err
	}
	if a.config.Enabled {
		o.Key, o.Issuer = a.keys.Signing(a.config.Alg), cmp.Or(a.config.Issuer, origin)
		if err := add(a.config.Header, ""); err != nil {
			return nil, err
		}
	}
	if a.cloudflare {
		// Applications look for the keys under the issuer, so it is the
		// origin that serves them, whatever assertion.issuer says.
		o.Key, o.Issuer, o.Cloudflare = a.keys.Signing(assertion.RS256), origin, true
		if err := add(cloudflareAssertion, cloudflareCookie); err != nil {
			return nil, err
		}
	}
	return out, nil
}
