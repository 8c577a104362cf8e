package rogue_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

func start(t *testing.T) *party {
	now := time.Now()
	return &party{t: t, idp: rogue.Start(t, func() time.Time { return now }), now: now}
}

func TestBenignScriptsEndInASession(t *testing.T) {
	p := start(t)
	for _, b := range rogue.Benign() {
		t.Run(b.Name, func(t *testing.T) {
			p.idp.Play(b.Script())
			if err := p.signIn(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAttacksBreakTheRuleTheyName(t *testing.T) {
	p := start(t)
	for group, attacks := range map[string][]rogue.Attack{
		"token": rogue.TokenAttacks(), "response": rogue.ResponseAttacks(), "discovery": rogue.DiscoveryAttacks(),
	} {
		seen := map[string]bool{}
		for _, a := range attacks {
			t.Run(group+"/"+a.Name, func(t *testing.T) {
				if seen[a.Name] {
					t.Error("two attacks have this name")
				}
				seen[a.Name] = true
				p.idp.Play(a.Script())
				before := p.idp.Count("token")
				var rule broken
				if err := p.signIn(); !errors.As(err, &rule) || string(rule) != a.Breaks {
					t.Errorf("refused for %v, want for %s", err, a.Breaks)
				}
				if asked := p.idp.Count("token") > before; asked != (group == "token") {
					t.Errorf("token endpoint asked: %v", asked)
				}
				p.idp.Play(rogue.Script{})
				if err := p.signIn(); err != nil {
					t.Errorf("honest again, yet: %v", err)
				}
			})
		}
	}
}

func TestHonestProviderSatisfiesGoOIDC(t *testing.T) {
	idp := rogue.Start(t, nil)
	provider, err := oidc.NewProvider(t.Context(), idp.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(http.NotFoundHandler())
	defer app.Close()
	config := oauth2.Config{ClientID: rogue.ClientID, ClientSecret: rogue.ClientSecret, RedirectURL: app.URL + "/callback", Endpoint: provider.Endpoint(), Scopes: []string{"openid"}}
	verifier := oauth2.GenerateVerifier()
	res, err := http.Get(config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	answer := res.Request.URL.Query() // of the callback, where the redirect led
	if answer.Get("state") != state {
		t.Fatalf("answer: %v", answer)
	}
	token, err := config.Exchange(t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: rogue.ClientID}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != rogue.Subject || id.Nonce != nonce {
		t.Errorf("signed in as %q with nonce %q", id.Subject, id.Nonce)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != rogue.Subject {
		t.Errorf("userinfo: %v, %v", info, err)
	}
	if _, err := config.Exchange(t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("the code was good twice")
	}
}

func TestCounts(t *testing.T) {
	p := start(t)
	p.idp.Play(rogue.Script{IDToken: func(claims, _ map[string]any) { delete(claims, "email") }})
	if err := p.signIn(); err != nil {
		t.Fatal(err)
	}
	for _, endpoint := range []string{"discovery", "authorize", "token", "jwks", "userinfo"} {
		if n := p.idp.Count(endpoint); n != 1 {
			t.Errorf("%s: %d requests", endpoint, n)
		}
	}
}

func TestTokenScriptTakesOver(t *testing.T) {
	p := start(t)
	p.idp.Play(rogue.Script{Token: func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"access_token":"x","token_type":"Bearer"}`))
		return true
	}})
	if err := p.signIn(); err != broken("form") {
		t.Errorf("got %v", err)
	}
}
