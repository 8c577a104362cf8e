package identity

import (
	"encoding/json"
	"strings"
)

// Claims is the JSON object of an ID token or a userinfo answer. Values are
// string, bool, json.Number, nil, []any and map[string]any. Names are
// case-sensitive (RFC 7519 section 4), which encoding/json's struct decoding
// is not: read claims from here, never from a tagged struct.
type Claims map[string]any

// Lookup finds the claim at path. A claim whose whole name is path wins
// ("p1.region", "https://example.com/groups"); otherwise dots step into
// objects ("realm_access.roles"). A null counts as absent.
func (c Claims) Lookup(path string) (any, bool) {
	if v, ok := c[path]; ok {
		return v, v != nil
	}
	object := map[string]any(c)
	for {
		name, rest, more := strings.Cut(path, ".")
		v, ok := object[name]
		if !more {
			return v, ok && v != nil
		}
		if object, ok = v.(map[string]any); !ok {
			return nil, false
		}
		path = rest
	}
}

// First is Lookup over several paths: the first that holds something other
// than an empty string or an empty list wins.
func (c Claims) First(paths []string) (any, bool) {
	for _, path := range paths {
		v, ok := c.Lookup(path)
		if !ok || v == "" {
			continue
		}
		if list, isList := v.([]any); isList && len(list) == 0 {
			continue
		}
		return v, true
	}
	return nil, false
}

// Scalar writes a claim's string, number or boolean as a string. Lists,
// objects and null are no scalars.
func Scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// Readable reports whether Strings loses nothing of v: it is absent (nil), a
// scalar, or a list of scalars.
func Readable(v any) bool {
	list, isList := v.([]any)
	if !isList {
		_, scalar := Scalar(v)
		return scalar || v == nil
	}
	for _, member := range list {
		if _, ok := Scalar(member); !ok {
			return false
		}
	}
	return true
}

// Strings reads a claim that may be one scalar or a list of them, as groups
// and amr come from different providers (PingOne may send a single group as a
// string). Members that are lists, objects or null are left out.
func Strings(v any) []string {
	if s, ok := Scalar(v); ok {
		return []string{s}
	}
	list, _ := v.([]any)
	var out []string
	for _, member := range list {
		if s, ok := Scalar(member); ok {
			out = append(out, s)
		}
	}
	return out
}
