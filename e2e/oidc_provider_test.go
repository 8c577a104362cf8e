package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCertifiedProvider signs in at the npm package oidc-provider, which the
// OpenID Foundation has certified. It requires PKCE, names itself in the answer
// (RFC 9207), and tells everything but the subject at its userinfo endpoint.
// Its version 8 runs on the Node.js of Debian 12 too, later ones do not.
func TestCertifiedProvider(t *testing.T) {
	ports := freePorts(t, 2)
	// Two host names, because cookies ignore ports.
	issuer, base := "http://localhost:"+ports[0], "http://127.0.0.1:"+ports[1]
	behind := newApp(t)
	certifiedProvider(t, issuer, "", pairs{
		"client_id": "gatehouse", "redirect_uris": []string{base + "/.auth/callback/certified"}, "post_logout_redirect_uris": []string{base + "/.auth/signed-out"},
	})
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
providers:
  - {name: certified, type: oidc, issuer: %q, client_id: gatehouse, client_secret: %q, scopes: [openid, email, profile, groups]}
routes:
  - {from: %q, to: %q, policy: [{allow: {email: zoe@example.com}}]}
`, ports[1], issuer, certifiedSecret, base, behind.URL), base, http.DefaultClient)

	for _, c := range []struct {
		name   string
		status int
	}{{"zoe", http.StatusOK}, {"mallory", http.StatusForbidden}, {"unverified", http.StatusForbidden}} {
		t.Run(c.name, func(t *testing.T) {
			p := newPerson(t, nil)
			form := p.visit(base + "/deep?x=1&y=%2F")
			consent := p.submit(form, url.Values{"login": {c.name}, "password": {"any"}})
			home := p.submit(consent, nil)
			if home.Status != c.status || home.URL.String() != base+"/deep?x=1&y=%2F" {
				t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
			}
			if c.status == http.StatusOK {
				behind.got(t, map[string]string{
					"X-Forwarded-User": "zoe", "X-Forwarded-Email": "zoe@example.com", "X-Forwarded-Preferred-Username": "zoe",
					"X-Forwarded-Groups": "staff,R&D%2C Berlin,50%25 time", "X-Gatehouse-Provider": "certified", "Cookie": "",
				})
			}
			signsOut(t, p, base)
		})
	}
}

// installed is a directory with the provider and its packages, by the lock
// file. It is kept for the next run.
func installed(t *testing.T) string {
	t.Helper()
	npm := program(t, "npm")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	contents := map[string][]byte{}
	for _, name := range []string{"package.json", "package-lock.json", "provider.mjs"} {
		data, err := os.ReadFile(filepath.Join("testdata/oidc-provider", name))
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(data)
		contents[name] = data
	}
	dir := filepath.Join(cache, "gatehouse-e2e", hex.EncodeToString(sum.Sum(nil))[:16])
	done := filepath.Join(dir, "installed")
	if _, err := os.Stat(done); err == nil {
		return dir
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range contents {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(install.Args, " "), err, output)
	}
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}
