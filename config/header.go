package config

import (
	"reflect"

	"gopkg.in/yaml.v3"
)

// Headers maps a header's name to what it is set to. A null in the file is a
// nil value here and removes a default header.
type Headers map[string]*HeaderValue

// HeaderValue is exactly one of Claim, Value or Token.
type HeaderValue struct {
	Claim  string  `yaml:"claim" doc:"Claim path whose value is sent; also the mapped names email, groups, username and name, and sub."`
	Join   string  `yaml:"join" default:"," doc:"Between the members of a list claim."`
	Value  *Secret `yaml:"value" doc:"A fixed value."`
	Token  string  `yaml:"token" enum:"access,id" doc:"The person's access or id token. Left out once it has expired."`
	Prefix string  `yaml:"prefix" doc:"What stands before a token, like \"Bearer \"."`
}

// decode reads a mapping of header names, in which null removes a header.
func (h *Headers) decode(d *decoder, n *yaml.Node, p path) {
	if isNull(n) {
		return
	}
	pairs, ok := d.pairs(n, p)
	if !ok {
		return
	}
	*h = Headers{}
	for _, given := range pairs {
		at := p.key(given.key.Value)
		d.stand(at, given.line(), given.column(), false)
		if isNull(given.value) {
			(*h)[given.key.Value] = nil
			continue
		}
		value := &HeaderValue{}
		(*h)[given.key.Value] = value
		d.value(given.value, reflect.ValueOf(value).Elem(), field{key: given.key.Value}, at)
	}
}

// decode reads {claim: …}, {token: …} or {value: …}.
func (v *HeaderValue) decode(d *decoder, n *yaml.Node, p path) {
	if n.Kind != yaml.MappingNode {
		d.reject(p, "must be {claim: PATH}, {token: access}, {value: TEXT} or null, which removes the header")
		return
	}
	d.block(n, reflect.ValueOf(v).Elem(), p, nil)
}
