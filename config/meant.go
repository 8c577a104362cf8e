package config

import (
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// meantKeys are keys of a block that people write by another name to which no
// slip of the fingers leads.
var meantKeys = map[reflect.Type]map[string]string{
	reflect.TypeFor[Config](): {"policy": "policies", "logging": "log", "tokens": "service_tokens"},
	reflect.TypeFor[Route]():  {"policies": "policy", "host": "from", "upstream": "to", "upstreams": "to"},
	reflect.TypeFor[StepUp](): {"acr": "acr_values"},
}

// elsewhere are keys that people write in one block and that stand in another.
var elsewhere = map[reflect.Type]map[string]string{
	reflect.TypeFor[Config](): {
		"log_level": "log: {level: …}", "log_format": "log: {format: …}",
		"listen": "server: {listen: …}", "auth_path": "server: {auth_path: …}", "trusted_proxies": "server: {trusted_proxies: …}",
	},
}

// meant is the key of the block at p that was meant by name, and else what to
// write in its place, if either is known. n is the whole block.
func (d *decoder) meant(n *yaml.Node, block reflect.Type, name string, p path) (key, instead string) {
	if key := meantKeys[block][name]; key != "" {
		return key, ""
	}
	if instead := elsewhere[block][name]; instead != "" {
		return "", instead
	}
	switch block {
	case reflect.TypeFor[Rule]():
		if slices.Contains(keysOf(reflect.TypeFor[Selector]()), name) {
			return "", d.ruleOf(n, name, p)
		}
	case reflect.TypeFor[ClaimTest]():
		alone := len(n.Content) == 2
		if alone && plainKey(name) && nearest(name, keysOf(block)) == "" {
			d.broken[p] = true
			return "", "{path: " + name + ", has: " + shown(n.Content[1]) + "}"
		}
	}
	return "", ""
}

// ruleOf is where a selector belongs that stands beside the action of a rule,
// or the whole rule where that is all.
func (d *decoder) ruleOf(n *yaml.Node, name string, p path) string {
	action, selector := "allow", "{"+name+": …}"
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch key, value := n.Content[i].Value, n.Content[i+1]; {
		case key == "include" || slices.Contains(shortRules[:], key):
			return "it into include, require or exclude, as {" + name + ": …}"
		case key == "action" && slices.Contains(shortRules[:], value.Value):
			action = value.Value
		case key == name:
			selector = "{" + name + ": " + shown(value) + "}"
		}
	}
	d.broken[p.key("action")], d.broken[p.key("include")] = true, true
	return action + ": " + selector
}

func keysOf(block reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(block) {
		keys = append(keys, f.key)
	}
	return keys
}

// shown is a plain word of the file as it stands there, and else a gap: what
// comes out of an expansion is not repeated.
func shown(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || !plainKey(strings.Trim(n.Value, "/@.")) || len(n.Value) > 40 {
		return "…"
	}
	return n.Value
}
