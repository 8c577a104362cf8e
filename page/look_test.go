package page

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// directory is an operator's directory with these files.
func directory(t testing.TB, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// problems are what New says against o, one an element.
func problems(t testing.TB, o Options) []string {
	t.Helper()
	_, err := New(o)
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%v is not joined from problems", err)
	}
	var out []string
	for _, each := range joined.Unwrap() {
		if option := new(OptionError); !errors.As(each, &option) {
			t.Errorf("%v does not say which option", each)
		}
		out = append(out, each.Error())
	}
	return out
}

const (
	plainLayout = `<!doctype html><html lang="en"><title>{{.Heading}}</title><style>{{.Style}}</style><h1>{{.Brand.Title}}</h1>{{template "main" .}}</html>`
	ownHome     = "{{define \"main\"}}<p>Hello {{.Page.Who}}</p>\n<p>{{len .Page.Groups}}</p>{{end}}"
)

func TestTemplatesReplaceOursByName(t *testing.T) {
	p := newPages(t, Options{Templates: directory(t, map[string]string{"home.html": ownHome, ".gitkeep": "{{", "..data": "{{"})})
	all := samples(p)
	w, root := render(t, all["home"])
	if got := text(find(root, "main")[0]); !strings.Contains(got, "Hello Ada Lovelace") || strings.Contains(got, "Your session") {
		t.Errorf("home shows %q", got)
	}
	if !strings.Contains(w.Body.String(), `class="portcullis"`) {
		t.Error("home has lost our layout")
	}
	ours := newPages(t, Options{})
	for _, name := range []string{"denied", "chooser", "signed_out"} {
		changed, _ := render(t, all[name])
		same, _ := render(t, samples(ours)[name])
		if diff := cmp.Diff(same.Body.String(), changed.Body.String()); diff != "" {
			t.Errorf("%s changed with another page's template:\n%s", name, diff)
		}
	}
}

func TestLayoutOfTheOperatorsIsAroundEveryPage(t *testing.T) {
	p := newPages(t, Options{Title: "Northwind", Templates: directory(t, map[string]string{"layout.html": plainLayout})})
	for name, write := range samples(p) {
		_, root := render(t, write)
		if got := text(find(root, "h1")[0]); got != "Northwind" {
			t.Errorf("%s is headed %q", name, got)
		}
		if strings.Contains(text(root), "Gatehouse") {
			t.Errorf("%s has our name", name)
		}
	}
}

func TestOperatorsTemplatesStillEscape(t *testing.T) {
	const s = "<script>alert(1)</script>"
	p := newPages(t, Options{Title: s, Templates: directory(t, map[string]string{"layout.html": plainLayout, "home.html": ownHome})})
	for name, write := range samples(p) {
		_, root := render(t, write)
		if len(find(root, "script")) != 0 || text(find(root, "h1")[0]) != s {
			t.Errorf("%s: the title became markup", name)
		}
	}
	_, root := render(t, func(w http.ResponseWriter, r *http.Request) error { return p.Home(w, r, Home{Subject: s}) })
	if len(find(root, "script")) != 0 || !strings.Contains(text(root), "Hello "+s) {
		t.Error("a name became markup")
	}
}

func TestStyleIsAddedToOursAndThePolicyFollows(t *testing.T) {
	const css = "\uFEFF:root { --accent: #123456; }\r\n@media (width < 40rem) { h1 { color: red } }\r"
	p := newPages(t, Options{Templates: directory(t, map[string]string{"style.css": css})})
	_, root := render(t, samples(p)["home"])
	want := ourStyle + "\n:root { --accent: #123456; }\n@media (width < 40rem) { h1 { color: red } }\n"
	if diff := cmp.Diff(want, text(find(root, "style")[0])); diff != "" {
		t.Errorf("style sheet (-want +got):\n%s", diff)
	}
	theyApplyExactlyTheStyleTheirPolicyNames(t, p)
}

func TestTemplatesThatCannotShowAPageAreRefused(t *testing.T) {
	const main, end = `{{define "main"}}`, `{{end}}`
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"does not parse", map[string]string{"home.html": main + "\n\n{{if}}" + end}, "home.html:3: missing value for if"},
		{"never ends", map[string]string{"error.html": main}, "error.html:1: unexpected EOF"},
		{"unknown field", map[string]string{"home.html": main + "\n{{.Page.Nome}}" + end}, `home.html:2:7: executing "main" at <.Page.Nome>: can't evaluate field Nome`},
		{"what is not always there", map[string]string{"home.html": main + "\n{{index .Page.Groups 0}}" + end}, `home.html:2:2: executing "main" at <index .Page.Groups 0>: error calling index`},
		{"unknown function", map[string]string{"home.html": main + "{{upper .Heading}}" + end}, `home.html:1: function "upper" not defined`},
		{"unknown template", map[string]string{"home.html": main + "\n{{template \"foot\"}}" + end}, `home.html:2:11: no such template "foot"`},
		{"cannot be escaped", map[string]string{"home.html": main + "<a href='{{.Heading}}{{if .Gate}}'>{{end}}</a>" + end}, "home.html:1:43: {{if}} branches end in different contexts"},
		{"no page", map[string]string{"home.html": "<p>hello"}, `home.html:1: has no {{define "main"}}`},
		{"layout without the page", map[string]string{"layout.html": "<style>{{.Style}}</style>"}, `layout.html:1: lacks {{template "main" .}}`},
		{"empty layout", map[string]string{"layout.html": ""}, `layout.html:1: lacks {{template "main" .}}`},
		{"layout without style", map[string]string{"layout.html": `{{template "main" .}}`}, "layout.html:1: lacks <style>{{.Style}}</style>"},
		{"layout with a style of its own", map[string]string{"layout.html": `<style>p{}{{.Style}}</style>{{template "main" .}}`}, "layout.html:1: lacks <style>{{.Style}}</style>"},
		{"form without its token", map[string]string{"confirm_sign_out.html": main + "<form method=post action={{.Page.Action}}>" + end}, "confirm_sign_out.html:1: lacks {{.Page.Token}}"},
		{"nothing to choose", map[string]string{"chooser.html": main + "<h1>Sign in</h1>" + end}, "chooser.html:1: lacks {{.Page.Choices}}"},
		{"unknown name", map[string]string{"hom.html": ""}, "hom.html: is none of chooser.html, confirm_sign_out.html, error.html, home.html, layout.html, signed_out.html, style.css"},
		{"too large", map[string]string{"home.html": ownHome + strings.Repeat(" ", maxTemplate)}, "home.html: is larger than 64 KiB"},
		{"style that ends", map[string]string{"style.css": "p{}\n</STYLE><script>"}, "style.css:2: holds </"},
		{"style that is no text", map[string]string{"style.css": "p{}\xff"}, "style.css: is not UTF-8 text"},
		{"style with NUL", map[string]string{"style.css": "p{}\x00"}, "style.css: is not UTF-8 text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := problems(t, Options{Templates: directory(t, c.files)})
			if len(got) != 1 || !strings.HasPrefix(got[0], "Templates: "+c.want) {
				t.Errorf("problems %q, want %q alone", got, c.want)
			}
		})
	}
}

func TestAllThatIsWrongWithTheLookIsSaidAtOnce(t *testing.T) {
	dir := directory(t, map[string]string{"home.html": "{{", "error.html": "{{", "style.css": "</", "notes.txt": ""})
	got := problems(t, Options{Logo: filepath.Join(dir, "none.png"), Templates: dir})
	if len(got) != 5 {
		t.Errorf("%d problems, want 5: %q", len(got), got)
	}
	if all := strings.Join(got, "\n"); strings.Contains(all, dir) {
		t.Errorf("the values of options are repeated: %s", all)
	}
}

func TestTemplatesMustBeADirectoryOfFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "home.html"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, want string }{
		"nothing there":  {filepath.Join(dir, "none"), "Templates: no such file or directory"},
		"a file":         {filepath.Join(directory(t, map[string]string{"x": ""}), "x"), "Templates: not a directory"},
		"no plain files": {dir, "Templates: home.html: is not a regular file"},
	} {
		if got := problems(t, Options{Templates: c.dir}); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: problems %q, want %q", name, got, c.want)
		}
	}
	if got := problems(t, Options{Templates: t.TempDir()}); got != nil {
		t.Errorf("an empty directory has problems %q", got)
	}
}
