package config

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Schema returns the JSON Schema (draft 2020-12) of the file, for editors and
// CI.
//
// It is made by a walk of our own over the tags that the decoder reads, and
// not by a library that reflects structs: nearly every value is a union (one or
// a list, a typed value or an "${…}" expansion, a rule in two notations, a
// policy in three), so that such a library would be left with the loop.
func Schema() ([]byte, error) {
	s := schemas{}
	file := s.block(reflect.TypeFor[Config]())
	file["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	file["title"] = "Gatehouse configuration"
	file["required"] = []string{"session", "routes"}
	s["Expansion"] = schema{
		"description": "A scalar with ${NAME}, ${NAME:-default} or ${file:/path} in it.",
		"type":        "string", "pattern": `\$\{`,
	}
	file["$defs"] = s
	return json.MarshalIndent(file, "", "  ")
}

type schema map[string]any

// schemas collects the definitions by name.
type schemas map[string]schema

func (s schemas) block(t reflect.Type) schema {
	properties := schema{}
	for _, f := range fieldsOf(t) {
		made := s.of(f.kind, f)
		if _, isRef := made["$ref"]; isRef && len(made) == 1 {
			made = schema{"allOf": []schema{made}}
		}
		made["description"] = f.doc
		if f.hasFallback {
			made["default"] = fallbackJSON(f)
		}
		properties[f.key] = made
	}
	return schema{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}

// of returns the schema of a value of type t.
func (s schemas) of(t reflect.Type, f field) schema {
	switch t {
	case reflect.TypeFor[RoutePolicy]():
		return anyOf(schema{"type": "string"}, oneOrMany(s.ref(reflect.TypeFor[Rule](), s.rule)))
	case reflect.TypeFor[Rule]():
		return s.ref(t, s.rule)
	case reflect.TypeFor[Selector]():
		return anyOf(schema{"const": "everyone"}, s.ref(t, s.selector))
	case reflect.TypeFor[TestClaims]():
		return schema{"type": "object"}
	case reflect.TypeFor[TestHeaders]():
		return schema{"type": "object", "additionalProperties": schema{"type": []string{"string", "number", "boolean", "null"}}}
	case reflect.TypeFor[Expr]():
		return schema{"type": []string{"string", "boolean"}}
	case reflect.TypeFor[RouteAssertion]():
		return anyOf(expandable(schema{"type": "boolean"}), s.ref(t, s.block))
	case reflect.TypeFor[Headers]():
		value := anyOf(schema{"type": "null"}, s.ref(reflect.TypeFor[HeaderValue](), s.headerValue))
		return schema{"type": []string{"object", "null"}, "additionalProperties": value}
	case reflect.TypeFor[Duration]():
		return expandable(schema{"type": "string", "pattern": `^[-+]?([0-9.]+(ns|us|µs|ms|s|m|h))+$`}, schema{"const": 0}, schema{"const": "0"})
	case reflect.TypeFor[Size]():
		return expandable(schema{"type": "integer", "minimum": 0}, schema{"type": "string", "pattern": `^[0-9]+ *([KMGT]iB)?$`})
	case reflect.TypeFor[Count]():
		return expandable(schema{"type": "integer", "minimum": 1}, schema{"type": "string", "pattern": `^[0-9]+$`})
	case reflect.TypeFor[Share]():
		return expandable(schema{"type": "number", "minimum": 0, "maximum": 1}, schema{"type": "string", "pattern": `^[0-9.]+$`})
	case reflect.TypeFor[Time]():
		return schema{"type": "string"}
	case reflect.TypeFor[Scalar]():
		return schema{"type": []string{"string", "number", "boolean"}}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[scalar]()) {
		return schema{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), f)
	case reflect.Slice:
		return oneOrMany(s.of(t.Elem(), f))
	case reflect.Map:
		return schema{"type": []string{"object", "null"}, "additionalProperties": s.of(t.Elem(), field{})}
	case reflect.Struct:
		return s.ref(t, s.block)
	case reflect.Bool:
		return expandable(schema{"type": "boolean"}, schema{"enum": []string{"true", "false"}})
	}
	if len(f.enum) > 0 {
		return expandable(schema{"enum": f.enum})
	}
	// YAML reads client_id: 1234 as a number; the file means its digits.
	return schema{"type": []string{"string", "number", "boolean"}}
}

// ref defines t once, and returns a reference to the definition.
func (s schemas) ref(t reflect.Type, make func(reflect.Type) schema) schema {
	if _, done := s[t.Name()]; !done {
		s[t.Name()] = nil // blocks recursion
		s[t.Name()] = make(t)
	}
	return schema{"$ref": "#/$defs/" + t.Name()}
}

// rule is the long notation and the short one.
func (s schemas) rule(t reflect.Type) schema {
	made := s.block(t)
	made["type"] = "object"
	properties := made["properties"].(schema)
	var shorts, notations []schema
	for _, action := range shortRules {
		if action == "service_auth" {
			continue
		}
		short := oneOrMany(s.of(reflect.TypeFor[Selector](), field{}))
		short["description"] = "Short for action: " + action + " with this include."
		properties[action] = short
		shorts = append(shorts, required(action))
		notations = append(notations, schema{"required": []string{action}, "not": anyOf(required("action"), required("include"))})
	}
	made["oneOf"] = append(notations, schema{"required": []string{"action", "include"}, "not": anyOf(shorts...)})
	return made
}

func (s schemas) selector(t reflect.Type) schema {
	made := s.block(t)
	made["type"], made["minProperties"], made["maxProperties"] = "object", 1, 1
	return made
}

func (s schemas) headerValue(t reflect.Type) schema {
	made := s.block(t)
	made["type"] = "object"
	made["oneOf"] = []schema{required("claim"), required("token"), required("value")}
	return made
}

func required(keys ...string) schema { return schema{"required": keys} }

func anyOf(options ...schema) schema { return schema{"anyOf": options} }

func oneOrMany(item schema) schema {
	return anyOf(item, schema{"type": "array", "items": item})
}

// expandable allows an expansion where a value of another type belongs.
func expandable(options ...schema) schema {
	return anyOf(append(options, schema{"$ref": "#/$defs/Expansion"})...)
}

// fallbackJSON is the default as JSON has it.
func fallbackJSON(f field) any {
	if inner, ok := strings.CutPrefix(f.fallback, "["); ok {
		return strings.Split(strings.TrimSuffix(inner, "]"), ", ")
	}
	switch f.kind {
	case reflect.TypeFor[bool]():
		return f.fallback == "true"
	case reflect.TypeFor[Count](), reflect.TypeFor[Share]():
		return json.Number(f.fallback)
	}
	return f.fallback
}
