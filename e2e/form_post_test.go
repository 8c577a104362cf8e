package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserPostsTheAnswer: a provider on another site posts its answer. The
// browser sends the attempt's cookie along and not the session's, and people
// end where they wanted to be, the second time too.
func TestBrowserPostsTheAnswer(t *testing.T) {
	idp := newProvider(t, true)
	port := freePorts(t, 1)[0]
	base := "http://localhost:" + port // another site than 127.0.0.1, where the provider is
	behind := newApp(t)
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
providers:
  - {name: poster, type: oidc, issuer: %q, client_id: gatehouse, client_secret: only for the tests, response_mode: form_post}
routes:
  - {from: %q, to: %q, policy: [{allow: everyone}]}
`, port, idp.URL, base, behind.URL), base, http.DefaultClient)

	b := openTab(t, browser(t), chromedp.WithNewBrowserContext())
	for _, address := range []string{"/deep?x=1", "/.auth/login?prompt=login&rd=%2Fdeep%3Fx%3D2"} {
		b.visit(base + address)
		want := base + "/deep?x=1"
		if address != "/deep?x=1" {
			want = base + "/deep?x=2"
		}
		for deadline := time.Now().Add(patience); b.location() != want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s ended at %s: %s", address, b.location(), b.text("body"))
			}
		}
		behind.got(t, map[string]string{"X-Forwarded-User": "ada", "X-Gatehouse-Provider": "poster", "Cookie": ""})
	}
}
