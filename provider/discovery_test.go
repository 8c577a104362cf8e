package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const configurationPath = "/.well-known/openid-configuration"

func authorize(p *Provider) (string, error) {
	return p.AuthorizationURL(context.Background(), authRequest())
}

func TestDiscoveryDocumentIsHeldToTheConfiguration(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(i *idp)
		reason string
	}{
		{"as it should be", func(*idp) {}, ""},
		{"issuer with a slash", func(i *idp) { i.discovery["issuer"] = i.URL + "/" }, ReasonDiscoveryIssuer},
		{"issuer of another case", func(i *idp) { i.discovery["issuer"] = strings.ToUpper(i.URL) }, ReasonDiscoveryIssuer},
		{"issuer of somebody else", func(i *idp) { i.discovery["issuer"] = "https://evil.example" }, ReasonDiscoveryIssuer},
		{"issuer missing", func(i *idp) { i.discovery["issuer"] = nil }, ReasonDiscoveryIssuer},
		{"issuer a list", func(i *idp) { i.discovery["issuer"] = []string{i.URL} }, ReasonDiscoveryIssuer},
		{"issuer in capitals only", func(i *idp) { i.discovery["issuer"], i.discovery["Issuer"] = nil, i.URL }, ReasonDiscoveryIssuer},
		{"authorization endpoint missing", func(i *idp) { i.discovery["authorization_endpoint"] = nil }, ReasonDiscoveryEndpoint},
		{"token endpoint missing", func(i *idp) { i.discovery["token_endpoint"] = nil }, ReasonDiscoveryEndpoint},
		{"jwks_uri missing", func(i *idp) { i.discovery["jwks_uri"] = nil }, ReasonDiscoveryEndpoint},
		{"token endpoint a number", func(i *idp) { i.discovery["token_endpoint"] = 7 }, ReasonDiscoveryEndpoint},
		{"token endpoint empty", func(i *idp) { i.discovery["token_endpoint"] = "" }, ReasonDiscoveryEndpoint},
		{"token endpoint in the clear", func(i *idp) { i.discovery["token_endpoint"] = "http://idp.example.com/token" }, ReasonDiscoveryEndpoint},
		{"keys in the clear", func(i *idp) { i.discovery["jwks_uri"] = "http://idp.example.com/jwks" }, ReasonDiscoveryEndpoint},
		{"keys from a file", func(i *idp) { i.discovery["jwks_uri"] = "file:///etc/passwd" }, ReasonDiscoveryEndpoint},
		{"authorization by script", func(i *idp) { i.discovery["authorization_endpoint"] = "javascript:alert(1)" }, ReasonDiscoveryEndpoint},
		{"endpoint with a password", func(i *idp) { i.discovery["token_endpoint"] = "https://a:b@idp.example.com/" }, ReasonDiscoveryEndpoint},
		{"endpoint with a fragment", func(i *idp) { i.discovery["authorization_endpoint"] = "https://idp.example.com/#x" }, ReasonDiscoveryEndpoint},
		{"endpoint relative", func(i *idp) { i.discovery["token_endpoint"] = "/token" }, ReasonDiscoveryEndpoint},
		{"userinfo in the clear", func(i *idp) { i.discovery["userinfo_endpoint"] = "http://idp.example.com/" }, ReasonDiscoveryEndpoint},
		{"userinfo missing", func(i *idp) { i.discovery["userinfo_endpoint"] = nil }, ""},
		{"userinfo null", func(i *idp) {
			i.on(configurationPath, func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, http.StatusOK, object{
					"issuer": i.URL, "authorization_endpoint": i.URL, "token_endpoint": i.URL, "jwks_uri": i.URL, "userinfo_endpoint": nil,
				})
			})
		}, ""},
		{"endpoint on another host", func(i *idp) { i.discovery["token_endpoint"] = "https://oauth2.example.net/token" }, ""},
		{"methods a string", func(i *idp) { i.discovery["code_challenge_methods_supported"] = "S256" }, ReasonAnswerMalformed},
		{"iss flag a string", func(i *idp) { i.discovery["authorization_response_iss_parameter_supported"] = "true" }, ReasonAnswerMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			test.change(i)
			_, err := authorize(i.client(nil))
			wantReason(t, err, test.reason)
		})
	}
}

func TestRemoteDocumentCannotNameOurLoopback(t *testing.T) {
	p, err := New(Options{Name: "x", Issuer: "https://idp.example.com", ClientID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	document := object{
		"issuer": "https://idp.example.com", "authorization_endpoint": "https://idp.example.com/a",
		"token_endpoint": "http://127.0.0.1:9180/api/reload", "jwks_uri": "https://idp.example.com/k",
	}
	if _, err := p.readMetadata(document, p.sources[0].at); err == nil || err.Reason != ReasonDiscoveryEndpoint {
		t.Errorf("err = %v", err)
	}
	document["token_endpoint"] = "https://idp.example.com/t"
	if _, err := p.readMetadata(document, p.sources[0].at); err != nil {
		t.Errorf("benign twin: %v", err)
	}
}

func TestNewTouchesNoNetwork(t *testing.T) {
	i := newIDP(t)
	i.client(nil)
	if n := i.asked(configurationPath); n != 0 {
		t.Errorf("discovery was asked %d times", n)
	}
}

func TestExplicitEndpointsNeedNoDiscovery(t *testing.T) {
	i := newIDP(t)
	i.on(configurationPath, http.NotFound)
	p := i.client(func(o *Options) {
		o.Endpoints = Endpoints{Authorization: i.URL + "/authorize", Token: i.URL + "/token", JWKS: i.URL + "/jwks"}
	})
	if _, err := authorize(p); err != nil {
		t.Error(err)
	}
	if _, err := redeem(p); err != nil {
		t.Error(err)
	}
	if err := p.CheckResponse(url.Values{"code": {"x"}}); err != nil {
		t.Error(err)
	}
	if n := i.asked(configurationPath); n != 0 {
		t.Errorf("discovery was asked %d times", n)
	}
}

func TestExplicitEndpointOverridesDiscovery(t *testing.T) {
	i := newIDP(t)
	i.discovery["authorization_endpoint"] = "http://evil.example/authorize" // would be refused
	p := i.client(func(o *Options) { o.Endpoints.Authorization = "https://sso.example.com/authorize" })
	got, err := authorize(p)
	if err != nil || !strings.HasPrefix(got, "https://sso.example.com/authorize?") {
		t.Errorf("AuthorizationURL = %q, %v", got, err)
	}
}
