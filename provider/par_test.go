package provider

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pushing is a provider with an endpoint for pushed requests, which keeps what
// it was sent.
func pushing(t *testing.T, demanded bool) (*idp, *[]url.Values) {
	i := newIDP(t)
	i.discovery["pushed_authorization_request_endpoint"] = i.URL + "/par"
	i.discovery["require_pushed_authorization_requests"] = demanded
	var sent []url.Values
	i.on("/par", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		sent = append(sent, r.PostForm)
		if _, secret, _ := r.BasicAuth(); secret != testSecret {
			writeJSON(w, 401, object{"error": "invalid_client"})
			return
		}
		writeJSON(w, 201, object{"request_uri": "urn:ietf:params:oauth:request_uri:" + r.PostForm.Get("state"), "expires_in": 60})
	})
	return i, &sent
}

// TestPushedRequestLeavesNothingInTheAddress: the browser carries client_id and
// request_uri, the back channel everything, with our authentication.
func TestPushedRequestLeavesNothingInTheAddress(t *testing.T) {
	i, sent := pushing(t, true)
	i.discovery["authorization_endpoint"] = i.URL + "/authorize?tenant=a"
	p := i.client(func(o *Options) { o.AuthorizationParams = map[string]string{"acr_values": "mfa"} })
	got := must(url.Parse(must(p.AuthorizationURL(t.Context(), authRequest()))))
	if diff := cmp.Diff(url.Values{"tenant": {"a"}, "client_id": {testClient}, "request_uri": {"urn:ietf:params:oauth:request_uri:state-1"}}, got.Query()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	form := (*sent)[0]
	for name, want := range map[string]string{
		"client_id": testClient, "response_type": "code", "redirect_uri": testRedirect, "state": "state-1", "nonce": testNonce,
		"acr_values": "mfa", "code_challenge_method": "S256", "scope": "openid email profile", "tenant": "", "client_secret": "",
	} {
		if form.Get(name) != want {
			t.Errorf("pushed %s=%q, want %q", name, form.Get(name), want)
		}
	}
	must(p.AuthorizationURL(t.Context(), authRequest()))
	if len(*sent) != 2 {
		t.Errorf("%d pushes for two sign-ins", len(*sent))
	}
}

func TestWhenRequestsArePushed(t *testing.T) {
	for _, test := range []struct {
		par              string
		endpoint, demand bool
		want             bool
		reason           string
	}{
		{"auto", true, false, false, ""},
		{"auto", true, true, true, ""},
		{"auto", false, true, false, ReasonPARMissing},
		{"required", true, false, true, ""},
		{"required", false, false, false, ReasonPARMissing},
		{"off", true, true, false, ""},
	} {
		i, sent := pushing(t, test.demand)
		if !test.endpoint {
			i.discovery["pushed_authorization_request_endpoint"] = nil
		}
		_, err := i.client(func(o *Options) { o.PAR = test.par }).AuthorizationURL(t.Context(), authRequest())
		wantReason(t, err, test.reason)
		if pushed := len(*sent) == 1; pushed != test.want {
			t.Errorf("%+v: pushed is %v", test, pushed)
		}
	}
	i, sent := pushing(t, false)
	p := i.client(func(o *Options) {
		o.PAR = "required"
		o.Endpoints = Endpoints{Authorization: i.URL + "/authorize", Token: i.URL + "/token", JWKS: i.URL + "/jwks", PAR: i.URL + "/par"}
	})
	if _, err := p.AuthorizationURL(t.Context(), authRequest()); err != nil || len(*sent) != 1 {
		t.Errorf("without discovery: %v, %d pushes", err, len(*sent))
	}
}

// TestBadPushedAnswersHaveReasons, and the next sign-in works.
func TestBadPushedAnswersHaveReasons(t *testing.T) {
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		reason  string
	}{
		{"invalid_client", refuseWith(401, object{"error": "invalid_client"}), ReasonClientRejected},
		{"invalid_request", refuseWith(400, object{"error": "invalid_request", "error_description": "state-1 " + testNonce}), ReasonPARRefused},
		{"invalid_scope that is not about offline_access", refuseWith(400, object{"error": "invalid_scope"}), ReasonPARRefused},
		{"500", refuseWith(500, object{}), ReasonFailing},
		{"404", refuseWith(404, object{}), ReasonAnswerStatus},
		{"no request_uri", refuseWith(201, object{"expires_in": 60}), ReasonAnswerMalformed},
		{"a request_uri with a blank", refuseWith(201, object{"request_uri": "urn: x"}), ReasonAnswerMalformed},
		{"a request_uri in a list", refuseWith(201, object{"request_uri": []string{"urn:x"}}), ReasonAnswerMalformed},
		{"a huge request_uri", refuseWith(201, object{"request_uri": strings.Repeat("x", 3000)}), ReasonAnswerMalformed},
		{"HTML", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(201)
		}, ReasonAnswerNotJSON},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://evil.example", 307) }, ReasonRedirects},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ReasonUnreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			i, _ := pushing(t, true)
			good := i.handlers["/par"]
			p := i.client(nil)
			i.on("/par", test.handler)
			_, err := p.AuthorizationURL(t.Context(), authRequest())
			wantReason(t, err, test.reason)
			if err != nil && (strings.Contains(err.Error(), testNonce) || strings.Contains(err.Error(), "state-1")) {
				t.Errorf("the error repeats what was sent: %v", err)
			}
			i.on("/par", good)
			if _, err := p.AuthorizationURL(t.Context(), authRequest()); err != nil {
				t.Errorf("the next sign-in: %v", err)
			}
		})
	}
}

// TestThrottledPushesStopForAWhile: visitors must not go on costing a provider
// that has said that it has too many.
func TestThrottledPushesStopForAWhile(t *testing.T) {
	i, _ := pushing(t, true)
	good := i.handlers["/par"]
	now := testNow
	p := i.client(func(o *Options) { o.Now = func() time.Time { return now } })
	i.on("/par", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "20")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for range 5 {
		_, err := p.AuthorizationURL(t.Context(), authRequest())
		wantReason(t, err, ReasonThrottling)
	}
	if n := i.asked("/par"); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	i.on("/par", good)
	now = now.Add(21 * time.Second)
	if _, err := p.AuthorizationURL(t.Context(), authRequest()); err != nil {
		t.Error(err)
	}
}

// TestOfflineAccessIsAskedForWhereItHelps, and left out on the second try.
func TestOfflineAccessIsAskedForWhereItHelps(t *testing.T) {
	advertised := []string{"openid", "profile", "email", "offline_access"}
	for _, test := range []struct {
		name            string
		listed          []string
		scopes          []string
		offline, online bool
		want            string
	}{
		{"advertised and used", advertised, nil, true, false, "openid email profile offline_access"},
		{"advertised and not used", advertised, nil, false, false, "openid email profile"},
		{"used and not advertised", []string{"openid"}, nil, true, false, "openid email profile"},
		{"nothing listed", nil, nil, true, false, "openid email profile"},
		{"configured", nil, []string{"openid", "offline_access"}, false, false, "openid offline_access"},
		{"configured and advertised", advertised, []string{"openid", "offline_access"}, true, false, "openid offline_access"},
		{"the second try", advertised, nil, true, true, "openid email profile"},
		{"the second try, configured", advertised, []string{"openid", "offline_access"}, true, true, "openid"},
	} {
		i := newIDP(t)
		i.discovery["scopes_supported"] = test.listed
		p := i.client(func(o *Options) {
			if test.scopes != nil {
				o.Scopes = test.scopes
			}
		})
		r := authRequest()
		r.Offline, r.Online = test.offline, test.online
		got := must(url.Parse(must(p.AuthorizationURL(t.Context(), r)))).Query().Get("scope")
		if got != test.want {
			t.Errorf("%s: scope %q, want %q", test.name, got, test.want)
		}
		if !test.online && p.AsksOffline(test.offline) != strings.Contains(test.want, "offline") {
			t.Errorf("%s: AsksOffline is wrong", test.name)
		}
	}
}

// TestPushWithoutOfflineAccessAfterInvalidScope: one retry, on the back channel.
func TestPushWithoutOfflineAccessAfterInvalidScope(t *testing.T) {
	i, sent := pushing(t, true)
	i.discovery["scopes_supported"] = []string{"offline_access"}
	good := i.handlers["/par"]
	i.on("/par", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if strings.Contains(r.PostForm.Get("scope"), "offline") {
			writeJSON(w, 400, object{"error": "invalid_scope"})
			return
		}
		good(w, r)
	})
	r := authRequest()
	r.Offline = true
	if _, err := i.client(nil).AuthorizationURL(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	if i.asked("/par") != 2 || (*sent)[0].Get("scope") != "openid email profile" {
		t.Errorf("%d pushes, the last of %q", i.asked("/par"), (*sent)[0].Get("scope"))
	}
}

func TestResponseModeIsAskedFor(t *testing.T) {
	i := newIDP(t)
	for mode, want := range map[string]string{"": "", "query": "", "form_post": "form_post"} {
		p := i.client(func(o *Options) { o.ResponseMode = mode })
		if got := must(url.Parse(must(p.AuthorizationURL(t.Context(), authRequest())))).Query().Get("response_mode"); got != want {
			t.Errorf("%q: response_mode %q", mode, got)
		}
		if p.PostsAnswers() != (mode == "form_post") {
			t.Errorf("%q: PostsAnswers is wrong", mode)
		}
	}
}

// TestOddMetadataOfWhatIsNotUsedKeepsNobodyOut: few providers need all of it.
func TestOddMetadataOfWhatIsNotUsedKeepsNobodyOut(t *testing.T) {
	for name, v := range map[string]any{
		"pushed_authorization_request_endpoint": "http://idp.example.com/par", "require_pushed_authorization_requests": "no",
		"scopes_supported": "openid email", "token_endpoint_auth_signing_alg_values_supported": 7,
	} {
		i := newIDP(t)
		i.discovery[name] = v
		if _, err := i.client(nil).AuthorizationURL(t.Context(), authRequest()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	i := newIDP(t) // but nothing is pushed in the clear
	i.discovery["pushed_authorization_request_endpoint"] = "http://idp.example.com/par"
	_, err := i.client(func(o *Options) { o.PAR = "required" }).AuthorizationURL(t.Context(), authRequest())
	wantReason(t, err, ReasonPARMissing)
}
