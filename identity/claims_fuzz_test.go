package identity

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzDecodeClaims wants DecodeClaims to accept no more than encoding/json
// does, to read the same values, and to lose nothing when written again.
func FuzzDecodeClaims(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"sub":"ada","aud":["a","b"],"exp":1800000000}`, `{"a":{"b":[1,{"c":null}]},"d":1e999}`,
		`{"a":1,"a":2}`, `{"\u0061":1,"a":2}`, `{"a":"\ud800"}`, `{"a":1}{"b":2}`, `{"a":1,}`, `{"a":[1,]}`, `{"a" 1}`, `{1:2}`,
		`[{}]`, `null`, ``, `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "{\"a\":\"\xff\"}", `{"":""}`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := DecodeClaims(data)
		if err != nil {
			if c != nil {
				t.Errorf("claims %v beside error %v", c, err)
			}
			return
		}
		if !json.Valid(data) || !utf8.Valid(data) {
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

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
