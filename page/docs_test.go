package page

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/pages.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// names are what a template may ask a value for.
func names(v any) []string {
	t := reflect.TypeOf(v)
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			out = append(out, f.Name)
		}
	}
	for i := range t.NumMethod() {
		out = append(out, t.Method(i).Name)
	}
	return out
}

func TestEveryValueOfATemplateIsDocumented(t *testing.T) {
	for _, c := range []struct {
		section, prefix string
		value           any
	}{
		{"Every template", ".", view{}},
		{"Every template", ".Brand.", brand{}},
		{"Every template", ".Brand.Support.", support{}},
		{"`chooser.html`", ".Page.", Chooser{}},
		{"`chooser.html`", ".", Choice{}},
		{"`confirm_sign_out.html`", ".Page.", ConfirmSignOut{}},
		{"`error.html`", ".Page.", errorPage{}},
		{"`error.html`", ".", action{}},
		{"`home.html`", ".Page.", homeView{}},
		{"`home.html`", ".", App{}},
		{"`home.html`", ".", moment{}},
		{"`signed_out.html`", ".Page.", SignedOut{}},
	} {
		_, section, ok := strings.Cut(document(t), "\n### "+c.section+"\n")
		if !ok {
			t.Errorf("pages.md has no section %q", c.section)
		}
		section, _, _ = strings.Cut(section, "\n### ")
		for _, name := range names(c.value) {
			known := strings.Contains(section, "`"+c.prefix+name+"`") || strings.Contains(section, "`"+c.prefix+name+".") // by its parts
			if !known {
				t.Errorf("pages.md, %s: %s%s is missing", c.section, c.prefix, name)
			}
		}
		if c.prefix != ".Page." {
			continue
		}
		for _, m := range regexp.MustCompile("`\\.Page\\.([A-Za-z]+)`").FindAllStringSubmatch(section, -1) {
			if !slices.Contains(names(c.value), m[1]) {
				t.Errorf("pages.md, %s: .Page.%s does not exist", c.section, m[1])
			}
		}
	}
}

func TestExamplesOfTheDocumentCanBeUsed(t *testing.T) {
	content := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)\n`([a-z_]+\\.[a-z]+)`:\n\n```[a-z]+\n(.*?)```").FindAllStringSubmatch(document(t), -1) {
		content[m[1]] = m[2]
	}
	if len(content) != 2 {
		t.Fatalf("found %d examples, want 2", len(content))
	}
	_, root := render(t, samples(newPages(t, Options{Templates: directory(t, content)}))["chooser"])
	if got := text(find(root, "main")[0]); !strings.Contains(got, "Company account") || !strings.Contains(got, "Use is recorded.") {
		t.Errorf("the chooser of the example shows %q", got)
	}
}

func TestEveryPropertyOfTheStyleIsDocumented(t *testing.T) {
	for _, m := range regexp.MustCompile(`(?m)^  (--[a-z-]+):`).FindAllStringSubmatch(ourStyle, -1) {
		if !strings.Contains(document(t), "`"+m[1]+"`") {
			t.Errorf("pages.md does not mention %s", m[1])
		}
	}
}
