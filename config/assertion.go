package config

import (
	"crypto"
	"reflect"

	"gopkg.in/yaml.v3"
)

// Assertion is the `assertion` block.
type Assertion struct {
	Enabled  bool     `yaml:"enabled" default:"true" doc:"Sends a signed token with every request of somebody who is known."`
	Header   string   `yaml:"header" default:"X-Gatehouse-Assertion" doc:"Header that carries it. A client's own is removed on every route."`
	Issuer   string   `yaml:"issuer" placeholder:"https://placeholder.invalid" doc:"Claim iss. Default the origin of server.auth_url, without one the route's, which publishes the keys at <auth_path>/jwks.json."`
	Alg      string   `yaml:"alg" enum:"ES256,RS256,EdDSA" doc:"Which of the keys signs: the first that suits. Default the first key's own; ES256 without keys."`
	Keys     []Secret `yaml:"keys" doc:"Private keys in PEM form: ECDSA on P-256, RSA of at least 2048 bits, or Ed25519 (gatehouse keygen assertion prints one). All are published, the first that suits alg signs. Without keys one is derived from each of session.keys."`
	Lifetime Duration `yaml:"lifetime" default:"5m" doc:"How long a token may be believed, at most 5m. It never outlives the session."`
	Claims   []string `yaml:"claims" default:"[email, groups, name]" doc:"Claim paths to put in, besides sub and provider."`

	signers []crypto.Signer // of Keys, in their order
}

// Signers are the parsed keys, in the file's order.
func (a Assertion) Signers() []crypto.Signer { return a.signers }

// RouteAssertion is what `assertion` of a route may be: a block over the
// top-level one, or false.
type RouteAssertion struct {
	Audience string   `yaml:"audience" doc:"Claim aud. Default the route's origin, for a wildcard that of the host asked for."`
	Lifetime Duration `yaml:"lifetime" doc:"Instead of the top-level one."`
	Claims   []string `yaml:"claims" doc:"Instead of the top-level ones."`

	Off   bool // written as false
	given bool // Claims are, if only to name none
}

// ClaimsOr are the route's claims, or those of the top level.
func (r RouteAssertion) ClaimsOr(top []string) []string {
	if r.given {
		return r.Claims
	}
	return top
}

// decode reads true, false or a block.
func (r *RouteAssertion) decode(d *decoder, n *yaml.Node, p path) {
	if n.Kind != yaml.MappingNode {
		on := true
		d.scalar(n, reflect.ValueOf(&on).Elem(), field{key: "assertion"}, p)
		r.Off = !on
		return
	}
	d.block(n, reflect.ValueOf(r).Elem(), p, nil)
	r.given = d.present(p.key("claims"))
}
