package config

import (
	"slices"
	"testing"
)

func aroundWildcards(text string) string {
	return `session: {keys: "${GATEHOUSE_KEY}", store: redis}
providers: [{name: corp, type: oidc, issuer: https://idp.example.com, client_id: a, client_secret: b}]
` + text + "\n"
}

// TestWildcardsComeOutInCanonicalForm, and no certificate is asked for in their
// name, but one for the host where people sign in.
func TestWildcardsComeOutInCanonicalForm(t *testing.T) {
	c := mustParse(t, aroundWildcards(`
server: {listen: ":443", auth_url: "https://AUTH.example.com:443", acme: {cache: /var/lib/gatehouse/acme}}
routes:
  - {from: "https://*.Example.com.:443/", to: http://a, policy: public}
  - {from: "https://*.example.com:8443/docs", to: http://a, policy: public}
  - {from: "https://app.example.com", to: http://a, policy: public}`))
	for i, want := range []string{"https://*.example.com", "https://*.example.com:8443/docs", "https://app.example.com"} {
		if got := c.Routes[i].From.String(); got != want || c.Routes[i].Name != want {
			t.Errorf("got %s, called %s, want %s", got, c.Routes[i].Name, want)
		}
	}
	if got := c.CertificateNames(); !slices.Equal(got, []string{"app.example.com", "auth.example.com"}) {
		t.Errorf("certificates for %q", got)
	}
}
