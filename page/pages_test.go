package page

import (
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the goldens anew")

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newPages(t testing.TB, o Options) *Pages {
	t.Helper()
	o.Now = func() time.Time { return noon }
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// navigation is a browser asking for target.
func navigation(method, target string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("Sec-Fetch-Dest", "document")
	return r
}

type writer func(w http.ResponseWriter, r *http.Request) error

func (p *Pages) errorWriter(e Error) writer {
	return func(w http.ResponseWriter, r *http.Request) error {
		p.WriteError(w, r, &e, "req-1")
		return nil
	}
}

// samples is one of every page, in the states that differ in structure.
func samples(p *Pages) map[string]writer {
	groups := make([]string, 200)
	for i := range groups {
		groups[i] = "team-" + string(rune('a'+i%26))
	}
	home := Home{
		Name: "Ada Lovelace", Email: "ada@example.com", EmailVerified: true, Username: "ada",
		Subject: "5d2c7a0e", Provider: "Company account", Groups: []string{"staff", "wiki"},
		Created: noon.Add(-3 * time.Hour), IdleExpires: noon.Add(42 * time.Minute), Expires: noon.Add(9 * time.Hour),
		SignInURL: "/.auth/login", SignOutURL: "/.auth/logout", SwitchURL: "/.auth/logout?rd=%2F",
		Apps: []App{{Title: "Wiki", URL: "https://wiki.example.com/", Host: "wiki.example.com"}, {URL: "https://ci.example.com/", Host: "ci.example.com"}},
	}
	many, bare := home, Home{Subject: "5d2c7a0e", SignOutURL: "/.auth/logout"}
	many.Groups, many.EmailVerified, many.SwitchURL = groups, false, ""
	return map[string]writer{
		"denied":      p.errorWriter(Error{Status: 403, Reason: "no_rule_matched", SignedInAs: "ada@example.com"}),
		"closed":      p.errorWriter(Error{Status: 403, Reason: "denied_by_rule"}),
		"sign_in":     p.errorWriter(Error{Status: 401, Reason: "login_required", Text: "Please sign in first.", LoginURL: "https://app.example.com/.auth/login?rd=%2Fdeep"}),
		"expired":     p.errorWriter(Error{Status: 400, Reason: "attempt_unknown", RetryURL: "/.auth/login?rd=%2Fdeep"}),
		"busy":        p.errorWriter(Error{Status: 503, Reason: "provider_unavailable", RetryAfter: 30 * time.Second, RetryURL: "/.auth/login?rd=%2Fdeep"}),
		"bad_gateway": p.errorWriter(Error{Status: 502, Reason: "upstream_unreachable"}),
		"chooser": func(w http.ResponseWriter, r *http.Request) error {
			return p.Chooser(w, r, Chooser{Host: "app.example.com", Choices: []Choice{
				{"ping", "Company account", "/.auth/login?provider=ping", false}, {"partner", "", "/.auth/login?provider=partner", true},
			}})
		},
		"tested":        func(w http.ResponseWriter, r *http.Request) error { return p.Tested(w, r) },
		"chooser_empty": func(w http.ResponseWriter, r *http.Request) error { return p.Chooser(w, r, Chooser{}) },
		"signed_out": func(w http.ResponseWriter, r *http.Request) error {
			return p.SignedOut(w, r, SignedOut{SignInURL: "/.auth/login?rd=%2F"})
		},
		"confirm_sign_out": func(w http.ResponseWriter, r *http.Request) error {
			return p.ConfirmSignOut(w, r, ConfirmSignOut{Action: "/.auth/logout", Token: "t0ken", ReturnTo: "/docs", SignedInAs: "ada@example.com", Local: true})
		},
		"home":      func(w http.ResponseWriter, r *http.Request) error { return p.Home(w, r, home) },
		"home_many": func(w http.ResponseWriter, r *http.Request) error { return p.Home(w, r, many) },
		"home_bare": func(w http.ResponseWriter, r *http.Request) error { return p.Home(w, r, bare) },
		"home_anonymous": func(w http.ResponseWriter, r *http.Request) error {
			return p.Home(w, r, Home{SignInURL: "/.auth/login"})
		},
	}
}

func render(t testing.TB, write writer) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := write(w, navigation("GET", "https://app.example.com/deep?x=1")); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, root
}

func TestPagesKeepTheirStructure(t *testing.T) {
	for name, write := range samples(newPages(t, Options{Support: "help@example.com"})) {
		t.Run(name, func(t *testing.T) {
			_, root := render(t, write)
			got, golden := outline(root), filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("structure changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPagesAreAccessible(t *testing.T) {
	p := newPages(t, Options{})
	for name, write := range samples(p) {
		t.Run(name, func(t *testing.T) {
			_, root := render(t, write)
			heads := find(root, "h1")
			if len(heads) != 1 {
				t.Fatalf("%d h1, want 1", len(heads))
			}
			if titles := find(root, "title"); len(titles) == 0 || text(titles[0]) != text(heads[0])+" · Gatehouse" {
				t.Errorf("title %q does not repeat the heading %q", text(titles[0]), text(heads[0]))
			}
			if lang := attr(find(root, "html")[0], "lang"); lang != "en" {
				t.Errorf("lang = %q", lang)
			}
			if n := len(find(root, "main")); n != 1 {
				t.Errorf("%d main, want 1", n)
			}
			for _, control := range append(find(root, "a"), find(root, "button")...) {
				if strings.TrimSpace(text(control)) == "" {
					t.Errorf("%s %s has no label", control.Data, attr(control, "href"))
				}
			}
			for _, input := range find(root, "input") {
				if attr(input, "type") != "hidden" {
					t.Errorf("visible input %s without a label", attr(input, "name"))
				}
			}
		})
	}
}

func TestPagesApplyExactlyTheStyleTheirPolicyNames(t *testing.T) {
	theyApplyExactlyTheStyleTheirPolicyNames(t, newPages(t, Options{}))
}

func theyApplyExactlyTheStyleTheirPolicyNames(t *testing.T, p *Pages) {
	t.Helper()
	for name, write := range samples(p) {
		t.Run(name, func(t *testing.T) {
			w, root := render(t, write)
			sheets := find(root, "style")
			if len(sheets) != 1 {
				t.Fatalf("%d style elements, want 1", len(sheets))
			}
			sum := sha256.Sum256([]byte(text(sheets[0])))
			want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "style-src "+want+";") {
				t.Errorf("policy %q does not name %s", csp, want)
			}
			everyElement(root, func(n *html.Node) {
				if attr(n, "style") != "" {
					t.Errorf("%s has an inline style", n.Data)
				}
			})
		})
	}
}

func TestNewRefusesAnAuthPathThatIsNone(t *testing.T) {
	for _, path := range []string{"auth", "/auth/", "/", "//auth", "/a?b", "https://a.example", "/a b"} {
		if _, err := New(Options{AuthPath: path}); err == nil {
			t.Errorf("New accepted %q", path)
		}
	}
	for _, path := range []string{"", "/.auth", "/a/b"} {
		if _, err := New(Options{AuthPath: path}); err != nil {
			t.Errorf("New refused %q: %v", path, err)
		}
	}
}

func renderRequest(t testing.TB, method, target string, e Error) (*httptest.ResponseRecorder, *html.Node) {
	t.Helper()
	w := httptest.NewRecorder()
	newPages(t, Options{}).WriteError(w, navigation(method, target), &e, "req-1")
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return w, root
}
