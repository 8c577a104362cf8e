package config

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// decode reads a name, one rule, or a list of rules.
func (r *RoutePolicy) decode(d *decoder, n *yaml.Node, p path) {
	if n.Kind == yaml.ScalarNode {
		d.scalar(n, reflect.ValueOf(&r.Name).Elem(), field{key: "policy", inList: true}, p)
		return
	}
	d.list(n, reflect.ValueOf(&r.Rules).Elem(), field{key: "policy"}, p)
}

// shortRules are the actions that may stand as keys: `allow: X`.
var shortRules = [...]string{"allow", "deny", "bypass", "service_auth"}

// decode reads a rule in the long or the short notation.
func (r *Rule) decode(d *decoder, n *yaml.Node, p path) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		d.reject(p, "a rule is a mapping like {allow: everyone}; a policy is named without a list, as policy: NAME")
		return
	}
	if isNull(n) {
		d.reject(p, noValue)
		return
	}
	var used []pair
	short := map[string]func(pair){}
	for _, action := range shortRules {
		short[action] = func(given pair) { used = append(used, given) }
	}
	d.block(n, reflect.ValueOf(r).Elem(), p, short)
	if len(used) > 0 {
		r.unfold(d, used, p)
	}
	for _, action := range shortRules {
		if d.broken[p.key(action)] { // misspelt, and reported so
			d.broken[p.key("action")], d.broken[p.key("include")] = true, true
		}
	}
}

// unfold turns `allow: X` into action and include, whose items keep the place
// and the name of what was written.
func (r *Rule) unfold(d *decoder, used []pair, p path) {
	given := used[len(used)-1]
	action := given.key.Value
	name := p.key(action)
	if len(used) > 1 || d.present(p.key("action")) || d.present(p.key("include")) {
		d.addAt(given.key.Line, given.key.Column, d.display(name),
			"is short for action and include, and the rule has one of them already; write two rules or the long form")
		d.broken[p] = true
		return
	}
	r.Action = action
	d.stand(name, given.line(), given.column(), false)
	d.places[p.key("action")] = d.places[name]
	d.places[p.key("include")] = d.places[name]
	d.value(given.value, reflect.ValueOf(&r.Include).Elem(), field{key: "include"}, p.key("include"))
}

// decode reads a mapping with one key, or the bare word everyone.
func (s *Selector) decode(d *decoder, n *yaml.Node, p path) {
	switch {
	case isNull(n):
		d.reject(p, noValue)
	case n.Kind == yaml.ScalarNode && n.Value == "everyone":
		s.Everyone = true
	case n.Kind == yaml.ScalarNode:
		d.reject(p, "must be everyone or a mapping with one selector, like {email: person@example.com}")
	case n.Kind == yaml.MappingNode && len(n.Content) == 0:
		d.reject(p, "holds no selector; an empty one would be everyone or no one")
	default:
		d.block(n, reflect.ValueOf(s).Elem(), p, nil)
		if given := s.given(d.report, p); len(given) > 1 {
			d.reject(p, "holds %d selectors (%s); write one per list item", len(given), strings.Join(given, ", "))
		} else if len(given) == 0 {
			d.broken[p] = true // its keys have had their problem
		}
	}
}

// given lists the selectors that the file gives, in the order of the struct.
func (s *Selector) given(r *report, p path) []string {
	var names []string
	for _, f := range fieldsOf(reflect.TypeFor[Selector]()) {
		if r.present(p.key(f.key)) {
			names = append(names, f.key)
		}
	}
	return names
}
