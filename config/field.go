package config

import (
	"reflect"
	"strings"
)

// field is what the tags of a struct field say about a key of the file. The
// decoder, the schema and the reference all read the tags through it.
type field struct {
	index       int
	key         string
	doc         string
	fallback    string // value of an absent key, in the file's notation
	hasFallback bool
	enum        []string
	placeholder string
	shape       string // of a block, for whoever wrote something else
	otherwise   string // what to do about a word that is not in enum
	inList      bool   // the value is an item of a list
	kind        reflect.Type
}

// fieldsOf lists the keys of a block in the order of its struct.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		fallback, hasFallback := f.Tag.Lookup("default")
		fields = append(fields, field{
			index: i, key: key, kind: f.Type, doc: f.Tag.Get("doc"),
			fallback: fallback, hasFallback: hasFallback,
			enum:        words(f.Tag.Get("enum")),
			placeholder: f.Tag.Get("placeholder"),
			shape:       f.Tag.Get("shape"), otherwise: f.Tag.Get("otherwise"),
		})
	}
	return fields
}

// words splits a tag at its commas.
func words(tag string) []string {
	if tag == "" {
		return nil
	}
	return strings.Split(tag, ",")
}

// standIn is what a placeholder has to look like to pass this field's checks.
func (f field) standIn(t reflect.Type) string {
	switch {
	case f.placeholder != "":
		return f.placeholder
	case f.hasFallback && t.Kind() != reflect.Slice && !strings.HasPrefix(f.fallback, "["):
		return f.fallback
	case len(f.enum) > 0:
		return f.enum[0]
	}
	switch t {
	case reflect.TypeFor[bool]():
		return "false"
	case reflect.TypeFor[Duration]():
		return "1s"
	case reflect.TypeFor[Size]():
		return "1MiB"
	case reflect.TypeFor[Count]():
		return "1"
	case reflect.TypeFor[Share]():
		return "0"
	case reflect.TypeFor[URL]():
		return "https://placeholder.invalid"
	case reflect.TypeFor[Address](), reflect.TypeFor[Prefix](), reflect.TypeFor[Trusted]():
		return "192.0.2.1"
	}
	return "placeholder"
}
