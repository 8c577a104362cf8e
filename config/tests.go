package config

import (
	"reflect"

	"gopkg.in/yaml.v3"
)

// Test is one item of `tests`: a request, who sends it, and what is to become
// of it. `gatehouse test` runs them.
type Test struct {
	Name         string      `yaml:"name" doc:"Name in the results. Default method and URL."`
	URL          *URL        `yaml:"url" doc:"Required. The public address asked for."`
	Method       string      `yaml:"method" default:"GET" doc:"Request method, upper case."`
	IP           Address     `yaml:"ip" placeholder:"192.0.2.1" doc:"Address of the caller. Default unknown."`
	Provider     string      `yaml:"provider" doc:"Provider that the person signed in with. Default the route's first."`
	User         *TestUser   `yaml:"user" doc:"Who is signed in. Leave out for an anonymous caller."`
	ServiceToken string      `yaml:"service_token" doc:"Name of the service token that comes along."`
	Expect       string      `yaml:"expect" enum:"allow,deny,sign_in,step_up" doc:"Required. What becomes of it; step_up is a stronger or more recent sign-in. sign_in means that too, and where only a machine's token could help."`
	Headers      TestHeaders `yaml:"headers" doc:"Headers that the upstream must get with these values; null: must not get."`
}

// TestUser is the person of a test: what the provider's claims are mapped to,
// and further claims as the provider sends them.
type TestUser struct {
	Sub           string     `yaml:"sub" doc:"Subject."`
	Email         string     `yaml:"email" placeholder:"placeholder@placeholder.invalid" doc:"Address."`
	EmailVerified *bool      `yaml:"email_verified" doc:"What the provider says of the address. Default nothing."`
	Username      string     `yaml:"username" doc:"User name."`
	Name          string     `yaml:"name" doc:"Display name."`
	Groups        []string   `yaml:"groups" doc:"Groups."`
	ACR           string     `yaml:"acr" doc:"Authentication context of the sign-in."`
	AMR           []string   `yaml:"amr" doc:"Authentication methods used."`
	AuthAge       *Duration  `yaml:"auth_age" doc:"How long ago the sign-in was, for step_up: the claim auth_time. Default the provider does not say."`
	Claims        TestClaims `yaml:"claims" doc:"Further claims of the ID token, of any shape."`
}

// TestHeaders maps names to values; nil is a header that must not be there.
type TestHeaders map[string]*string

// TestClaims are claims as a provider's JSON would have them; values are those
// of identity.Claims.
type TestClaims map[string]any

func (h *TestHeaders) decode(d *decoder, n *yaml.Node, p path) {
	pairs, ok := d.pairs(n, p)
	if !ok {
		return
	}
	*h = TestHeaders{}
	for _, pair := range pairs {
		at := p.key(pair.key.Value)
		d.stand(at, pair.line(), pair.column(), false)
		if isNull(pair.value) {
			(*h)[pair.key.Value] = nil
			continue
		}
		var value string
		d.value(pair.value, reflect.ValueOf(&value).Elem(), field{key: pair.key.Value}, at)
		(*h)[pair.key.Value] = &value
	}
}

func (c *TestClaims) decode(d *decoder, n *yaml.Node, p path) {
	if value, ok := d.any(n, p).(map[string]any); ok {
		*c = value
	} else if !d.broken[p] {
		d.reject(p, "must be a mapping of claims")
	}
}

// any decodes a value of any shape as identity.Claims hold it.
func (d *decoder) any(n *yaml.Node, p path) any {
	n, ok := d.follow(n, p)
	switch {
	case !ok:
		return nil
	case n.Kind == yaml.MappingNode:
		object := map[string]any{}
		pairs, _ := d.pairs(n, p)
		for _, pair := range pairs {
			object[pair.key.Value] = d.any(pair.value, p.key(pair.key.Value))
		}
		return object
	case n.Kind == yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for i, item := range n.Content {
			list = append(list, d.any(item, p.item(i)))
		}
		return list
	case isNull(n):
		return nil
	}
	var s Scalar
	d.value(n, reflect.ValueOf(&s).Elem(), field{}, p)
	return s.Value
}
