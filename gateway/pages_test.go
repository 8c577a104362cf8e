package gateway_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

const logo = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1z"/></svg>`

// files writes these files to a new directory and returns it.
func files(t testing.TB, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBrandOfTheFileIsOnEveryPage(t *testing.T) {
	dir := files(t, map[string]string{"logo.svg": logo})
	templates := files(t, map[string]string{"style.css": ":root { --accent: #7a1f5c; }\n"})
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(fromRogue, "\nproviders:\n")+threeRoutes+`
pages:
  title: "Northwind <script>alert(1)</script>"
  logo: "${LOGO}"
  templates: "${TEMPLATES}"
  support: help@northwind.example
`, with("LOGO", filepath.Join(dir, "logo.svg")), with("TEMPLATES", templates))
	signedIn, stranger := h.browser(), h.browser()
	signedIn.open(home + "/.auth/login?provider=ping")
	for name, page := range map[string]*answer{
		"denied":           signedIn.open(home + "/admin").wants(http.StatusForbidden),
		"home":             signedIn.open(home + "/.auth/").wants(http.StatusOK),
		"confirm sign-out": signedIn.open(home+"/.auth/logout", "Sec-Fetch-Site", "cross-site").wants(http.StatusOK),
		"chooser":          stranger.open(home + "/").wants(http.StatusOK),
		"home of nobody":   stranger.open(home + "/.auth/").wants(http.StatusOK),
		"signed out":       stranger.open(home + "/.auth/signed-out").wants(http.StatusOK),
		"failed sign-in":   stranger.open(home + "/.auth/callback/ping").wants(http.StatusBadRequest),
		"unknown host":     stranger.open("https://other.example.test/").wants(http.StatusMisdirectedRequest),
	} {
		for _, mark := range []string{
			`<span class="title" dir="auto">Northwind &lt;script&gt;alert(1)&lt;/script&gt;</span>`,
			`<img class="logo" src="data:image/svg`,
			`<a href="mailto:help@northwind.example">`,
			"--accent: #7a1f5c; }\n</style>",
		} {
			if !strings.Contains(page.text, mark) {
				t.Errorf("%s lacks %s", name, mark)
			}
		}
		if strings.Contains(page.text, "<script") || strings.Contains(page.text, "Gatehouse") {
			t.Errorf("%s runs the title, or shows our name:\n%s", name, page.text)
		}
	}
}

func TestBrandThatCannotBeShownRefusesToStart(t *testing.T) {
	dir := files(t, map[string]string{
		"text.svg":  "no picture",
		"fits.png":  "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 64<<10-8),
		"large.png": "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00", 64<<10-7),
	})
	broken := files(t, map[string]string{
		"error.html": "{{define \"main\"}}\n\n{{if}}{{end}}",
	})
	missing := files(t, map[string]string{"home.html": `{{define "main"}}{{.Page.Nome}}{{end}}`})
	for _, c := range []struct{ pages, want string }{
		{"logo: " + dir + "/fits.png", ""},
		{"logo: " + dir + "/large.png", "test.yaml:2:9: pages.logo: is larger than 64 KiB"},
		{"logo: " + dir + "/text.svg", "test.yaml:2:9: pages.logo: is not an SVG, PNG, JPEG, GIF or WebP picture"},
		{"logo: https://cdn.example.com/logo.png", "test.yaml:2:9: pages.logo: is fetched from elsewhere; save the picture and name the file"},
		{"templates: " + broken, "test.yaml:2:14: pages.templates: error.html:3: missing value for if"},
		{"templates: " + missing, `test.yaml:2:14: pages.templates: home.html:1:24: executing "main" at <.Page.Nome>: can't evaluate field Nome`},
		{"templates: " + dir, "test.yaml:2:14: pages.templates: fits.png: is none of"},
	} {
		file := strings.NewReplacer("${KEY}", sessionKey, "${PING}", "https://localhost", "${PING_SECRET}", "s", "${APP}", "http://localhost").
			Replace("pages:\n  " + c.pages + "\n" + simple)
		parsed, err := config.LoadOptions{}.Parse("test.yaml", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		err = gateway.Check(parsed)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %s", c.pages, err, c.want)
		}
		process := gateway.Process{Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(telemetry.Build{})}
		if _, again := gateway.Compile(parsed, nil, process); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%s: Compile says %v", c.pages, again)
		}
	}
}

func TestBrandThatIsNotAtHandMayBePlaceholder(t *testing.T) {
	broken := files(t, map[string]string{"home.html": "{{"})
	for pages, good := range map[string]bool{
		"logo: \"${LOGO}\"":       true,
		"logo: /none/logo.svg":    true,
		"templates: /none/at/all": true,
		"templates: " + broken:    false,
		"logo: data:text/html,x":  false,
	} {
		c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse("test.yaml", []byte(simple+"pages:\n  "+pages+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := gateway.Check(c); (err == nil) != good {
			t.Errorf("%s: %v", pages, err)
		}
	}
}
