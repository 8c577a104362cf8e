package devidp_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

func start(t *testing.T) (*devidp.Server, *party) {
	t.Helper()
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{confidential()}})
	idp.AutoLogin("ana.kovacs")
	return idp, newParty(t, idp, confidential())
}

func TestKeyRotation(t *testing.T) {
	idp, p := start(t)
	before, _ := p.signIn()
	idp.RotateKeys()
	p.signIn() // with the new key
	fresh := newParty(t, idp, confidential())
	if _, err := fresh.verify(t.Context(), before, "n-1"); err != nil {
		t.Errorf("the old key is still published: %v", err)
	}
	idp.RetireKeys()
	fresh = newParty(t, idp, confidential())
	if _, err := fresh.verify(t.Context(), before, "n-1"); err == nil {
		t.Error("the old key is withdrawn, yet its token verifies")
	}
}

func TestTokenEndpointFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault      devidp.Fault
		status     int
		code       string
		retryAfter string
	}{
		"broken":        {devidp.Broken(), 500, "server_error", ""},
		"throttled":     {devidp.Throttled(7 * time.Second), 429, "REQUEST_LIMITED", "7"},
		"invalid grant": {devidp.InvalidGrant(), 400, "invalid_grant", ""},
	} {
		t.Run(name, func(t *testing.T) {
			idp, p := start(t)
			code := p.authorize().Get("code")
			tc.fault.Times = 1
			idp.Fault(devidp.Token, tc.fault)
			_, err := p.exchange(code)
			var refused *oauth2.RetrieveError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v", err)
			}
			if refused.Response.StatusCode != tc.status || refused.ErrorCode != tc.code || refused.Response.Header.Get("Retry-After") != tc.retryAfter {
				t.Errorf("got %v", err)
			}
			if _, err := p.exchange(code); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			if n := idp.Count(devidp.Token); n != 2 {
				t.Errorf("counted %d requests", n)
			}
		})
	}
}

func TestDownAnswersNothingUntilHealed(t *testing.T) {
	idp, p := start(t)
	idp.SetDown(true)
	if _, err := oidc.NewProvider(t.Context(), idp.Issuer()); err == nil {
		t.Error("discovery answered")
	}
	idp.Heal()
	p.signIn()
}

func TestHeldEndpointAnswersOnceReleased(t *testing.T) {
	idp, p := start(t)
	release := make(chan struct{})
	idp.Fault(devidp.Token, devidp.Fault{Hold: release})
	code := p.authorize().Get("code")
	done := make(chan error, 1)
	go func() {
		_, err := p.exchange(code)
		done <- err
	}()
	for idp.Count(devidp.Token) == 0 {
		select {
		case err := <-done:
			t.Fatalf("answered before the release: %v", err)
		default:
			runtime.Gosched()
		}
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestHeldEndpointGivesUpWithTheClient(t *testing.T) {
	idp, p := start(t)
	idp.Fault(devidp.Discovery, devidp.Fault{Hold: make(chan struct{})})
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, idp.Issuer()+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	before := idp.Count(devidp.Discovery)
	done := make(chan error, 1)
	go func() {
		_, err := p.browser.Do(req)
		done <- err
	}()
	for idp.Count(devidp.Discovery) == before {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTrickleIsSlowButRight(t *testing.T) {
	idp, _ := start(t)
	idp.Fault(devidp.Discovery, devidp.Fault{Trickle: time.Microsecond})
	if _, err := oidc.NewProvider(t.Context(), idp.Issuer()); err != nil {
		t.Error(err)
	}
}

func TestEditIDTokenWithholdsTheNonce(t *testing.T) {
	idp, p := start(t)
	idp.EditIDToken(func(claims map[string]any) { delete(claims, "nonce") })
	token, err := p.exchange(p.authorize().Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.verify(t.Context(), token, ""); err != nil {
		t.Errorf("want a good token without a nonce: %v", err)
	}
	idp.Heal()
	p.signIn()
}

func TestCounts(t *testing.T) {
	idp, p := start(t)
	token, _ := p.signIn()
	p.userinfo(token)
	for e, want := range map[devidp.Endpoint]int{
		devidp.Discovery: 1, devidp.Authorize: 1, devidp.Login: 1, devidp.Token: 1, devidp.JWKS: 1, devidp.Userinfo: 1, devidp.Revoke: 0,
	} {
		if got := idp.Count(e); got != want {
			t.Errorf("%s: %d requests, want %d", e, got, want)
		}
	}
}

// One code and one refresh token, asked for by many at once, are spent once.
func TestSpendingIsAtomic(t *testing.T) {
	idp, p := start(t)
	together := func(ask func() error) (granted int) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for range 8 {
			wg.Go(func() {
				if ask() == nil {
					mu.Lock()
					defer mu.Unlock()
					granted++
				}
			})
		}
		wg.Wait()
		return granted
	}
	code := p.authorize().Get("code")
	if n := together(func() error { _, err := p.exchange(code); return err }); n != 1 {
		t.Errorf("the code was good %d times", n)
	}
	token, _ := p.signIn()
	if n := together(func() error { _, err := p.refresh(token.RefreshToken); return err }); n != 1 {
		t.Errorf("the refresh token was good %d times", n)
	}
	if idp.Count(devidp.Token) != 17 {
		t.Errorf("counted %d requests", idp.Count(devidp.Token))
	}
}

func TestSignOff(t *testing.T) {
	const registered = "http://127.0.0.1:1/signed-out"
	for name, tc := range map[string]struct {
		hint   bool
		form   url.Values
		status int
		to     string
	}{
		"hint and return":       {true, url.Values{"post_logout_redirect_uri": {registered}, "state": {"a&b"}}, 302, registered + "?state=a%26b"},
		"client_id and return":  {false, url.Values{"post_logout_redirect_uri": {registered}, "client_id": {"app"}}, 302, registered},
		"nobody and nowhere":    {false, url.Values{}, 200, ""},
		"return for nobody":     {false, url.Values{"post_logout_redirect_uri": {registered}}, 400, ""},
		"unregistered return":   {true, url.Values{"post_logout_redirect_uri": {"https://evil.example/"}}, 400, ""},
		"another's hint":        {true, url.Values{"client_id": {"other"}}, 400, ""},
		"a hint that is no JWT": {false, url.Values{"id_token_hint": {"x.y.z"}}, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			idp, p := start(t)
			token, _ := p.signIn()
			if tc.hint {
				tc.form.Set("id_token_hint", token.Extra("id_token").(string))
			}
			res := p.get(idp.Issuer() + "/signoff?" + tc.form.Encode())
			if res.StatusCode != tc.status || res.Header.Get("Location") != tc.to {
				t.Errorf("got %s to %q", res.Status, res.Header.Get("Location"))
			}
			_, err := p.userinfo(token)
			if ended := err != nil; ended != (name != "another's hint" && name != "a hint that is no JWT") {
				t.Errorf("session ended: %v", ended)
			}
		})
	}
}
