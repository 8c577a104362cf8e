package e2e

import (
	"fmt"
	"net/http"
	"testing"
)

// TestDexInParts: each way that Dex lets a client authenticate, with refresh
// tokens that count once. Dex has neither pushed requests nor posted answers,
// and no sign-out.
func TestDexInParts(t *testing.T) {
	ports := freePorts(t, 2)
	issuer, base := "http://127.0.0.1:"+ports[0]+"/dex", "http://localhost:"+ports[1]
	ways := []struct{ name, client, options string }{
		{"basic", "secret: dex-secret", "client_secret: dex-secret, client_auth: client_secret_basic"},
		{"post", "secret: dex-secret", "client_secret: dex-secret, client_auth: client_secret_post"},
		{"public", "public: true", "client_auth: none"},
	}
	clients, providers := "", ""
	for _, w := range ways {
		clients += fmt.Sprintf("  - {id: %s, name: %s, %s, redirectURIs: [%q]}\n", w.name, w.name, w.client, base+"/.auth/callback/"+w.name)
		providers += fmt.Sprintf("  - {name: %s, type: oidc, issuer: %q, client_id: %s, %s, scopes: [openid, email, profile, groups]}\n", w.name, issuer, w.name, w.options)
	}
	startDex(t, fmt.Sprintf(`
issuer: %s
expiry: {idTokens: 4s}
staticClients:
%sconnectors: [{type: mockCallback, id: directory, name: Directory}]
`, issuer, clients))
	behind := newApp(t)
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
headers: {Authorization: {token: access, prefix: "Bearer "}}
providers:
%sroutes:
  - {from: %q, to: %q, policy: [{allow: {group: authors}}]}
`, ports[1], providers, base, behind.URL), base, http.DefaultClient)

	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			p := newPerson(t, nil)
			chooser := p.visit(base + "/.auth/login?provider=" + w.name + "&rd=/deep")
			home := p.follow(chooser, "Directory")
			if home.Status != http.StatusOK || home.Body != "app /deep" {
				t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
			}
			behind.got(t, map[string]string{"X-Forwarded-Email": "kilgore@kilgore.trout", "X-Forwarded-Groups": "authors", "X-Gatehouse-Provider": w.name})
			if w.name == "basic" { // which takes seconds
				tokensRotate(t, p, behind, base)
			}
			signsOut(t, p, base)
		})
	}
}
