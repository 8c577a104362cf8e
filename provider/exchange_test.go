package provider

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func refuseWith(status int, body object) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, status, body) }
}

func TestTokenEndpointAnswersHaveReasons(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect took the code to another address")
	}))
	defer elsewhere.Close()
	text := func(contentType, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, test := range []struct {
		name        string
		token       func(http.ResponseWriter, *http.Request)
		reason      string
		unavailable bool
	}{
		{"invalid_grant", refuseWith(400, object{"error": "invalid_grant"}), ReasonCodeRejected, false},
		{"invalid_grant with 200", refuseWith(200, object{"error": "invalid_grant"}), ReasonCodeRejected, false},
		{"invalid_client", refuseWith(401, object{"error": "invalid_client"}), ReasonClientRejected, false},
		{"401 without a body", refuseWith(401, object{}), ReasonClientRejected, false},
		{"unauthorized_client", refuseWith(400, object{"error": "unauthorized_client"}), ReasonTokenRefused, false},
		{"an error of its own", refuseWith(403, object{"error": "REQUEST_DENIED"}), ReasonTokenRefused, false},
		{"temporarily_unavailable", refuseWith(400, object{"error": "temporarily_unavailable"}), ReasonFailing, true},
		{"400 without a body", refuseWith(400, object{}), ReasonAnswerStatus, false},
		{"404", refuseWith(404, object{}), ReasonAnswerStatus, false},
		{"500", refuseWith(500, object{}), ReasonFailing, true},
		{"500 with invalid_grant", refuseWith(500, object{"error": "invalid_grant"}), ReasonFailing, true},
		{"429", refuseWith(429, object{"error": "REQUEST_LIMITED"}), ReasonThrottling, true},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, 307) }, ReasonRedirects, false},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ReasonUnreachable, true},
		{"one byte at a time", drip, ReasonSlow, true},
		{"HTML", text("text/html", "<html>"), ReasonAnswerNotJSON, false},
		{"a form", text("application/x-www-form-urlencoded", "access_token=a&token_type=bearer&id_token=a.b.c"), ReasonAnswerNotJSON, false},
		{"a name twice", text("application/json", `{"access_token":"a","access_token":"b","token_type":"Bearer","id_token":"a.b.c"}`), ReasonAnswerMalformed, false},
		{"cut off", text("application/json", `{"access_token":`), ReasonAnswerMalformed, false},
		{"2 MiB", text("application/json", `{"x":"`+strings.Repeat("x", 2<<20)+`"}`), ReasonAnswerTooLarge, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			p := i.client(nil)
			p.timeout = 5 * time.Second
			if test.reason == ReasonSlow {
				p.timeout = 200 * time.Millisecond
			}
			i.on("/token", test.token)
			_, err := redeem(p)
			wantReason(t, err, test.reason)
			if e, ok := err.(*Error); ok && e.Unavailable != test.unavailable {
				t.Errorf("Unavailable = %v", e.Unavailable)
			}
			p.timeout = 5 * time.Second
			i.on("/token", nil)
			if _, err := redeem(p); err != nil {
				t.Errorf("the next sign-in: %v", err)
			}
		})
	}
}

func TestTokenAnswerMembers(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer object
		reason string
	}{
		{"bearer in any case", object{"token_type": "bEARER"}, ""},
		{"no token_type", object{"token_type": nil}, ReasonTokenType},
		{"MAC", object{"token_type": "mac"}, ReasonTokenType},
		{"DPoP", object{"token_type": "DPoP"}, ReasonTokenType},
		{"no access token", object{"access_token": nil}, ReasonAnswerMalformed},
		{"access token in capitals", object{"access_token": nil, "Access_Token": "a"}, ReasonAnswerMalformed},
		{"access token with CRLF", object{"access_token": "a\r\nb"}, ReasonAnswerMalformed},
		{"access token a number", object{"access_token": 7}, ReasonAnswerMalformed},
		{"refresh token a list", object{"refresh_token": []string{"a"}}, ReasonAnswerMalformed},
		{"no ID token", object{"id_token": nil}, ReasonIDTokenMissing},
		{"empty ID token", object{"id_token": ""}, ReasonIDTokenMissing},
		{"ID token an object", object{"id_token": object{}}, ReasonAnswerMalformed},
		{"expires_in absent", object{"expires_in": nil}, ""},
		{"expires_in a string", object{"expires_in": "3600"}, ""},
		{"expires_in negative", object{"expires_in": -1}, ReasonAnswerMalformed},
		{"expires_in not a number", object{"expires_in": "NaN"}, ReasonAnswerMalformed},
		{"expires_in a list", object{"expires_in": []int{1}}, ReasonAnswerMalformed},
	} {
		i := newIDP(t)
		i.answer = test.answer
		_, err := redeem(i.client(nil))
		if got := reason(t, err); got != test.reason {
			t.Errorf("%s: %v, want %q", test.name, err, test.reason)
		}
	}
}

func TestAccessTokenExpiryIsBounded(t *testing.T) {
	i := newIDP(t)
	i.answer["expires_in"] = int64(1) << 31
	grant, err := redeem(i.client(nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := testNow.Add(365 * 24 * time.Hour); !grant.AccessExpires.Equal(want) {
		t.Errorf("AccessExpires = %v, want %v", grant.AccessExpires, want)
	}
}

func TestClientAuthentication(t *testing.T) {
	const id, secret = "gate house", "s:ü%+/"
	basic := func(r *http.Request) string {
		user, password, ok := r.BasicAuth()
		if !ok {
			return "none"
		}
		return must(url.QueryUnescape(user)) + "|" + must(url.QueryUnescape(password))
	}
	for _, test := range []struct {
		name     string
		auth     string
		secrets  []string
		listed   any // token_endpoint_auth_methods_supported
		header   string
		inParams [2]string // client_id, client_secret
	}{
		{"auto, nothing listed", "auto", []string{secret}, nil, id + "|" + secret, [2]string{}},
		{"auto, basic listed", "auto", []string{secret}, []string{"client_secret_post", "client_secret_basic"}, id + "|" + secret, [2]string{}},
		{"auto, post listed", "auto", []string{secret}, []string{"client_secret_post"}, "none", [2]string{id, secret}},
		{"auto, no secret", "auto", nil, []string{"client_secret_basic"}, "none", [2]string{id, ""}},
		{"basic", "client_secret_basic", []string{secret}, []string{"client_secret_post"}, id + "|" + secret, [2]string{}},
		{"post", "client_secret_post", []string{secret}, []string{"client_secret_basic"}, "none", [2]string{id, secret}},
		{"none, though there is a secret", "none", []string{secret}, nil, "none", [2]string{id, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.discovery["token_endpoint_auth_methods_supported"] = test.listed
			i.claims["aud"] = id
			var header string
			var form url.Values
			i.on("/token", func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				header, form = basic(r), r.PostForm
				writeJSON(w, 200, i.tokenAnswer())
			})
			p := i.client(func(o *Options) { o.ClientID, o.ClientSecrets, o.ClientAuth = id, test.secrets, test.auth })
			if _, err := redeem(p); err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"grant_type": {"authorization_code"}, "code": {testCode}, "redirect_uri": {testRedirect}, "code_verifier": {testVerifier},
			}
			if test.inParams[0] != "" {
				want.Set("client_id", test.inParams[0])
			}
			if test.inParams[1] != "" {
				want.Set("client_secret", test.inParams[1])
			}
			if diff := cmp.Diff(want, form); diff != "" {
				t.Errorf("form: -want +got\n%s", diff)
			}
			if header != test.header {
				t.Errorf("basic = %q, want %q", header, test.header)
			}
		})
	}
}

func TestSecretsAreTriedInOrderOnInvalidClientOnly(t *testing.T) {
	i := newIDP(t)
	var tried []string
	refusal := "invalid_client"
	i.on("/token", func(w http.ResponseWriter, r *http.Request) {
		_, secret, _ := r.BasicAuth()
		tried = append(tried, secret)
		if secret != "new" {
			writeJSON(w, 400, object{"error": refusal})
			return
		}
		writeJSON(w, 200, i.tokenAnswer())
	})
	p := i.client(func(o *Options) { o.ClientSecrets = []string{"old", "older", "new"} })
	for range 2 {
		if _, err := redeem(p); err != nil {
			t.Fatal(err)
		}
	}
	// The second sign-in begins with the secret that works.
	if diff := cmp.Diff([]string{"old", "older", "new", "new"}, tried); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}

	tried, refusal = nil, "invalid_grant"
	p = i.client(func(o *Options) { o.ClientSecrets = []string{"old", "new"} })
	_, err := redeem(p)
	wantReason(t, err, ReasonCodeRejected)
	if len(tried) != 1 {
		t.Errorf("tried %q after invalid_grant", tried)
	}
}

// TestNoSecretInErrorsOrLogs lets every step fail while the provider repeats
// whatever it was sent.
func TestNoSecretInErrorsOrLogs(t *testing.T) {
	parrot := func(status int, contentType string, asJSON bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			said := fmt.Sprintf("%v %v %v <script>", r.PostForm.Encode(), r.PostForm, r.Header.Get("Authorization"))
			if asJSON {
				writeJSON(w, status, object{"error": "invalid_request", "error_description": said, "access_token": testAccess})
				return
			}
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(said))
		}
	}
	for _, auth := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt"} {
		for _, path := range []string{"/token", "/userinfo", "/jwks", configurationPath} {
			for n, handler := range []http.HandlerFunc{
				parrot(400, "", true), parrot(200, "", true), parrot(500, "text/plain", false), parrot(200, "application/json", false), parrot(200, "text/html", false), parrot(302, "text/html", false),
				func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			} {
				i := newIDP(t)
				var logged bytes.Buffer
				p := i.client(func(o *Options) {
					o.ClientAuth, o.Userinfo, o.ClientKey = auth, "always", must(NewClientKey(ecKey()))
					o.Log = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
				i.on(path, handler)
				_, err := redeem(p)
				if err == nil {
					t.Fatalf("%s %d: no error", path, n)
				}
				p.report(p.refresh(t.Context()))
				said := err.Error() + logged.String() + p.Status().LastError
				for _, secret := range []string{testSecret, testCode, testVerifier, testAccess, testNonce, "eyJ", "Z2F0ZWhvdXNlOn"} {
					if strings.Contains(said, secret) {
						t.Errorf("%s %d: %q in %q", path, n, secret, said)
					}
				}
				if strings.Contains(said, "\n<") || len(err.Error()) > 1500 {
					t.Errorf("%s %d: unbounded or raw text: %q", path, n, said)
				}
			}
		}
	}
}
