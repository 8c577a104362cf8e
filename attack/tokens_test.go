package attack

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// TestTokenAttacks: whatever token and userinfo endpoint say that they must
// not, the callback refuses and nobody is signed in. The attacks and their
// twins are the rogue's, one line each.
func TestTokenAttacks(t *testing.T) {
	a := begin(t, "tokens")
	for _, attack := range rogue.TokenAttacks() {
		a.try(attack.Name, func(t *testing.T) {
			w := open(t, mistrusting, attack.Script())
			p := w.person(t)
			w.refusesCallback(t, p, p.step(p.callback().String()))
			if n := w.rogue.Count("token"); n != 1 {
				t.Errorf("the token endpoint was asked %d times; the attack was not tried", n)
			}
			if !strings.Contains(w.log(), `"outcome":"failure"`) {
				t.Error("the audit trail tells nothing")
			}
		})
	}
	for _, twin := range rogue.Benign() {
		a.try("benign: "+twin.Name, func(t *testing.T) {
			w := open(t, mistrusting, twin.Script())
			p := w.person(t)
			p.follow(home + "/.auth/login?rd=/public/x")
			if p.me() != rogue.Subject {
				t.Errorf("signed in as %q", p.me())
			}
		})
	}
}

// TestUnknownKeysCostTheProviderLittle: tokens that name keys of their own
// invention do not turn the gateway against its provider.
func TestUnknownKeysCostTheProviderLittle(t *testing.T) {
	a := begin(t, "tokens")
	w := open(t, mistrusting)
	w.signIn(t, "") // keys are at hand
	fetched := w.rogue.Count("jwks")
	var n atomic.Int64
	w.rogue.Play(rogue.Script{
		IDToken: func(_, header map[string]any) { header["kid"] = "unknown-" + strconv.FormatInt(n.Add(1), 10) },
		Key:     func(k rogue.Keys) any { return k.Unpublished },
	})
	a.try("a thousand unknown kids make at most two key fetches", func(t *testing.T) {
		p := w.person(t)
		for range 1000 {
			if r := p.step(p.callback().String()); r.status != http.StatusBadRequest {
				t.Fatalf("%d", r.status)
			}
		}
		if more := w.rogue.Count("jwks") - fetched; more > 2 {
			t.Errorf("%d key fetches", more)
		}
	})
	w.rogue.Play(rogue.Script{})
	a.try("benign: the right key still works", func(t *testing.T) { w.signIn(t, "") })
}
