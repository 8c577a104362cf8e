package config

import (
	"os"
	"strings"
	"testing"
)

// TestRedactedTellsTheFileWithoutItsSecrets: those that stand in it are gone,
// names of variables stay, and what a variable held was never in it.
func TestRedactedTellsTheFileWithoutItsSecrets(t *testing.T) {
	c := mustParse(t, `# a comment with old-secret-1
session: {keys: ["${GATEHOUSE_KEY}", "jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0="]}
server: {admin: {token: literal-token-77}} # old-secret-2
providers:
  - name: a
    type: oidc
    issuer: https://idp.example.com
    client_id: shown-id
    client_secret: ["literal-secret-1", "${X:-literal-default}", !!str tagged-secret]
headers:
  X-Api-Key: &key {value: literal-header}
  X-Other: *key
routes:
  - {from: https://app.example.com, to: http://a, policy: public, headers: {X-Key: {value: literal-inner}}}
`)
	got := c.Redacted()
	for _, secret := range []string{"old-secret", "literal-", "jzwKbl0", "tagged-secret", strings.Repeat("ab", 16)} {
		if strings.Contains(got, secret) {
			t.Errorf("it tells %q:\n%s", secret, got)
		}
	}
	for _, shown := range []string{"${GATEHOUSE_KEY}", "shown-id", "https://idp.example.com", "[redacted]", "http://a"} {
		if !strings.Contains(got, shown) {
			t.Errorf("it does not tell %q:\n%s", shown, got)
		}
	}
}

func TestRedactedShowsEveryKeyOfTheFile(t *testing.T) {
	whole, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, string(whole))
	for _, key := range []string{"server:", "session:", "providers:", "policies:", "routes:", "telemetry:", "health:"} {
		if !strings.Contains(c.Redacted(), key) {
			t.Errorf("there is no %s", key)
		}
	}
}
