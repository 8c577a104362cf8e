package config

import (
	"os"
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// Redacted is the file as it was loaded: expansions as they are written,
// without comments, and [redacted] wherever a secret stands in the file itself.
func (c *Config) Redacted() string {
	r := &report{places: map[path]place{}, broken: map[path]bool{}}
	document, ok := r.parseYAML(c.text)
	if !ok {
		return "" // it was read before, so it can be read
	}
	// Decoded once more, with stand-ins for what is outside the file, only to
	// learn which values are secrets.
	d := &decoder{report: r, expand: &expander{
		getenv:       func(string) string { return "" },
		readFile:     func(string) ([]byte, error) { return nil, os.ErrNotExist },
		placeholders: true,
	}}
	d.value(document, reflect.ValueOf(new(Config)).Elem(), field{}, root)
	for _, n := range d.secrets {
		if !reference(n.Value) {
			n.Value, n.Style = redacted, 0
		}
	}
	withoutComments(document)
	text, err := yaml.Marshal(document)
	if err != nil {
		return ""
	}
	return string(text)
}

// reference reports whether text is one expansion and nothing else. One with a
// default tells that.
func reference(text string) bool {
	return strings.HasPrefix(text, "${") && strings.Index(text, "}") == len(text)-1 && !strings.Contains(text, ":-")
}

// withoutComments drops what people write beside values, which may be old ones.
func withoutComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, inner := range n.Content {
		withoutComments(inner)
	}
}
