package provider

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func renew(p *Provider) (*Renewed, error) {
	return p.Refresh(context.Background(), Renewal{RefreshToken: "refresh-1", Subject: "ada-1815"})
}

func TestRefreshBringsTokensAndNews(t *testing.T) {
	i := newIDP(t)
	var sent url.Values
	i.on("/token", captureForm(i, &sent))
	i.claims = object{"nonce": nil, "groups": []string{"alumni"}}
	i.answer["refresh_token"] = "refresh-2"
	got, err := renew(i.client(nil))
	if err != nil {
		t.Fatal(err)
	}
	if sent.Get("grant_type") != "refresh_token" || sent.Get("refresh_token") != "refresh-1" || sent.Has("client_secret") {
		t.Errorf("sent %v", sent)
	}
	if got.AccessToken != testAccess || got.RefreshToken != "refresh-2" || got.IDToken == "" ||
		!got.AccessExpires.Equal(testNow.Add(time.Hour)) || !got.IDExpires.Equal(testNow.Add(time.Hour)) {
		t.Errorf("got %+v", got)
	}
	if who := got.Identity; who == nil || who.Subject != "ada-1815" || len(who.Groups) != 1 || who.Groups[0] != "alumni" {
		t.Errorf("identity %+v", who)
	}
}

func TestRefreshWithoutIDTokenChangesNobody(t *testing.T) {
	i := newIDP(t)
	i.answer = object{"id_token": nil}
	got, err := renew(i.client(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.Identity != nil || got.IDToken != "" || got.RefreshToken != "" || got.AccessToken != testAccess {
		t.Errorf("got %+v", got)
	}
}

// TestWhichRefreshFailuresEndTheSession: security.md requirement 18 and the
// relying party certification's "refresh with another issuer or subject".
func TestWhichRefreshFailuresEndTheSession(t *testing.T) {
	answers := func(status int, code string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			writeJSON(w, status, object{"error": code, "error_description": "refresh-1 is no good"})
		}
	}
	for name, c := range map[string]struct {
		claims object
		token  http.HandlerFunc
		reason string
		ends   bool
	}{
		"another subject":            {object{"sub": "eve"}, nil, ReasonRefreshSubject, true},
		"another issuer":             {object{"iss": "https://evil.example"}, nil, ReasonRefreshSubject, true},
		"another audience":           {object{"aud": "other"}, nil, ReasonRefreshSubject, true},
		"expired":                    {object{"exp": testNow.Add(-time.Hour).Unix()}, nil, ReasonIDTokenExpired, true},
		"invalid_grant":              {nil, answers(400, "invalid_grant"), ReasonGrantRejected, true},
		"invalid_client":             {nil, answers(401, "invalid_client"), ReasonClientRejected, false},
		"unauthorized_client":        {nil, answers(400, "unauthorized_client"), ReasonTokenRefused, false},
		"500":                        {nil, answers(500, "server_error"), ReasonFailing, false},
		"429":                        {nil, answers(429, "REQUEST_LIMITED"), ReasonThrottling, false},
		"invalid_grant in a 500":     {nil, answers(500, "invalid_grant"), ReasonFailing, false},
		"a page of something else's": {nil, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, ReasonAnswerStatus, false},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(t)
			i.claims = overlay(object{"nonce": nil}, c.claims)
			i.on("/token", c.token)
			_, err := renew(i.client(nil))
			wantReason(t, err, c.reason)
			if EndsSession(err) != c.ends {
				t.Errorf("ends the session: %v", !c.ends)
			}
			if c.reason == ReasonThrottling && err.(*Error).RetryAfter != 7*time.Second {
				t.Errorf("Retry-After %v", err.(*Error).RetryAfter)
			}
		})
	}
}

// TestTokensSurviveNewsThatCannotBeFetched: the old refresh token is spent, so
// the new one must not be lost with the userinfo.
func TestTokensSurviveNewsThatCannotBeFetched(t *testing.T) {
	i := newIDP(t)
	i.claims = object{"nonce": nil}
	i.answer["refresh_token"] = "refresh-2"
	i.on("/userinfo", status503)
	got, err := renew(i.client(func(o *Options) { o.Userinfo = "always" }))
	wantReason(t, err, ReasonFailing)
	if got == nil || got.RefreshToken != "refresh-2" || got.Identity != nil || EndsSession(err) {
		t.Errorf("got %+v", got)
	}
}

func TestRefreshTriesEverySecret(t *testing.T) {
	i := newIDP(t)
	var passwords []string
	i.on("/token", func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		passwords = append(passwords, password)
		if password != "new" {
			writeJSON(w, 401, object{"error": "invalid_client"})
			return
		}
		answer := i.tokenAnswer()
		delete(answer, "id_token")
		writeJSON(w, 200, answer)
	})
	p := i.client(func(o *Options) { o.ClientSecrets = []string{"old", "new"} })
	if _, err := renew(p); err != nil {
		t.Fatal(err)
	}
	if _, err := renew(p); err != nil {
		t.Fatal(err)
	}
	if len(passwords) != 3 {
		t.Errorf("tried %q", passwords)
	}
}

func TestRevokeAndIntrospect(t *testing.T) {
	i := newIDP(t)
	i.discovery = object{"revocation_endpoint": i.URL + "/revoke", "introspection_endpoint": i.URL + "/introspect"}
	var sent url.Values
	i.on("/revoke", func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseForm(); sent = r.PostForm })
	active := any(true)
	i.on("/introspect", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 200, object{"active": active}) })
	p := i.client(nil)
	if err := p.Revoke(t.Context(), "refresh-1"); err != nil || sent.Get("token") != "refresh-1" || sent.Get("token_type_hint") != "refresh_token" {
		t.Errorf("Revoke: %v, sent %v", err, sent)
	}
	for _, c := range []struct {
		says   any
		want   bool
		reason string
	}{{true, true, ""}, {false, false, ""}, {"true", false, ReasonAnswerMalformed}, {nil, false, ReasonAnswerMalformed}} {
		active = c.says
		got, err := p.StillActive(t.Context(), testAccess)
		if wantReason(t, err, c.reason); got != c.want {
			t.Errorf("active %v: %v", c.says, got)
		}
	}
	if !p.CanIntrospect() {
		t.Error("cannot introspect")
	}
	if err := newIDP(t).client(nil).Revoke(t.Context(), "refresh-1"); err != nil {
		t.Errorf("without an endpoint: %v", err)
	}
}
