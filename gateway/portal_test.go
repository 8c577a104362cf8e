package gateway_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestHomeListsTheAppsThatAPersonMayOpen, with the names and pictures of the
// file.
func TestHomeListsTheAppsThatAPersonMayOpen(t *testing.T) {
	t.Parallel()
	icon := filepath.Join(t.TempDir(), "wiki.svg")
	picture := `<svg xmlns="http://www.w3.org/2000/svg"/>`
	if err := os.WriteFile(icon, []byte(picture), 0o600); err != nil {
		t.Fatal(err)
	}
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: w, from: https://app.example.test, to: "${APP}", policy: [{allow: {group: staff}}], portal: {title: The <b>wiki</b>, icon: `+icon+`}}
  - {name: Payroll, from: https://app.example.test/pay, to: "${APP}", policy: [{allow: {group: contractors}}]}
  - {name: Hooks, from: https://app.example.test/hooks, to: "${APP}", policy: public, portal: {hidden: true}}
  - {name: Robots, from: https://app.example.test/robots, to: "${APP}", policy: [{service_auth: everyone}]}
  - {name: Status, from: https://app.example.test/status, to: "${APP}", policy: public}
`)
	embedded := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(picture))
	for _, c := range []struct {
		who   *browser
		shown []string
		not   []string
	}{
		{h.visitor("ana.kovacs"), []string{"The &lt;b&gt;wiki&lt;/b&gt;", `src="` + embedded + `"`, "Status"}, []string{"Payroll", "Hooks", "Robots"}},
		{h.visitor("cleo.marsh"), []string{"Payroll", "Status"}, []string{"wiki", embedded, "Hooks", "Robots"}},
		{h.browser(), []string{"Status"}, []string{"wiki", "Payroll", "Hooks", "Robots"}},
	} {
		a := c.who.once(home + "/.auth/")
		for _, text := range c.shown {
			if !strings.Contains(strings.ReplaceAll(a.text, "&#43;", "+"), text) {
				t.Errorf("%q is not shown", text)
			}
		}
		for _, text := range c.not {
			if strings.Contains(a.text, text) {
				t.Errorf("%q is shown", text)
			}
		}
		if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src data:;") {
			t.Errorf("policy %q", csp)
		}
	}
	if a := h.browser().once(home + "/hooks"); a.StatusCode != 200 {
		t.Errorf("a hidden app answers %d", a.StatusCode)
	}
}

// TestAnIconMustBeAPicture: the mistake is told where the file makes it.
func TestAnIconMustBeAPicture(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for icon, want := range map[string]string{
		"https://cdn.example.com/x.png":                       "is fetched from elsewhere",
		write("page.html", "<script>alert(1)</script>"):       "is not an SVG",
		write("huge.svg", strings.Repeat("<svg/>", 9000)):     "larger than",
		"data:image/png;base64,\\\"onerror=":                  "is not a data: URL",
		"data:image/png;base64," + strings.Repeat("A", 60000): "larger than 32 KiB",
	} {
		text := strings.ReplaceAll(onLoopback+oneKey, "${KEY}", sessionKey) + "routes:\n" +
			`  - {from: "https://app.example.test", to: "http://127.0.0.1:1", policy: public, portal: {icon: "` + icon + "\"}}\n"
		c, err := config.LoadOptions{}.Parse("gatehouse.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		err = gateway.Check(c)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "routes[0].portal.icon: ") {
			t.Errorf("%.60s: %v; want %q", icon, err, want)
		}
	}
}
