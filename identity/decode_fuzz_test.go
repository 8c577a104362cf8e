package identity

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecodeClaims wants DecodeClaims to accept no more than encoding/json does
// and no less than it promises, to read the same values, and to lose nothing when
// written again.
func FuzzDecodeClaims(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"sub":"ada","aud":["a","b"],"exp":1800000000}`, `{"a":{"b":[1,{"c":null}]},"d":1e999}`,
		`{"a":1,"a":2}`, `{"\u0061":1,"a":2}`, `{"a":"\ud800"}`, `{"a":1}{"b":2}`, `{"a":1,}`, `{"a":[1,]}`, `{"a" 1}`, `{1:2}`,
		`[{}]`, `null`, ``, `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "{\"a\":\"\xff\"}", `{"":""}`, `{"a\\\"":"\\\\","b":"\\u005c\""}`, " { \"a\" : [ true , false , null , -1.5E+3 ] , \"b\" : { } }\n",
		`{"a":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, `{"a":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeClaims(data)
		if err != nil {
			if c != nil {
				t.Errorf("claims %v beside error %v", c, err)
			}
			if unambiguous(data) {
				t.Errorf("%q is refused: %v", data, err)
			}
			return
		}
		if !unambiguous(data) {
			t.Fatalf("accepted %q", data)
		}
		var plain map[string]any
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		if err := d.Decode(&plain); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", data, err)
		}
		ours, theirs := marshal(t, c), marshal(t, plain)
		if ours != theirs {
			t.Errorf("%q is %s, encoding/json says %s", data, ours, theirs)
		}
		again, err := DecodeClaims([]byte(ours))
		if err != nil || marshal(t, again) != ours {
			t.Errorf("%s does not survive writing: %v", ours, err)
		}
		for name, want := range c {
			if got, ok := c.Lookup(name); ok != (want != nil) || ok && marshal(t, got) != marshal(t, want) {
				t.Errorf("Lookup(%q) = %v, %v", name, got, ok)
			}
		}
	})
}

// unambiguous tells, token by token, whether data is one JSON object without a
// name twice, nested at most as deep as a claim may be.
func unambiguous(data []byte) bool {
	if !utf8.Valid(data) || !json.Valid(data) || !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return once(d, 0)
}

func once(d *json.Decoder, depth int) bool {
	token, err := d.Token()
	if err != nil || depth > maxClaimDepth {
		return false
	}
	delimiter, nested := token.(json.Delim)
	seen := map[any]bool{}
	for nested && d.More() {
		if delimiter == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return false
			}
			seen[name] = true
		}
		if !once(d, depth+1) {
			return false
		}
	}
	if nested {
		_, err = d.Token()
	}
	return err == nil
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
