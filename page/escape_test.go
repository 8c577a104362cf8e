package page

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// fill sets every string in v, however deep, to s.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.String || v.Type().Elem().Kind() == reflect.Struct {
			v.Set(reflect.MakeSlice(v.Type(), 12, 12))
			for i := range 12 {
				fill(v.Index(i), s)
			}
		}
	}
}

func filled[T any](s string) T {
	var v T
	fill(reflect.ValueOf(&v).Elem(), s)
	return v
}

// hostilePages is every page with s in every field.
func hostilePages(p *Pages, s string) map[string]writer {
	denied, login := filled[Error](s), filled[Error](s)
	denied.Status, login.Status = 403, 401
	return map[string]writer{
		"denied":  p.errorWriter(denied),
		"login":   p.errorWriter(login),
		"unknown": p.errorWriter(filled[Error](s)),
		"chooser": func(w http.ResponseWriter, r *http.Request) error { return p.Chooser(w, r, filled[Chooser](s)) },
		"signed out": func(w http.ResponseWriter, r *http.Request) error {
			return p.SignedOut(w, r, filled[SignedOut](s))
		},
		"confirm": func(w http.ResponseWriter, r *http.Request) error {
			return p.ConfirmSignOut(w, r, filled[ConfirmSignOut](s))
		},
		"home": func(w http.ResponseWriter, r *http.Request) error { return p.Home(w, r, filled[Home](s)) },
	}
}

func TestNothingInAFieldBecomesMarkup(t *testing.T) {
	for _, s := range []string{
		"<script>alert(1)</script>",
		`"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`,
		"</style><script>alert(1)</script>",
		"</title><svg onload=alert(1)>",
		"{{.}}<!--",
	} {
		p := newPages(t, Options{Title: s, Support: s})
		for name, write := range hostilePages(p, s) {
			t.Run(name, func(t *testing.T) {
				w, root := render(t, write)
				everyElement(root, func(n *html.Node) {
					if n.Data == "script" || n.Data == "img" {
						t.Errorf("%q became a %s element", s, n.Data)
					}
					for _, a := range n.Attr {
						if strings.HasPrefix(a.Key, "on") {
							t.Errorf("%q became the attribute %s of %s", s, a.Key, n.Data)
						}
					}
				})
				if !strings.Contains(text(root), s) {
					t.Errorf("%q is not to be read on the page:\n%s", s, w.Body)
				}
			})
		}
	}
}

func TestNoFieldBecomesAForeignLink(t *testing.T) {
	for _, s := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x",
		"//evil.example", `/\evil.example`, "/\t/evil.example", "\thttps://evil.example", "https:evil.example", "https://user@evil.example/",
	} {
		for name, write := range hostilePages(newPages(t, Options{}), s) {
			t.Run(name, func(t *testing.T) {
				_, root := render(t, write)
				everyElement(root, func(n *html.Node) {
					for _, key := range []string{"href", "action", "src"} {
						to := attr(n, key)
						if to == "" || n.Data == "link" {
							continue
						}
						if !strings.HasPrefix(to, "/.auth/") && to != "/" {
							t.Errorf("%q became %s=%q of %s", s, key, to, n.Data)
						}
					}
				})
			})
		}
	}
}

func TestHonestAddressesBecomeLinks(t *testing.T) {
	for _, s := range []string{"/docs?x=1&y=%2F", "https://wiki.example.com/a", "http://127.0.0.1:8080/"} {
		_, root := render(t, func(w http.ResponseWriter, r *http.Request) error {
			return newPages(t, Options{}).Home(w, r, Home{Subject: "ada", Apps: []App{{Title: "Wiki", URL: s}}})
		})
		if links := find(root, "a"); len(links) != 1 || attr(links[0], "href") != s {
			t.Errorf("%q is not the page's one link", s)
		}
	}
}

func TestStayingSignedInNeverLeadsToAnotherOrigin(t *testing.T) {
	for _, c := range []struct{ returnTo, want string }{
		{"/docs?x=1", "/docs?x=1"},
		{"", "/"},
		{"https://evil.example/", "/"},
		{"//evil.example", "/"},
		{`/\evil.example`, "/"},
	} {
		if got := (ConfirmSignOut{ReturnTo: c.returnTo}).Stay(); got != c.want {
			t.Errorf("Stay with ReturnTo %q = %q, want %q", c.returnTo, got, c.want)
		}
	}
}

// FuzzLocalPath holds that what passes is a path on this host also after a
// browser has dropped tabs and newlines and turned backslashes (WHATWG URL
// section 4.4).
func FuzzLocalPath(f *testing.F) {
	for _, s := range []string{"/a?b#c", "//e", `/\e`, "/\t/e", "\n//e", "/?//e", "", "a", "/é"} {
		f.Add(s)
	}
	browser := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		if got == "" {
			return
		}
		if seen := browser.Replace(got); got != s || seen[0] != '/' || strings.HasPrefix(seen, "//") {
			t.Errorf("localPath(%q) = %q, which a browser reads as %q", s, got, seen)
		}
	})
}
