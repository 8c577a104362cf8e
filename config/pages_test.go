package config

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// readTestDir lists directories of testFiles alone.
func readTestDir(name string) ([]fs.DirEntry, error) {
	files := fstest.MapFS{}
	for name, data := range testFiles() {
		files[name] = &fstest.MapFile{Data: data}
	}
	return fs.ReadDir(files, name)
}

func TestPagesNameWhatIsThere(t *testing.T) {
	long := strings.Repeat("é", 81)
	refuses(t, around, []promise{
		{"pages: {title: " + long + "}", `9:16: pages.title: is longer than 80 characters`},
		{"pages: {titel: x}", `9:9: pages.titel: unknown key "titel"; did you mean "title"?`},
		{"pages: {logo: testdata/none.svg}", `9:15: pages.logo: file "testdata/none.svg" does not exist`},
		{"pages: {templates: testdata/none}", `9:20: pages.templates: directory "testdata/none" does not exist`},
		{"pages: {support: \"mailto:help@example.com\"}", `9:18: pages.support: must be the e-mail address alone, without mailto:`},
		{"pages: {support: \"javascript://x\"}", `9:18: pages.support: holds an address that browsers could not follow; write one http or https URL and nothing else, or words without a URL`},
		{"pages: {support: \"see https://help.example.com\"}", `9:18: pages.support: holds an address that browsers could not follow; write one http or https URL and nothing else, or words without a URL`},
		{"pages: {support: " + strings.Repeat("x", 201) + "}", `9:18: pages.support: is longer than 200 characters`},
	})
	accepts(t, around,
		"pages: {title: "+long[2:]+"}",
		"pages: {title: <script>alert(1)</script>}",
		"pages: {logo: testdata/logo.svg, templates: testdata/pages}",
		"pages: {logo: \"data:image/png;base64,AAAA\"}",
		"pages: {support: help@example.com}",
		"pages: {support: \"https://help.example.com/?a=b\"}",
		"pages: {support: \"the help desk, extension 4444: ask for Ada\"}",
	)
}

func TestProblemOfLaterIsSaidAtItsLine(t *testing.T) {
	c := mustParse(t, around("pages:\n  logo: testdata/logo.svg\n"))
	late := errors.New("is no picture")
	for want, keys := range map[string][]string{
		"gatehouse.yaml:10:9: pages.logo: is no picture":      {"pages", "logo"},
		"gatehouse.yaml:10:3: pages.templates: is no picture": {"pages", "templates"}, // absent: where it would be
		"gatehouse.yaml:4:3: providers: is no picture":        {"providers"},
	} {
		if got := c.Problem(late, keys...).Error(); got != want {
			t.Errorf("Problem at %q = %q, want %q", keys, got, want)
		}
	}
}
