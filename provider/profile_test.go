package provider

import "testing"

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
		{"oidc", Location{Type: "oidc", Issuer: "https://idp.example.com"},
			"https://idp.example.com", "https://idp.example.com" + wellKnown},
		{"oidc with a slash", Location{Type: "oidc", Issuer: "https://idp.example.com/"},
			"https://idp.example.com/", "https://idp.example.com" + wellKnown},
		{"oidc elsewhere", Location{Type: "oidc", Issuer: "https://idp.example.com", DiscoveryURL: "https://meta.example.com/x"},
			"https://idp.example.com", "https://meta.example.com/x"},
		{"oidc with base_url", Location{Type: "oidc", Issuer: "https://idp.example.com/t", BaseURL: base},
			"https://idp.example.com/t", base + "/t" + wellKnown},
		{"oidc without issuer", Location{Type: "oidc"}, "", ""},
		{"pingone", Location{Type: "pingone", EnvironmentID: testEnvironment, Region: "eu"},
			"https://auth.pingone.eu/" + testEnvironment + "/as", "https://auth.pingone.eu/" + testEnvironment + "/as" + wellKnown},
		{"pingone with base_url", Location{Type: "pingone", EnvironmentID: testEnvironment, BaseURL: base},
			base + "/" + testEnvironment + "/as", base + "/" + testEnvironment + "/as" + wellKnown},
		{"pingone with another issuer expected", Location{Type: "pingone", EnvironmentID: testEnvironment, CustomDomain: "auth.example.com", Issuer: "https://auth.pingone.com/x/as"},
			"https://auth.pingone.com/x/as", "https://auth.example.com/as" + wellKnown},
		{"pingone of an unknown region", Location{Type: "pingone", EnvironmentID: testEnvironment, Region: "mars"}, "", ""},
		{"base_url with a path", Location{Type: "pingone", EnvironmentID: testEnvironment, BaseURL: base + "/x"}, "", ""},
	} {
		issuer, discovery, err := test.location.Resolve()
		if issuer != test.issuer || discovery != test.discovery || (err == nil) != (test.issuer != "") {
			t.Errorf("%s: %q, %q, %v", test.name, issuer, discovery, err)
		}
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
