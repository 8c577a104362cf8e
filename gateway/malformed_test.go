package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// TestMalformedAnswersAreOneClearError: at every endpoint, the reason stands on
// the page and in the log, nobody is signed in, and the next sign-in works.
func TestMalformedAnswersAreOneClearError(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"par", "token", "userinfo"} {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			h := start(t, rogueWith("\n    par: required\n    userinfo: always"))
			for _, m := range rogue.MalformedAnswers() {
				if endpoint == "par" && m.Reason == "provider_throttling" {
					continue // and then it is left alone for a while, which has its own test
				}
				h.rogue.Play(rogue.Script{Raw: func(asked string, w http.ResponseWriter, r *http.Request) bool {
					if asked != endpoint {
						return false
					}
					m.Answer(w, r)
					return true
				}})
				b := h.browserFor(t)
				a := b.open(home + "/x").noSession()
				if a.StatusCode < 400 || !strings.Contains(a.text, m.Reason) {
					t.Errorf("%s: %d, want reason %s\n%s", m.Name, a.StatusCode, m.Reason, a.gist())
				}
				h.log.last(t, "audit", func(r map[string]any) bool { return r["outcome"] == "failure" && r["reason"] == m.Reason })
				if b.me() != nil {
					t.Errorf("%s: there is a session", m.Name)
				}
				h.rogue.Play(rogue.Script{})
				b.open(home + "/x").fromApp()
			}
			h.app.take()
		})
	}
}

// TestMalformedDocumentsHeal: discovery and keys are fetched before anybody
// comes, and again until they are right.
func TestMalformedDocumentsHeal(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"discovery", "jwks"} {
		for _, m := range rogue.MalformedAnswers() {
			t.Run(endpoint+" "+m.Name, func(t *testing.T) {
				t.Parallel()
				h := start(t, rogueWith(""), playing(rogue.Script{Raw: func(asked string, w http.ResponseWriter, r *http.Request) bool {
					if asked != endpoint {
						return false
					}
					m.Answer(w, r)
					return true
				}}))
				a := h.browser().open(home + "/x").wants(http.StatusServiceUnavailable).noSession()
				if !strings.Contains(a.text, m.Reason) || a.Header.Get("Retry-After") == "" {
					t.Errorf("want reason %s\n%s", m.Reason, a.gist())
				}
				h.rogue.Play(rogue.Script{})
				b := h.browser()
				eventually(t, "healing", func() bool { return b.open(home+"/x").StatusCode == http.StatusOK })
			})
		}
	}
}

// TestASignInCostsTokenAndUserinfo at most, and one push where that is asked.
func TestASignInCostsTokenAndUserinfo(t *testing.T) {
	t.Parallel()
	h := start(t, rogueWith("\n    par: required\n    userinfo: always"))
	h.browser().open(home + "/x").fromApp()
	before := map[string]int{}
	for _, endpoint := range []string{"discovery", "jwks", "par", "token", "userinfo"} {
		before[endpoint] = h.rogue.Count(endpoint)
	}
	h.browser().open(home + "/x").fromApp()
	for endpoint, want := range map[string]int{"discovery": 0, "jwks": 0, "par": 1, "token": 1, "userinfo": 1} {
		if n := h.rogue.Count(endpoint) - before[endpoint]; n != want {
			t.Errorf("%s was asked %d times, want %d", endpoint, n, want)
		}
	}
}
