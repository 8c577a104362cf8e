package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

func TestBrokenYAMLIsNamedAtItsLine(t *testing.T) {
	whole := func(text string) string { return text }
	refuses(t, whole, []promise{
		{"", "1:1: the file is empty; it needs at least session, providers and routes"},
		{"# nothing\n", "1:1: the file is empty; it needs at least session, providers and routes"},
		{"[a]", "1:1: must be a mapping, not a list"},
		{"log: {}\n---\nlog: {}\n", "2:1: the file holds a second document (---); only one is read"},
		{"log:\n  level: \"\xff\"\n", "2:1: the line is not valid UTF-8"},
		{"log:\n\tlevel: info\n", "2:1: the line is indented with a tab; use blanks"},
		{"a: 1\n b: 2\nc: 3\n", `2:2: the file is no YAML from here on: look at the indentation, and quote a value that holds ": "`},
		{"a:\n  - b: 1\n   c: 2\nd: 1\n", "3:4: the file is no YAML from here on: look at the indentation and at unclosed brackets and quotes"},
		{"a: 1\nb: \"x\nc: 2\nd: 3\n", "2:1: the file is no YAML from here on: a quote is not closed"},
		{"a: 1\nb: [x\nc: 2\nd: 3\n", "2:1: the file is no YAML from here on: a bracket is not closed or a comma is missing"},
		{"a: 1\nb: *hunter2\n", "2:1: the file is no YAML from here on: quote a value that begins with *"},
		{"a: 1\nb: @x\n", "2:1: the file is no YAML from here on: quote a value that begins with @, `, % or another special character"},
		{"a: 1\nb: \"\\y\"\n", "2:1: the file is no YAML from here on: in double quotes a backslash is special; use single quotes"},
	})
}

func TestUnquotedExpansionsInsideBracesAreExplained(t *testing.T) {
	refuses(t, around, []promise{
		{"headers:\n  X-A: {value: ${KEY}}", `10:16: an expansion inside {} or [] must be quoted: "${KEY}"`},
		{"headers: {X-Ä: {value: ${A}}, X-B: {value: x${B:-d}}}\nlog: {level: [${C}]}",
			"9:24: an expansion inside {} or [] must be quoted: \"${A}\"\n" +
				"9:45: an expansion inside {} or [] must be quoted: \"${B}\"\n" +
				"10:15: an expansion inside {} or [] must be quoted: \"${C}\""},
		{"log: {level: ${file:/run/x}} # it's", `9:14: an expansion inside {} or [] must be quoted: "${file:/run/x}"`},
	})
	accepts(t, around,
		"headers:\n  X-A: {value: \"${GATEHOUSE_KEY}\"}",
		"headers:\n  X-A:\n    value: ${GATEHOUSE_KEY}",
	)
}

func TestMissingFileIsAProblemWithANextStep(t *testing.T) {
	_, err := Load(t.TempDir()+"/gatehouse.yaml", nil)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Line != 0 ||
		!strings.HasSuffix(err.Error(), "gatehouse.yaml: the file does not exist; name it with --config, and see docs/configuration.md for the smallest useful one") {
		t.Errorf("got %v", err)
	}
	if _, err := Load(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "is not a regular file") {
		t.Errorf("got %v", err)
	}
}

func TestFileProblemsHaveWords(t *testing.T) {
	for err, want := range map[error]string{
		fs.ErrNotExist:   "does not exist",
		fs.ErrPermission: "may not be read by this user; change its owner or mode",
		errTooLarge:      "is larger than 1 MiB",
		fs.ErrClosed:     "cannot be read",
	} {
		if got := fileProblem(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
}
