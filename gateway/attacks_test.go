package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// TestTokenAttacksEndWithoutSession: whatever token and userinfo endpoint say
// that they must not, the callback refuses and nobody is signed in.
func TestTokenAttacksEndWithoutSession(t *testing.T) {
	t.Parallel()
	for _, attack := range rogue.TokenAttacks() {
		t.Run(attack.Name, func(t *testing.T) {
			t.Parallel()
			h := start(t, mistrusting, playing(attack.Script()))
			b := h.browser()
			callback := b.until(home+"/.auth/callback/", home+"/x").String()
			refusedCallback(t, h, b, b.once(callback))
			if n := h.rogue.Count("token"); n != 1 {
				t.Errorf("the token endpoint was asked %d times; the attack was not tried", n)
			}
			h.log.last(t, "audit", func(r map[string]any) bool {
				return r["event"] == "sign_in" && r["outcome"] == "failure" && r["reason"] != nil
			})
		})
	}
}

// TestResponseAttacksNeverReachTheTokenEndpoint: the code in such a redirect
// is not proven to answer this browser's question.
func TestResponseAttacksNeverReachTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	for _, attack := range rogue.ResponseAttacks() {
		t.Run(attack.Name, func(t *testing.T) {
			t.Parallel()
			h := start(t, mistrusting, playing(attack.Script()))
			b := h.browser()
			callback := b.until(home+"/.auth/callback/", home+"/x").String()
			a := b.once(callback)
			refusedCallback(t, h, b, a)
			if strings.Contains(a.text, "<script>") {
				t.Error("the provider's markup is on the page")
			}
			if n := h.rogue.Count("token"); n != 0 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
}

// TestDiscoveryAttacksBeginNoSignIn: the person is told to come back later.
func TestDiscoveryAttacksBeginNoSignIn(t *testing.T) {
	t.Parallel()
	for _, attack := range rogue.DiscoveryAttacks() {
		t.Run(attack.Name, func(t *testing.T) {
			t.Parallel()
			h := start(t, mistrusting, playing(attack.Script()))
			a := h.browser().once(home + "/x").wants(http.StatusServiceUnavailable).noCookie()
			if a.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			h.app.untouched(t)
		})
	}
}

// TestUnusualHonestProvidersAreAccepted: the attacks' benign twins.
func TestUnusualHonestProvidersAreAccepted(t *testing.T) {
	t.Parallel()
	for _, twin := range rogue.Benign() {
		t.Run(twin.Name, func(t *testing.T) {
			t.Parallel()
			h := start(t, mistrusting, playing(twin.Script()))
			b := h.browser()
			b.open(home + "/public/x").fromApp()
			b.open(home + "/.auth/login?rd=/public/x").fromApp()
			if me := b.me(); me == nil || me["sub"] != rogue.Subject {
				t.Errorf("signed in as %v", me)
			}
		})
	}
}

// TestUnknownKeyIDsMakeAtMostTwoKeyFetches: tokens that name keys of their own
// invention do not turn the gateway against its provider.
func TestUnknownKeyIDsMakeAtMostTwoKeyFetches(t *testing.T) {
	t.Parallel()
	h := start(t, mistrusting)
	h.browser().open(home + "/").fromApp() // keys are at hand
	h.app.take()
	fetched := h.rogue.Count("jwks")
	var n atomic.Int64
	h.rogue.Play(rogue.Script{
		IDToken: func(_, header map[string]any) { header["kid"] = "unknown-" + string(rune('a'+n.Add(1))) },
		Key:     func(k rogue.Keys) any { return k.Unpublished },
	})
	for range 50 {
		b := h.browser()
		b.once(b.until(home+"/.auth/callback/", home+"/x").String()).wants(http.StatusBadRequest).noSession()
	}
	if more := h.rogue.Count("jwks") - fetched; more > 2 {
		t.Errorf("%d key fetches", more)
	}
	h.rogue.Play(rogue.Script{})
	h.browser().open(home + "/").fromApp()
}

// TestKeyRotationIsFoundByTheFirstSignIn: and by many at once with one fetch.
func TestKeyRotationIsFoundByTheFirstSignIn(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.browser().open(home + "/").fromApp()
	for round := range 2 {
		h.idp.RotateKeys()
		if round == 1 {
			h.idp.RetireKeys()
			h.clock.advance(minutes(2)) // the budget of forced fetches is one a minute
		}
		fetched := h.idp.Count(devidp.JWKS)
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() { h.browser().open(home + "/").fromApp() })
		}
		wait.Wait()
		if more := h.idp.Count(devidp.JWKS) - fetched; more != 1 {
			t.Errorf("round %d: %d key fetches, want 1", round, more)
		}
	}
}

// TestCodeIsRedeemedWithPKCE: the provider insists on S256, and the verifier
// that goes with the code is the attempt's own.
func TestCodeIsRedeemedWithPKCE(t *testing.T) {
	t.Parallel()
	var verifier, auth string
	h := start(t, mistrusting, playing(rogue.Script{Token: func(_ http.ResponseWriter, r *http.Request) bool {
		verifier, auth = r.PostFormValue("code_verifier"), r.Header.Get("Authorization")
		return false
	}}))
	h.browser().open(home + "/").fromApp()
	if len(verifier) < 43 || !strings.HasPrefix(auth, "Basic ") {
		t.Errorf("verifier %q, authorization %.6q", verifier, auth)
	}
	h.log.secret(verifier)
}
