package provider

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestNewRefusesWhatWeakensASignIn(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Options)
		want   string // in the error; "" for none
	}{
		{"as it should be", func(*Options) {}, ""},
		{"public client", func(o *Options) { o.ClientSecrets = nil }, ""},
		{"http issuer", func(o *Options) { o.Issuer = "http://idp.example.com" }, "https"},
		{"http issuer allowed", func(o *Options) { o.Issuer, o.InsecureHTTP = "http://idp.example.com", true }, ""},
		{"issuer with a query", func(o *Options) { o.Issuer += "?tenant=x" }, "query"},
		{"no issuer", func(o *Options) { o.Issuer = "" }, "issuer"},
		{"http token endpoint", func(o *Options) { o.Endpoints.Token = "http://idp.example.com/t" }, "endpoints.token"},
		{"loopback token endpoint", func(o *Options) { o.Endpoints.Token = "http://127.0.0.1:8080/t" }, ""},
		{"end session no URL", func(o *Options) { o.Endpoints.EndSession = "idp.example.com" }, "endpoints.end_session"},
		{"no name", func(o *Options) { o.Name = "" }, "name"},
		{"no client id", func(o *Options) { o.ClientID = "" }, "client_id"},
		{"empty secret", func(o *Options) { o.ClientSecrets = []string{""} }, "client_secret"},
		{"basic without secret", func(o *Options) { o.ClientSecrets, o.ClientAuth = nil, "client_secret_basic" }, "client_auth"},
		{"unknown client_auth", func(o *Options) { o.ClientAuth = "private_key_jwt" }, "client_auth"},
		{"unknown type", func(o *Options) { o.Type = "saml" }, "type"},
		{"unknown pkce", func(o *Options) { o.PKCE = "plain" }, "pkce"},
		{"unknown userinfo", func(o *Options) { o.Userinfo = "yes" }, "userinfo"},
		{"unknown require_email_verified", func(o *Options) { o.RequireEmailVerified = "no" }, "require_email_verified"},
		{"no openid scope", func(o *Options) { o.Scopes = []string{"email"} }, "openid"},
		{"alg none", func(o *Options) { o.SigningAlgs = []string{"none"} }, "none"},
		{"alg HS256", func(o *Options) { o.SigningAlgs = []string{"RS256", "HS256"} }, "HS256"},
		{"no algs", func(o *Options) { o.SigningAlgs = []string{} }, "signing_algs"},
		{"skew of two minutes", func(o *Options) { o.ClockSkew = 2 * time.Minute }, "clock_skew"},
		{"negative skew", func(o *Options) { o.ClockSkew = -time.Second }, "clock_skew"},
		{"state as a parameter", func(o *Options) { o.AuthorizationParams = map[string]string{"state": "x"} }, "state"},
		{"code_challenge_method as a parameter", func(o *Options) { o.AuthorizationParams = map[string]string{"code_challenge_method": "plain"} }, "code_challenge_method"},
		{"max_age no number", func(o *Options) { o.AuthorizationParams = map[string]string{"max_age": "1h"} }, "max_age"},
		{"max_age negative", func(o *Options) { o.AuthorizationParams = map[string]string{"max_age": "-1"} }, "max_age"},
		{"prompt as a parameter", func(o *Options) { o.AuthorizationParams = map[string]string{"prompt": "login"} }, ""},
	} {
		o := Options{Name: "x", Issuer: "https://idp.example.com", ClientID: "c", ClientSecrets: []string{testSecret}}
		test.change(&o)
		_, err := New(o)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: err = %v, want one about %q", test.name, err, test.want)
		case err != nil && strings.Contains(err.Error(), testSecret):
			t.Errorf("%s: the secret is in %q", test.name, err)
		}
	}
}

func TestPlainHTTPIsForLoopback(t *testing.T) {
	for address, want := range map[string]bool{
		"https://idp.example.com/as":        true,
		"https://idp.example.com:9031/x?y":  true,
		"http://127.0.0.1:8080":             true,
		"http://127.9.9.9":                  true,
		"http://[::1]:80/":                  true,
		"http://[::ffff:127.0.0.1]/":        true,
		"http://localhost:5556/dex":         true,
		"http://idp.localhost":              true,
		"http://idp.example.com":            false,
		"http://localhost.example.com":      false,
		"http://notlocalhost":               false,
		"http://127.0.0.1.example.com":      false,
		"http://10.0.0.1":                   false,
		"http://0.0.0.0":                    false,
		"http://2130706433":                 false,
		"ftp://127.0.0.1":                   false,
		"javascript:alert(1)":               false,
		"//idp.example.com":                 false,
		"/as":                               false,
		"https://":                          false,
		"https://:443/":                     false,
		"https://user@idp.example.com":      false,
		"https://idp.example.com/#fragment": false,
		"https://idp.example.com/#":         false,
		"https://idp.example.com/\n":        false,
		"":                                  false,
	} {
		if err := (urlRule{loopbackHTTP: true}).check(address); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
	if (urlRule{}).check("http://127.0.0.1") == nil {
		t.Error("loopback must be refused where the rule says so")
	}
	if !sameOrigin(must(url.Parse("https://a/x")), must(url.Parse("https://a/y"))) || sameOrigin(must(url.Parse("https://a/x")), must(url.Parse("http://a/x"))) {
		t.Error("an origin is scheme, host and port")
	}
}
