package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestChooserLeadsToEachProvider: with several providers people choose, and go
// on to where they wanted to be.
func TestChooserLeadsToEachProvider(t *testing.T) {
	ports := freePorts(t, 2)
	issuer, base := "http://localhost:"+ports[0]+"/dex", "http://127.0.0.1:"+ports[1]
	behind := newApp(t)
	startDex(t, fmt.Sprintf(`
issuer: %s
staticClients: [{id: gatehouse, name: Gatehouse, secret: only for the tests, redirectURIs: [%[2]s/.auth/callback/staff, %[2]s/.auth/callback/partners]}]
connectors: [{type: mockCallback, id: directory, name: Example directory}]
`, issuer, base))
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
providers:
  - &dex {name: staff, display_name: Staff account, type: oidc, issuer: %q, client_id: gatehouse, client_secret: only for the tests, require_email_verified: never}
  - {<<: *dex, name: partners, display_name: Partner account}
routes:
  - {from: %q, to: %q, policy: [{allow: {email: kilgore@kilgore.trout}}]}
`, ports[1], issuer, base, behind.URL), base, http.DefaultClient)

	for label, provider := range map[string]string{"Staff account": "staff", "Partner account": "partners"} {
		t.Run(provider, func(t *testing.T) {
			b := openTab(t, browser(t), chromedp.WithNewBrowserContext())
			if a := b.visit(base + "/deep?x=1"); a.Status != http.StatusOK || !strings.Contains(b.text("main"), label) {
				t.Fatalf("the chooser: %+v %s", a, b.text("main"))
			}
			if heard := b.notice.all(); len(heard) > 0 { // of our page; Dex's are its own
				t.Errorf("the browser complains: %q", heard)
			}
			b.follow(label)
			if a := b.click(`a[href*="/directory?"]`); a.Status != http.StatusOK || a.URL != base+"/deep?x=1" {
				t.Errorf("signed in: %+v", a)
			}
			behind.got(t, map[string]string{"X-Gatehouse-Provider": provider})
		})
	}
}

// TestPagesOfFailures: what people see when something behind the gateway is
// down says so, and nothing of where it is.
func TestPagesOfFailures(t *testing.T) {
	ports := freePorts(t, 3)
	base, issuer, upstream := "http://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1], "http://127.0.0.1:"+ports[2]
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
providers:
  - {name: down, type: oidc, issuer: %q, client_id: gatehouse, client_secret: only for the tests}
routes:
  - {from: %q, to: %q, policy: public}
  - {from: "%[3]s/private", to: %[4]q, policy: [{allow: everyone}]}
`, ports[0], issuer, base, upstream), base, http.DefaultClient)
	b := newTab(t)
	for path, want := range map[string]int{
		"/": http.StatusBadGateway, "/private/": http.StatusServiceUnavailable, "/a/%2e%2e/b%00": http.StatusBadRequest,
		"/.auth/nothing": http.StatusNotFound, "/.auth/callback/down?state=x&code=y": http.StatusBadRequest,
	} {
		a := b.visit(base + path)
		main := b.text("main")
		if a.Status != want || !strings.Contains(main, "Request id") {
			t.Errorf("%s: %+v, want %d: %s", path, a, want, main)
		}
		if strings.Contains(main, ports[1]) || strings.Contains(main, ports[2]) {
			t.Errorf("%s tells where things are: %s", path, main)
		}
	}
}
