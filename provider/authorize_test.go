package provider

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestAuthorizationURLAsksForWhatIsConfigured(t *testing.T) {
	i := newIDP(t)
	i.discovery["authorization_endpoint"] = i.URL + "/authorize?tenant=a%20b&state=planted&nonce=planted&request=planted"
	p := i.client(func(o *Options) {
		o.Scopes = []string{"openid", "email", "groups"}
		o.AuthorizationParams = map[string]string{"prompt": "login", "acr_values": "one", "max_age": "60"}
	})
	r := authRequest()
	r.Extra = url.Values{"acr_values": {"mfa"}, "max_age": {"3600"}, "login_hint": {"ada@example.com"}, "state": {"planted"}, "redirect_uri": {"https://evil.example"}, "request_uri": {"x"}}
	got, err := p.AuthorizationURL(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	u := must(url.Parse(got))
	if base := strings.TrimSuffix(got, "?"+u.RawQuery); base != i.URL+"/authorize" {
		t.Errorf("endpoint = %q", base)
	}
	want := url.Values{
		"tenant": {"a b"}, "prompt": {"login"}, "acr_values": {"mfa"}, "max_age": {"60"}, "login_hint": {"ada@example.com"},
		"response_type": {"code"}, "client_id": {testClient}, "redirect_uri": {testRedirect}, "scope": {"openid email groups"},
		"state": {"state-1"}, "nonce": {testNonce},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(testVerifier)}, "code_challenge_method": {"S256"},
	}
	if diff := cmp.Diff(want, u.Query()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestAddressesWrittenAheadAskForTheSame: what all sign-ins have is written when
// the endpoint becomes known, and each adds its own. It must be what is asked
// for when everything is written at once.
func TestAddressesWrittenAheadAskForTheSame(t *testing.T) {
	for name, change := range map[string]func(*idp, *Options){
		"plain": func(*idp, *Options) {},
		"parameters": func(_ *idp, o *Options) {
			o.AuthorizationParams = map[string]string{"prompt": "login", "ui": "a b&c=d"}
		},
		"a query": func(i *idp, _ *Options) {
			i.discovery["authorization_endpoint"] = i.URL + "/authorize?tenant=a%20b&state=planted&nonce=x"
		},
		"no PKCE":    func(_ *idp, o *Options) { o.PKCE = "off" },
		"a form":     func(_ *idp, o *Options) { o.ResponseMode = "form_post" },
		"offline":    func(i *idp, _ *Options) { i.discovery["scopes_supported"] = []string{"openid", "offline_access"} },
		"configured": func(_ *idp, o *Options) { o.Scopes = []string{"openid", "offline_access"} },
	} {
		i := newIDP(t)
		p := i.client(func(o *Options) { change(i, o) })
		for _, r := range []AuthRequest{{}, {Offline: true}, {Online: true}, {Offline: true, Online: true}} {
			r.RedirectURI, r.State, r.Nonce, r.Verifier = testRedirect+"?a=b&c", "state&nonce=1#", "ä +%", testVerifier
			got := must(url.Parse(must(p.AuthorizationURL(t.Context(), r))))
			at, _ := p.metadata.peek()
			if at.value.asks.of(r) == "" {
				t.Errorf("%s: nothing is written ahead", name)
			}
			want := must(url.Parse(must(authorizationAddress(at.value, must(p.request(at.value, r))))))
			if diff := cmp.Diff(want.Query(), got.Query()); diff != "" || want.Path != got.Path || want.Host != got.Host {
				t.Errorf("%s, %+v: -want +got\n%s", name, r, diff)
			}
		}
	}
}

func TestPKCEFollowsTheConfigurationOnBothLegs(t *testing.T) {
	for _, test := range []struct {
		mode   string
		listed []string
		want   bool
	}{
		{"", nil, true},
		{"required", nil, true},
		{"required", []string{"plain"}, true},
		{"auto", []string{"plain", "S256"}, true},
		{"auto", []string{"plain"}, false},
		{"auto", nil, false},
		{"off", []string{"S256"}, false},
	} {
		i := newIDP(t)
		i.discovery["code_challenge_methods_supported"] = nil
		if test.listed != nil {
			i.discovery["code_challenge_methods_supported"] = test.listed
		}
		var sent url.Values
		p := i.client(func(o *Options) { o.PKCE = test.mode })
		got, err := authorize(p)
		if err != nil {
			t.Fatal(err)
		}
		q := must(url.Parse(got)).Query()
		if q.Has("code_challenge") != test.want || test.want && q.Get("code_challenge_method") != "S256" {
			t.Errorf("pkce %q with %v: %v", test.mode, test.listed, q)
		}
		i.on("/token", captureForm(i, &sent))
		if _, err := redeem(p); err != nil {
			t.Fatal(err)
		}
		if sent.Has("code_verifier") != test.want {
			t.Errorf("pkce %q with %v: token request %v", test.mode, test.listed, sent)
		}
	}
}

func TestAuthorizationRequestNeedsItsSecrets(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	for name, change := range map[string]func(*AuthRequest){
		"state":          func(r *AuthRequest) { r.State = "" },
		"nonce":          func(r *AuthRequest) { r.Nonce = "" },
		"redirect URI":   func(r *AuthRequest) { r.RedirectURI = "" },
		"verifier":       func(r *AuthRequest) { r.Verifier = "" },
		"short verifier": func(r *AuthRequest) { r.Verifier = "abc" },
	} {
		r := authRequest()
		change(&r)
		if got, err := p.AuthorizationURL(t.Context(), r); err == nil {
			t.Errorf("without %s: %q", name, got)
		}
	}
}

func TestResponseMustBeThisProviders(t *testing.T) {
	i := newIDP(t)
	plain := i.client(nil)
	announcing := newIDP(t)
	announcing.discovery["authorization_response_iss_parameter_supported"] = true
	strict := announcing.client(nil)
	for _, test := range []struct {
		name   string
		p      *Provider
		query  string
		reason string
	}{
		{"code", plain, "code=a&state=s", ""},
		{"error", plain, "error=access_denied&state=s", ""},
		{"right iss", plain, "code=a&iss=" + i.URL, ""},
		{"wrong iss", plain, "code=a&iss=https://evil.example", ReasonResponseIssuer},
		{"wrong iss on an error", plain, "error=access_denied&iss=https://evil.example", ReasonResponseIssuer},
		{"iss with a slash", plain, "code=a&iss=" + i.URL + "/", ReasonResponseIssuer},
		{"iss empty", plain, "code=a&iss=", ReasonResponseIssuer},
		{"iss twice", plain, "code=a&iss=" + i.URL + "&iss=" + i.URL, ReasonResponseAmbiguous},
		{"two codes", plain, "code=a&code=b", ReasonResponseAmbiguous},
		{"two states", plain, "code=a&state=s&state=t", ReasonResponseAmbiguous},
		{"two errors", plain, "error=a&error=b", ReasonResponseAmbiguous},
		{"code and error", plain, "code=a&error=b", ReasonResponseAmbiguous},
		{"announced and there", strict, "code=a&iss=" + announcing.URL, ""},
		{"announced and missing", strict, "code=a", ReasonResponseIssuer},
		{"announced and missing on an error", strict, "error=access_denied", ReasonResponseIssuer},
		{"announced, error with iss", strict, "error=access_denied&iss=" + announcing.URL, ""},
	} {
		if got := reason(t, test.p.CheckResponse(must(url.ParseQuery(test.query)))); got != test.reason {
			t.Errorf("%s: %q, want %q", test.name, got, test.reason)
		}
	}
}

func TestResponseIsUnavailableWhileDiscoveryIs(t *testing.T) {
	i := newIDP(t)
	i.on(configurationPath, status503)
	p := i.client(nil)
	err := p.CheckResponse(url.Values{"code": {"a"}})
	wantReason(t, err, ReasonFailing)
	if err := p.CheckResponse(url.Values{"code": {"a"}, "iss": {i.URL}}); err != nil {
		t.Errorf("with the right iss: %v", err)
	}
}
