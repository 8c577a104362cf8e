package provider

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const testEnvironment = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

func TestPingOneIssuer(t *testing.T) {
	for _, test := range []struct{ id, region, domain, want string }{
		{testEnvironment, "na", "", "https://auth.pingone.com/" + testEnvironment + "/as"},
		{testEnvironment, "", "", "https://auth.pingone.com/" + testEnvironment + "/as"},
		{testEnvironment, "ca", "", "https://auth.pingone.ca/" + testEnvironment + "/as"},
		{testEnvironment, "eu", "", "https://auth.pingone.eu/" + testEnvironment + "/as"},
		{testEnvironment, "au", "", "https://auth.pingone.com.au/" + testEnvironment + "/as"},
		{testEnvironment, "sg", "", "https://auth.pingone.sg/" + testEnvironment + "/as"},
		{testEnvironment, "asia", "", "https://auth.pingone.asia/" + testEnvironment + "/as"},
		{testEnvironment, "eu", "auth.example.com", "https://auth.example.com/as"},
		{testEnvironment, "mars", "", ""},
		{"", "eu", "", ""},
	} {
		if got := PingOneIssuer(test.id, test.region, test.domain); got != test.want {
			t.Errorf("PingOneIssuer(%q, %q, %q) = %q, want %q", test.id, test.region, test.domain, got, test.want)
		}
	}
}

func TestLocationResolves(t *testing.T) {
	const base = "http://127.0.0.1:8080"
	for _, test := range []struct {
		name              string
		location          Location
		issuer, discovery string // "" for an error
	}{
		{"oidc", Location{Type: "oidc", Issuers: []string{"https://idp.example.com"}},
			"https://idp.example.com", "https://idp.example.com" + wellKnown},
		{"oidc with a slash", Location{Type: "oidc", Issuers: []string{"https://idp.example.com/"}},
			"https://idp.example.com/", "https://idp.example.com" + wellKnown},
		{"oidc elsewhere", Location{Type: "oidc", Issuers: []string{"https://idp.example.com"}, DiscoveryURL: "https://meta.example.com/x"},
			"https://idp.example.com", "https://meta.example.com/x"},
		{"oidc with base_url", Location{Type: "oidc", Issuers: []string{"https://idp.example.com/t"}, BaseURL: base},
			"https://idp.example.com/t", base + "/t" + wellKnown},
		{"oidc without issuer", Location{Type: "oidc"}, "", ""},
		{"pingone", Location{Type: "pingone", EnvironmentID: testEnvironment, Region: "eu"},
			"https://auth.pingone.eu/" + testEnvironment + "/as", "https://auth.pingone.eu/" + testEnvironment + "/as" + wellKnown},
		{"pingone with base_url", Location{Type: "pingone", EnvironmentID: testEnvironment, BaseURL: base},
			base + "/" + testEnvironment + "/as", base + "/" + testEnvironment + "/as" + wellKnown},
		{"pingone with another issuer expected", Location{Type: "pingone", EnvironmentID: testEnvironment, CustomDomain: "auth.example.com", Issuers: []string{"https://auth.pingone.com/x/as"}},
			"https://auth.pingone.com/x/as", "https://auth.example.com/as" + wellKnown},
		{"pingone of an unknown region", Location{Type: "pingone", EnvironmentID: testEnvironment, Region: "mars"}, "", ""},
		{"base_url with a path", Location{Type: "pingone", EnvironmentID: testEnvironment, BaseURL: base + "/x"}, "", ""},
		{"enterprise", Location{Type: "pingone_enterprise", ClientID: "c-1"},
			"https://sso.connect.pingidentity.com/c-1", "https://sso.connect.pingidentity.com/c-1" + wellKnown},
		{"enterprise without the client id", Location{Type: "pingone_enterprise", ClientID: "c-1", Issuers: []string{"https://sso.connect.pingidentity.com"}},
			"https://sso.connect.pingidentity.com", "https://sso.connect.pingidentity.com/c-1" + wellKnown},
		{"enterprise with base_url", Location{Type: "pingone_enterprise", ClientID: "c-1", BaseURL: base}, base + "/c-1", base + "/c-1" + wellKnown},
		{"aic", Location{Type: "pingone_aic", Tenant: "example.forgeblocks.com"},
			"https://example.forgeblocks.com/am/oauth2/realms/root/realms/alpha", "https://example.forgeblocks.com/am/oauth2/realms/root/realms/alpha" + wellKnown},
		{"aic, a realm in a realm of a custom domain", Location{Type: "pingone_aic", Tenant: "example.forgeblocks.com", CustomDomain: "id.example.com", Realm: "/bravo/staff"},
			"https://id.example.com/am/oauth2/realms/root/realms/bravo/realms/staff", "https://id.example.com/am/oauth2/realms/root/realms/bravo/realms/staff" + wellKnown},
		{"aic, the root", Location{Type: "pingone_aic", Tenant: "t.example.com", Realm: "root"}, "https://t.example.com/am/oauth2/realms/root", "https://t.example.com/am/oauth2/realms/root" + wellKnown},
		{"aic, the short realm path", Location{Type: "pingone_aic", Tenant: "t.example.com", Issuers: []string{"https://t.example.com/am/oauth2/alpha"}},
			"https://t.example.com/am/oauth2/alpha", "https://t.example.com/am/oauth2/realms/root/realms/alpha" + wellKnown},
		{"aic without a tenant", Location{Type: "pingone_aic"}, "", ""},
		{"pingfederate", Location{Type: "pingfederate", BaseURL: "https://sso.example.com:9031/"}, "https://sso.example.com:9031", "https://sso.example.com:9031" + wellKnown},
		{"pingfederate with a policy and a virtual issuer", Location{Type: "pingfederate", BaseURL: "https://sso.example.com", PolicyID: "a b", Issuers: []string{"https://virtual.example.com"}},
			"https://virtual.example.com", "https://sso.example.com" + wellKnown + "?policy_id=a+b"},
		{"pingfederate nowhere", Location{Type: "pingfederate"}, "", ""},
		{"unknown", Location{Type: "saml", Issuers: []string{"https://idp.example.com"}}, "", ""},
	} {
		all, err := test.location.Resolve()
		if test.issuer == "" {
			if err == nil {
				t.Errorf("%s: %v", test.name, all)
			}
			continue
		}
		if diff := cmp.Diff([]At{{test.issuer, test.discovery}}, all); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got\n%s", test.name, err, diff)
		}
	}
}

// TestSeveralIssuersHaveADocumentEach: while moving, both addresses of one
// environment are asked for themselves.
func TestSeveralIssuersHaveADocumentEach(t *testing.T) {
	regional := "https://auth.pingone.eu/" + testEnvironment + "/as"
	l := Location{Type: "pingone", EnvironmentID: testEnvironment, Region: "eu", Issuers: []string{"https://auth.example.com/as", regional}}
	got, err := l.Resolve()
	want := []At{{"https://auth.example.com/as", "https://auth.example.com/as" + wellKnown}, {regional, regional + wellKnown}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got\n%s", err, diff)
	}
	l.BaseURL, l.DiscoveryURL = "http://127.0.0.1:8080", "https://meta.example.com"
	want[0].DiscoveryURL, want[1].DiscoveryURL = "https://meta.example.com", "http://127.0.0.1:8080/"+testEnvironment+"/as"+wellKnown
	if got, err = l.Resolve(); !cmp.Equal(want, got) || err != nil {
		t.Errorf("with base_url: %v, %v", got, err)
	}
}

func TestBaseIsAnOrigin(t *testing.T) {
	for base, want := range map[string]string{
		"https://sso.example.com:9031":  "https://sso.example.com:9031/env/as",
		"http://127.0.0.1:1/":           "http://127.0.0.1:1/env/as",
		"https://sso.example.com/x":     "",
		"https://sso.example.com?x":     "",
		"https://a:b@sso.example.com":   "",
		"sso.example.com":               "",
		"ftp://sso.example.com":         "",
		"":                              "",
		"https://sso.example.com/#frag": "",
	} {
		got, err := WithBase("https://auth.pingone.eu/env/as", base)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("WithBase(%q) = %q, %v", base, got, err)
		}
	}
}
