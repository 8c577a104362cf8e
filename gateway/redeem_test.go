package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

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
