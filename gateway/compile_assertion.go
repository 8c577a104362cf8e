package gateway

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// What Cloudflare Access calls its things.
const (
	cloudflareAssertion = "Cf-Access-Jwt-Assertion"
	cloudflareEmail     = "Cf-Access-Authenticated-User-Email"
	cloudflareCookie    = "CF_Authorization"
)

// cloudflareRules are the headers that come with compat: cloudflare. The
// file's own come over them.
func cloudflareRules(c *config.Config, rules []proxy.HeaderRule) []proxy.HeaderRule {
	for name := range c.Headers {
		if name == cloudflareEmail {
			return rules
		}
	}
	if !slices.Contains(c.Compat, "cloudflare") {
		return rules
	}
	return append(rules, proxy.HeaderRule{Name: cloudflareEmail, Claim: "email"})
}

// cloudflareCookies adds the cookie that only upstreams get to what is
// stripped of requests and answers.
func cloudflareCookies(c *config.Config, strip func([]string) []string, stripSet func(http.Header)) (func([]string) []string, func(http.Header)) {
	if !slices.Contains(c.Compat, "cloudflare") {
		return strip, stripSet
	}
	names, err := session.NewNames(cloudflareCookie)
	if err != nil {
		panic(err) // it is a good name
	}
	return func(lines []string) []string { return names.Strip(strip(lines)) },
		func(h http.Header) { stripSet(h); names.StripSetCookie(h) }
}

// asserting is what the routes sign with. A nil keys signs nothing.
type asserting struct {
	config     *config.Assertion
	keys       *assertion.Keys
	cloudflare bool
	home       string // the origin of auth_url, "" without one
	signatures *assertion.Signatures
}

// signaturesShare is which part of the memory for opened sessions signatures
// get besides.
const signaturesShare = 4

func newAsserting(c *config.Config) (*asserting, error) {
	a := &asserting{
		config: &c.Assertion, cloudflare: slices.Contains(c.Compat, "cloudflare"), home: authOrigin(&c.Server),
		signatures: assertion.NewSignatures(int64(c.Session.RememberMax) / signaturesShare),
	}
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

// addresses are nil without compat: cloudflare.
func (a *asserting) addresses() (*proxy.Cloudflare, error) {
	if !a.cloudflare {
		return nil, nil
	}
	certs, err := a.keys.CloudflareCerts()
	return &proxy.Cloudflare{Certs: certs, Issuer: a.home, Open: a.keys.OpenCloudflare, Cookie: cloudflareCookie}, err
}

// route is what one route sends along.
func (a *asserting) route(r *config.Route) ([]proxy.Assertion, error) {
	if r.Assertion.Off {
		return nil, nil
	}
	origin, wild := r.From.Scheme+"://"+r.From.Host, r.From.Wildcard()
	o := assertion.Options{
		Audience: r.Assertion.Audience,
		OfOrigin: wild,
		Lifetime: cmp.Or(r.Assertion.Lifetime, a.config.Lifetime).Std(),
		Claims:   r.Assertion.ClaimsOr(a.config.Claims),

		Signatures: a.signatures,
	}
	if !wild {
		o.Audience = cmp.Or(o.Audience, origin)
	}
	issuer := cmp.Or(a.home, origin)
	var out []proxy.Assertion
	add := func(header, cookie string) error {
		plan, err := assertion.NewPlan(o)
		out = append(out, proxy.Assertion{Header: header, Cookie: cookie, Plan: plan})
		return err
	}
	if a.config.Enabled {
		o.Key, o.Issuer = a.keys.Signing(a.config.Alg), cmp.Or(a.config.Issuer, issuer)
		if err := add(a.config.Header, ""); err != nil {
			return nil, err
		}
	}
	if a.cloudflare {
		// Applications look for the keys under the issuer, so it is the
		// origin that serves them, whatever assertion.issuer says.
		o.Key, o.Issuer, o.Cloudflare = a.keys.Signing(assertion.RS256), issuer, true
		if err := add(cloudflareAssertion, cloudflareCookie); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// cloudflarePaths is where Cloudflare's addresses are, if there are any.
func cloudflarePaths(c *proxy.Cloudflare) []string {
	if c == nil {
		return nil
	}
	return []string{"/cdn-cgi/access"}
}
