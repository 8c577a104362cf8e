package devidp_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

func TestRefreshKeepsThePersonAndTellsTheNews(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, first := p.signIn()

	ana := devidp.DemoUsers()[0]
	ana.Groups = []string{"alumni"}
	idp.SetUser(ana)
	next, err := p.refresh(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	claims, err := p.verify(t.Context(), next, "") // no nonce after a refresh
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"iss", "sub", "aud", "sid", "auth_time", "acr"} {
		if first[name] != claims[name] {
			t.Errorf("%s changed from %v to %v", name, first[name], claims[name])
		}
	}
	if diff := cmp.Diff([]any{"alumni"}, claims["groups"]); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}

	idp.RemoveUser("ana.kovacs")
	if _, err := p.refresh(next.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("refresh for somebody who is gone: %v", err)
	}
}

func TestReuseOfARefreshTokenEndsTheFamily(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, _ := p.signIn()
	next, err := p.refresh(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("reuse: %v", err)
	}
	if _, err := p.refresh(next.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("the rest of the family: %v", err)
	}
	if _, err := p.userinfo(next); err == nil {
		t.Error("its access token still works")
	}
}

func TestRefreshGraceForgivesALostAnswer(t *testing.T) {
	clock := newClock()
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, RefreshGrace: time.Minute, Now: clock.Now})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, _ := p.signIn()
	if _, err := p.refresh(token.RefreshToken); err != nil {
		t.Fatal(err)
	}
	clock.Advance(59 * time.Second)
	if _, err := p.refresh(token.RefreshToken); err != nil {
		t.Errorf("within the grace: %v", err)
	}
	clock.Advance(time.Minute)
	if _, err := p.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("after the grace: %v", err)
	}
}

func TestWhoGetsARefreshToken(t *testing.T) {
	for name, tc := range map[string]struct {
		client devidp.Client
		scopes []string
		want   bool
	}{
		"always without the grant":  {devidp.Client{}, []string{"openid"}, true},
		"granted but not asked for": {devidp.Client{OfflineAccess: true}, []string{"openid"}, false},
		"granted and asked for":     {devidp.Client{OfflineAccess: true}, []string{"openid", "offline_access"}, true},
		"switched off":              {devidp.Client{NoRefresh: true}, []string{"openid", "offline_access"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := confidential()
			c.OfflineAccess, c.NoRefresh = tc.client.OfflineAccess, tc.client.NoRefresh
			idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{c}})
			idp.AutoLogin("ana.kovacs")
			p := newParty(t, idp, c)
			p.config.Scopes = tc.scopes
			if token, _ := p.signIn(); (token.RefreshToken != "") != tc.want {
				t.Errorf("refresh token %q", token.RefreshToken)
			}
		})
	}
}

func TestTokensDieWithTheSession(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, _ := p.signIn()
	if n := idp.EndSessions("ben.osei"); n != 0 {
		t.Errorf("ended %d sessions of somebody else", n)
	}
	if _, err := p.userinfo(token); err != nil {
		t.Fatal(err)
	}
	if n := idp.EndSessions("ana.kovacs"); n != 1 {
		t.Errorf("ended %d sessions", n)
	}
	if _, err := p.userinfo(token); err == nil {
		t.Error("the access token outlived the session")
	}
	if _, err := p.refresh(token.RefreshToken); oauthError(err) != "invalid_grant" {
		t.Errorf("refresh after the session: %v", err)
	}
}

func TestAccessTokenExpiresByTheProvidersClock(t *testing.T) {
	clock := newClock()
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}, Now: clock.Now, TokenLifetime: time.Minute})
	idp.AutoLogin("ana.kovacs")
	p := newParty(t, idp, confidential())
	token, _ := p.signIn()
	clock.Advance(59 * time.Second)
	if _, err := p.userinfo(token); err != nil {
		t.Error(err)
	}
	clock.Advance(2 * time.Second)
	if _, err := p.userinfo(token); err == nil {
		t.Error("an expired access token was taken")
	}
}
