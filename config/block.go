package config

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// block decodes a mapping with the keys of v's type, and fills in defaults.
// others are keys in a short notation that no field has.
func (d *decoder) block(n *yaml.Node, v reflect.Value, p path, others map[string]func(pair)) {
	fields := d.fields(v.Type())
	given := map[string]bool{}
	if n != nil && !isNull(n) {
		pairs, ok := d.pairs(n, p)
		if !ok {
			return
		}
		for _, pair := range pairs {
			given[pair.key.Value] = true
		}
		for _, pair := range pairs {
			if known := d.entry(pair, fields, v, p, others); !known {
				d.unknown(n, pair, v.Type(), given, p, others)
			}
		}
	}
	for _, f := range fields {
		if !given[f.key] {
			d.fallback(v.Field(f.index), f, p)
		}
	}
}

func (d *decoder) entry(pair pair, fields []field, v reflect.Value, p path, others map[string]func(pair)) (known bool) {
	name := pair.key.Value
	if other, ok := others[name]; ok {
		other(pair)
		return true
	}
	for _, f := range fields {
		if f.key != name {
			continue
		}
		d.stand(p.key(name), pair.line(), pair.column(), false)
		d.value(pair.value, v.Field(f.index), f, p.key(name))
		return true
	}
	return false
}

// unknown reports a key that the block does not have. The key that seems to be
// meant counts as given, so that it is not reported as missing too.
func (d *decoder) unknown(n *yaml.Node, pair pair, block reflect.Type, given map[string]bool, p path, others map[string]func(pair)) {
	name := pair.key.Value
	names := sortedKeys(others)
	for _, f := range d.fields(block) {
		names = append(names, f.key)
	}
	near, instead := d.meant(n, block, name, p)
	if near == "" && instead == "" {
		near = nearest(name, names)
	}
	hint := ""
	switch {
	case instead != "":
		hint = "; write " + instead
	case near != "":
		hint = "; did you mean " + quote(near) + "?"
		if !given[near] {
			d.broken[p.key(near)] = true
		}
	}
	d.addAt(pair.key.Line, pair.key.Column, d.display(p.key(name)), "unknown key %s%s", quote(name), hint)
}

// fallback sets the default of an absent key, or those of an absent block.
func (d *decoder) fallback(v reflect.Value, f field, p path) {
	if _, shaped := v.Addr().Interface().(union); shaped {
		return
	}
	if _, single := v.Addr().Interface().(scalar); !single && v.Kind() == reflect.Struct {
		d.block(nil, v, p.key(f.key), nil)
		return
	}
	if !f.hasFallback {
		return
	}
	texts := []string{f.fallback}
	if inner, ok := strings.CutPrefix(f.fallback, "["); ok {
		texts = strings.Split(strings.TrimSuffix(inner, "]"), ", ")
	}
	if v.Kind() != reflect.Slice {
		// The error cannot be: a test decodes every default.
		_ = parseText(v, f.fallback, source{}, &yaml.Node{})
		return
	}
	v.Set(reflect.ValueOf(texts))
}
