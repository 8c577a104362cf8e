package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// parseYAML returns the root node of the only document in data.
func (r *report) parseYAML(data []byte) (*yaml.Node, bool) {
	if len(data) > maxFileSize {
		r.addAt(0, 0, "", "the file is larger than 1 MiB")
		return nil, false
	}
	if !utf8.Valid(data) {
		bad := bytes.ToValidUTF8(data, nil)
		same := 0
		for same < len(bad) && bad[same] == data[same] {
			same++
		}
		r.addAt(1+bytes.Count(data[:same], []byte("\n")), 1, "", "the line is not valid UTF-8")
		return nil, false
	}
	documents := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := nextDocument(documents, &document)
	if err == io.EOF || err == nil && document.Content[0].Kind == yaml.ScalarNode && isNull(document.Content[0]) {
		r.addAt(1, 1, "", "the file is empty; it needs at least session, providers and routes")
		return nil, false
	}
	if err == nil {
		err = nextDocument(documents, &second)
		if err == nil {
			r.addAt(second.Line, second.Column, "", "the file holds a second document (---); only one is read")
			return nil, false
		}
	}
	if err != io.EOF {
		r.syntax(data, err)
		return nil, false
	}
	return document.Content[0], true
}

// nextDocument turns a panic of the parser into an error: a broken file must
// not stop a running gateway that reloads it.
func nextDocument(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("not valid YAML")
		}
	}()
	return d.Decode(n)
}

// syntax reports why data is no YAML. The parser's own words may hold a secret
// (an unquoted one beginning with * is quoted as an "unknown anchor") and its
// lines are those of the block around the mistake, or missing: both are found anew.
func (r *report) syntax(data []byte, err error) {
	lines := strings.SplitAfter(string(data), "\n")
	known := len(r.problems)
	r.bareExpansions(lines)
	r.tabs(lines)
	if len(r.problems) > known {
		return
	}
	line := faultyLine(lines, err.Error())
	text := lines[line-1]
	column := 1 + len(text) - len(strings.TrimLeft(text, " "))
	r.addAt(line, column, "", "the file is no YAML from here on: %s", syntaxHint(err.Error()))
}

// syntaxHint explains the parser's message with constant words.
func syntaxHint(message string) string {
	for _, known := range []struct{ part, hint string }{
		{"unknown anchor", "quote a value that begins with *"},
		{"cannot start any token", "quote a value that begins with @, `, % or another special character"},
		{"mapping values are not allowed", "look at the indentation, and quote a value that holds \": \""},
		{"unexpected end of stream", "a quote is not closed"},
		{"expected ',' or", "a bracket is not closed or a comma is missing"},
		{"unknown escape character", "in double quotes a backslash is special; use single quotes"},
		{"could not find expected ':'", "a key lacks its colon"},
		{"did not find expected", "look at the indentation and at unclosed brackets and quotes"},
		{"exceeded max depth", "it is nested too deeply"},
	} {
		if strings.Contains(message, known.part) {
			return known.hint
		}
	}
	return "look at the indentation, quotes and brackets"
}

// faultyLine returns the line, from 1, at which the construct with the mistake
// begins: the parser stumbles over the same mistake in every beginning of the
// file that reaches it, so the shortest such one ends at the mistake, and what
// was still open before belongs to it.
func faultyLine(lines []string, message string) int {
	parse := func(n int) error {
		var document yaml.Node
		return nextDocument(yaml.NewDecoder(strings.NewReader(strings.Join(lines[:n], ""))), &document)
	}
	lower, upper := 0, len(lines)
	for lower+1 < upper {
		middle := (lower + upper) / 2
		if err := parse(middle); err != nil && err.Error() == message {
			upper = middle
		} else {
			lower = middle
		}
	}
	for back := 0; upper > 1 && back < 100; back++ {
		if err := parse(upper - 1); err == nil || err == io.EOF {
			break
		}
		upper--
	}
	for upper > 1 && strings.TrimSpace(lines[upper-1]) == "" {
		upper--
	}
	return upper
}

// tabs reports lines that are indented with tabs, which YAML forbids.
func (r *report) tabs(lines []string) {
	for i, line := range lines {
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 && strings.TrimSpace(line) != "" {
			r.addAt(i+1, tab+1, "", "the line is indented with a tab; use blanks")
		}
	}
}

// bareExpansions reports each ${…} that stands unquoted inside {} or [], where
// its braces are YAML's.
func (r *report) bareExpansions(lines []string) {
	depth := 0
	for i, line := range lines {
		quoted := byte(0)
		before := byte(0) // the last byte that is no blank
		for j := 0; j < len(line); j++ {
			c := line[j]
			starts := before == 0 || strings.IndexByte(":-,[{?", before) >= 0
			switch {
			case quoted != 0:
				if c == '\\' && quoted == '"' {
					j++
				} else if c == quoted {
					quoted = 0
				}
			case c == '#' && (j == 0 || line[j-1] == ' '):
				j = len(line)
			case (c == '"' || c == '\'') && starts:
				quoted = c
			case depth > 0 && strings.HasPrefix(line[j:], "${"):
				body, _, closed := strings.Cut(line[j+2:], "}")
				r.addAt(i+1, 1+utf8.RuneCountInString(line[:j]), "", "%s", bareHint(body))
				if closed {
					j += len("${") + len(body)
				}
			case (c == '{' || c == '[') && (depth > 0 || starts):
				depth++
			case (c == '}' || c == ']') && depth > 0:
				depth--
			}
			if j < len(line) && line[j] != ' ' {
				before = line[j]
			}
		}
	}
}

func bareHint(body string) string {
	name, _, _ := strings.Cut(body, ":-")
	if strings.HasPrefix(body, "file:/") {
		name = body
	} else if !variableName(name) {
		name = "NAME"
	}
	return fmt.Sprintf("an expansion inside {} or [] must be quoted: \"${%s}\"", name)
}
