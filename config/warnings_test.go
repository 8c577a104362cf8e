package config

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInsecureKeysAndIdleOnesAreNamed(t *testing.T) {
	c := mustParse(t, `session: {keys: "${GATEHOUSE_KEY}", idle: 24h}
providers:
  - {name: a, type: oidc, issuer: http://idp.example.com, client_id: a, client_secret: b, insecure_http: true, pkce: off, require_email_verified: never}
  - {name: b, type: pingone, custom_domain: auth.example.com, region: eu, client_id: a, client_secret: b}
policies:
  unused: {deny: everyone}
routes:
  - {from: http://app.example.com, to: https://a, policy: public, insecure_http: true, strip_prefix: true, upstream_tls: {insecure_skip_verify: true}}
  - {from: https://app.example.com, to: http://a, policy: public}
`)
	want := []string{
		"gatehouse.yaml:1:43: session.idle: is longer than absolute and so without effect",
		"gatehouse.yaml:3:106: providers[0].insecure_http: is on: tokens of this provider may cross the network in clear",
		"gatehouse.yaml:3:118: providers[0].pkce: is off: an injected authorization code is noticed by its nonce alone",
		"gatehouse.yaml:3:147: providers[0].require_email_verified: is never: whoever can choose an address at this provider passes for its owner",
		"gatehouse.yaml:4:71: providers[1].region: has no effect beside custom_domain",
		"gatehouse.yaml:6:11: policies.unused: is not used by any route",
		"gatehouse.yaml:8:82: routes[0].insecure_http: is on: the session cookies of this route cross the network in clear",
		"gatehouse.yaml:8:102: routes[0].strip_prefix: has no effect, since from has no path",
		"gatehouse.yaml:8:145: routes[0].upstream_tls.insecure_skip_verify: is on: whoever is between can read and answer everything",
	}
	got := c.Warnings()
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Error(diff)
	}
	if got[0] != "gatehouse.yaml:1:1: server.trusted_proxies: is empty while https routes are served without tls: all clients will have the address of the proxy in front, also for ip rules; name that proxy, for example trusted_proxies: [10.0.0.0/8]" {
		t.Error(got[0])
	}
}

func TestQuietFileHasNoWarnings(t *testing.T) {
	c := mustParse(t, smallest+"server: {trusted_proxies: unix}\n")
	if got := c.Warnings(); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestFilesListsWhatTheConfigurationNames(t *testing.T) {
	whole, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, string(whole)+"\n")
	if diff := cmp.Diff([]string{"testdata/logo.svg", "testdata/pages/home.html", "testdata/pages/style.css", "testdata/rsa.pem", "testdata/tls.crt", "testdata/tls.key"}, c.Files()); diff != "" {
		t.Error(diff)
	}
	c = mustParse(t, around("headers: {X-A: {value: \"${file:testdata/secret}\"}}"))
	if diff := cmp.Diff([]string{"testdata/secret"}, c.Files()); diff != "" {
		t.Error(diff)
	}
}
