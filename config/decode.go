package config

import (
	"errors"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder walks YAML nodes along the types of this package. It does what
// yaml.Decoder does and more: all problems at once, each at its place, and
// none with a value in it that must not be seen.
type decoder struct {
	*report
	expand  *expander
	visits  int
	secrets []*yaml.Node             // values that are secrets, for Redacted
	blocks  map[reflect.Type][]field // read once for a thousand routes
}

// fields is fieldsOf, remembered.
func (d *decoder) fields(t reflect.Type) []field {
	known, seen := d.blocks[t]
	if !seen {
		known = fieldsOf(t)
		if d.blocks == nil {
			d.blocks = map[reflect.Type][]field{}
		}
		d.blocks[t] = known
	}
	return known
}

// maxVisits bounds the values of a file once its aliases are followed. Nine
// lines of aliases to aliases would otherwise make a billion.
const maxVisits = 100_000

// union is a type that may be written in several shapes.
type union interface {
	decode(d *decoder, n *yaml.Node, p path)
}

const noValue = "has no value; give it one or remove the key"

// value decodes n into v and notes where it stands.
func (d *decoder) value(n *yaml.Node, v reflect.Value, f field, p path) {
	n, ok := d.follow(n, p)
	if !ok {
		return
	}
	switch u := v.Addr().Interface().(type) {
	case union:
		u.decode(d, n, p)
		return
	case scalar:
		d.scalar(n, v, f, p)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if isNull(n) {
			d.reject(p, noValue)
			return
		}
		target := reflect.New(v.Type().Elem())
		d.value(n, target.Elem(), f, p)
		if !d.broken[p] {
			v.Set(target)
		}
	case reflect.Slice:
		d.list(n, v, f, p)
	case reflect.Map:
		d.dict(n, v, f, p)
	case reflect.Struct:
		if f.shape != "" && !isNull(n) && n.Kind != yaml.MappingNode {
			d.reject(p, "must be a mapping, not %s; write it like %s", shapeOf(n), f.shape)
			return
		}
		d.block(n, v, p, nil)
	default:
		d.scalar(n, v, f, p)
	}
}

// follow resolves an alias, refuses what no value may be, and counts.
func (d *decoder) follow(n *yaml.Node, p path) (*yaml.Node, bool) {
	if _, stands := d.places[p]; !stands {
		d.stand(p, n.Line, n.Column, false)
	}
	if d.visits++; d.visits > maxVisits {
		if d.visits == maxVisits+1 {
			d.addAt(n.Line, n.Column, "", "the file holds more than %d values once its aliases are followed", maxVisits)
		}
		d.broken[p] = true
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	// A secret that begins with ! reads as a tag: do not repeat it.
	if n.Style&yaml.TaggedStyle != 0 && !strings.HasPrefix(n.ShortTag(), "!!") {
		d.reject(p, "begins with !, which YAML takes for a tag; quote it")
		return nil, false
	}
	return n, true
}

// scalar reads one value as text, expands it, and lets its type parse it.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, f field, p path) {
	if _, isSecret := v.Addr().Interface().(*Secret); isSecret {
		d.secrets = append(d.secrets, n)
	}
	text, ok := d.text(n, f.standIn(v.Type()), p)
	if !ok {
		return
	}
	src := d.source(p)
	_, isSecret := v.Addr().Interface().(*Secret)
	if !isSecret && strings.ContainsFunc(text, isControl) {
		d.reject(p, "holds a line break or another control character")
		return
	}
	if text == "" && f.inList {
		d.reject(p, "is empty")
		return
	}
	if err := parseText(v, text, src, n); err != nil {
		d.reject(p, "%s", err)
		return
	}
	if d.known(text, f, p); d.broken[p] {
		v.SetZero()
	}
}

// parseText stores text in v, whatever scalar v is.
func parseText(v reflect.Value, text string, src source, n *yaml.Node) error {
	if s, ok := v.Addr().Interface().(*Scalar); ok && n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		s.Value = text
		return nil
	}
	if s, ok := v.Addr().Interface().(scalar); ok {
		return s.parse(text, src)
	}
	if v.Kind() == reflect.String {
		v.SetString(text)
		return nil
	}
	if text != "true" && text != "false" {
		return errors.New(src.quote(text) + " is neither true nor false")
	}
	v.SetBool(text == "true")
	return nil
}

// text returns the scalar n with its expansions.
func (d *decoder) text(n *yaml.Node, placeholder string, p path) (string, bool) {
	switch {
	case n.Kind == yaml.MappingNode:
		d.reject(p, "must be one value, not a mapping")
		return "", false
	case n.Kind == yaml.SequenceNode:
		d.reject(p, "must be one value, not a list")
		return "", false
	case isNull(n):
		d.reject(p, noValue)
		return "", false
	}
	done, err := d.expand.expand(n.Value, placeholder)
	if err != nil {
		d.reject(p, "%s", err)
		return "", false
	}
	at := d.places[p]
	at.source = source{refs: done.refs}
	d.places[p] = at
	return done.text, true
}

// known holds text to the field's enum.
func (d *decoder) known(text string, f field, p path) {
	if len(f.enum) == 0 || text == "" && !f.hasFallback {
		return
	}
	for _, word := range f.enum {
		if text == word {
			return
		}
	}
	what := f.key
	if f.inList { // its key is in the plural
		what = "value"
	}
	hint := didYouMean(text, f.enum)
	if f.otherwise != "" && nearest(text, f.enum) == "" {
		hint = f.otherwise
		switch page := providerPage(text); {
		case !d.source(p).literal():
		case page != "":
			hint = "; write type: oidc, and see docs/providers/" + page
		case notOpenID(text):
			hint = ", which is not OpenID Connect; put a broker such as Dex or Keycloak before it, and write type: oidc for that"
		}
	}
	d.reject(p, "unknown %s %s%s", what, d.source(p).quote(text), hint)
}

// list decodes a sequence, or one value as a list of one.
func (d *decoder) list(n *yaml.Node, v reflect.Value, f field, p path) {
	if isNull(n) {
		d.reject(p, noValue)
		return
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	f.inList = true
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		at := p.item(i)
		d.stand(at, item.Line, item.Column, n.Kind != yaml.SequenceNode)
		d.value(item, v.Index(i), f, at)
		if d.broken[at] && n.Kind != yaml.SequenceNode {
			d.broken[p] = true
		}
	}
}

// dict decodes a mapping whose keys the user chooses.
func (d *decoder) dict(n *yaml.Node, v reflect.Value, f field, p path) {
	if isNull(n) {
		return
	}
	pairs, ok := d.pairs(n, p)
	if !ok {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, pair := range pairs {
		at := p.key(pair.key.Value)
		d.stand(at, pair.line(), pair.column(), false)
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(pair.value, item, f, at)
		v.SetMapIndex(reflect.ValueOf(pair.key.Value), item)
	}
}

func isControl(r rune) bool { return r < 0x20 || 0x7f <= r && r < 0xa0 }
