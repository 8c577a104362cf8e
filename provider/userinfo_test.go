package provider

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func TestUserinfoIsAskedWhenNeeded(t *testing.T) {
	for _, test := range []struct {
		name   string
		mode   string
		change func(i *idp, o *Options)
		asked  int
		reason string
	}{
		{"auto, ID token complete", "auto", nil, 0, ""},
		{"auto, mapped claim missing", "auto", func(i *idp, _ *Options) { i.claims["groups"] = nil }, 1, ""},
		{"auto, mapped claim empty", "auto", func(i *idp, _ *Options) { i.claims["groups"] = []string{} }, 1, ""},
		{"auto, second path found", "auto", func(_ *idp, o *Options) { o.Claims.Groups = []string{"roles", "groups"} }, 0, ""},
		{"auto, kept claim missing", "auto", func(_ *idp, o *Options) { o.Keep = []string{"department"} }, 1, ""},
		{"auto, unmapped claim missing", "auto", func(i *idp, o *Options) { i.claims["groups"], o.Claims.Groups = nil, nil }, 0, ""},
		{"auto, no endpoint", "auto", func(i *idp, _ *Options) { i.claims["groups"], i.discovery["userinfo_endpoint"] = nil, nil }, 0, ""},
		{"always", "always", nil, 1, ""},
		{"always, no endpoint", "always", func(i *idp, _ *Options) { i.discovery["userinfo_endpoint"] = nil }, 0, ReasonUserinfoMissing},
		{"never", "never", func(i *idp, _ *Options) { i.claims["groups"] = nil }, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.userinfo = object{"sub": "ada-1815"}
			_, err := redeem(i.client(func(o *Options) {
				o.Userinfo = test.mode
				if test.change != nil {
					test.change(i, o)
				}
			}))
			wantReason(t, err, test.reason)
			if n := i.asked("/userinfo"); n != test.asked {
				t.Errorf("userinfo was asked %d times, want %d", n, test.asked)
			}
		})
	}
}

func TestBadUserinfoFailsTheSignIn(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect took the access token along")
	}))
	defer elsewhere.Close()
	raw := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		reason  string
	}{
		{"good", raw(200, "application/json;charset=UTF-8", `{"sub":"ada-1815"}`), ""},
		{"other sub", raw(200, "application/json", `{"sub":"mallory"}`), ReasonUserinfoSubject},
		{"sub in other case", raw(200, "application/json", `{"sub":"Ada-1815"}`), ReasonUserinfoSubject},
		{"sub missing", raw(200, "application/json", `{}`), ReasonUserinfoSubject},
		{"sub a list", raw(200, "application/json", `{"sub":["ada-1815"]}`), ReasonUserinfoSubject},
		{"sub in capitals", raw(200, "application/json", `{"SUB":"ada-1815"}`), ReasonUserinfoSubject},
		{"sub twice", raw(200, "application/json", `{"sub":"mallory","sub":"ada-1815"}`), ReasonAnswerMalformed},
		{"signed", raw(200, "application/jwt", "a.b.c"), ReasonUserinfoJWT},
		{"HTML", raw(200, "text/html", "<html>"), ReasonAnswerNotJSON},
		{"text", raw(200, "text/plain", `{"sub":"ada-1815"}`), ReasonAnswerNotJSON},
		{"401", raw(401, "application/json", `{}`), ReasonUserinfoRefused},
		{"403", raw(403, "application/json", `{}`), ReasonUserinfoRefused},
		{"500", raw(500, "application/json", `{}`), ReasonFailing},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, 302) }, ReasonRedirects},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.on("/userinfo", test.handler)
			_, err := redeem(i.client(func(o *Options) { o.Userinfo = "always" }))
			wantReason(t, err, test.reason)
		})
	}
}

func TestUserinfoLiesUnderTheIDToken(t *testing.T) {
	l := layers{
		token: identity.Claims{
			"sub": "ada", "name": "Ada", "nickname": nil, "groups": []any{},
			"employee": map[string]any{"id": "7"}, "org.id": "token",
		},
		userinfo: identity.Claims{
			"sub": "ada", "name": "Eve", "nickname": "al", "groups": []any{"admin"}, "phone": "1",
			"employee": map[string]any{"id": "8", "role": "boss"}, "employee.id": "9",
			"org": map[string]any{"id": "userinfo"}, "address": map[string]any{"country": "UK"},
			"acr": "mfa", "amr": []any{"mfa"}, "auth_time": "1", "cnf": map[string]any{"jkt": "x"},
		},
	}
	for _, test := range []struct {
		path string
		want any
	}{
		{"name", "Ada"},
		{"nickname", "al"},   // null in the ID token is no claim
		{"groups", []any{}},  // an empty list is one
		{"employee.id", "7"}, // not shadowed by a dotted name
		{"employee.role", nil},
		{"org.id", "token"}, // not shadowed by an object
		{"address.country", "UK"},
		{"phone", "1"},
		{"acr", nil},
		{"amr", nil},
		{"auth_time", nil},
		{"cnf.jkt", nil},
		{"absent", nil},
	} {
		got, _, ok := l.lookup(test.path)
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.path, diff)
		}
	}
	if v, _, ok := l.first([]string{"groups"}); ok {
		t.Errorf("groups = %v, but the ID token's empty list wins", v)
	}
}
