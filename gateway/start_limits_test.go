package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSignInStartsAreLimitedForEachClient: one client's flood ends in 429 and
// touches nobody else, as far as clients can be told apart.
func TestSignInStartsAreLimitedForEachClient(t *testing.T) {
	t.Parallel()
	const flood = 310 // a little over what is allowed at once
	begin := func(h *house, client string) *answer {
		return h.browser().once(home+"/.auth/login?rd=/", "Accept", "text/html", "X-Forwarded-For", client)
	}

	behind := strings.Replace(simple, "server:\n", "server:\n  trusted_proxies: [127.0.0.1]\n", 1)
	h := start(t, behind)
	limited := 0
	for range flood {
		if a := begin(h, "203.0.113.5"); a.StatusCode == http.StatusTooManyRequests {
			limited++
			if a.Header.Get("Retry-After") == "" {
				t.Fatal("429 without Retry-After")
			}
			a.noCookie()
		} else {
			a.wants(http.StatusFound)
		}
	}
	if limited == 0 {
		t.Errorf("%d sign-ins of one client began without a limit", flood)
	}
	begin(h, "203.0.113.6").wants(http.StatusFound) // benign: somebody else

	// Where nobody tells clients apart, the proxy's address is everybody's.
	h = start(t, simple)
	for range flood {
		begin(h, "203.0.113.5").wants(http.StatusFound)
	}
}

// TestFailedCallbacksAreLimitedForEachClient: who tries states is told less
// and less often, and keeps nobody at the same address from signing in.
func TestFailedCallbacksAreLimitedForEachClient(t *testing.T) {
	t.Parallel()
	const flood = 110 // a little over what is allowed at once
	h := start(t, strings.Replace(simple, "server:\n", "server:\n  trusted_proxies: [127.0.0.1]\n", 1))
	fail := func(client string) *answer {
		return h.browser().once(home+"/.auth/callback/ping?code=x&state=y", "X-Forwarded-For", client)
	}
	limited := 0
	for range flood {
		a := fail("203.0.113.5").noSession()
		if a.wants(http.StatusBadRequest, http.StatusTooManyRequests); a.StatusCode == http.StatusTooManyRequests {
			limited++
			if a.Header.Get("Retry-After") == "" {
				t.Fatal("429 without Retry-After")
			}
		}
	}
	if limited == 0 {
		t.Errorf("%d callbacks of one client failed without a limit", flood)
	}
	fail("203.0.113.6").wants(http.StatusBadRequest) // somebody else

	b := h.browser() // benign: at the address that is over its limit
	b.open(home+"/public/x", "X-Forwarded-For", "203.0.113.5").fromApp()
	b.open(home+"/.auth/login?rd=/public/x", "X-Forwarded-For", "203.0.113.5").fromApp()
	if b.me() == nil {
		t.Error("a sign-in that works was refused")
	}
}

// TestOnlyNavigationsBeginOrEndSignIns: a page's pictures and fetches would
// push sign-ins under way out of the browser.
func TestOnlyNavigationsBeginOrEndSignIns(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, mode := range []string{"no-cors", "cors", "same-origin", "websocket"} {
		h.browser().once(home+"/.auth/login?rd=/", "Sec-Fetch-Mode", mode).wants(http.StatusForbidden).noCookie()
		h.browser().once(home+"/.auth/callback/ping?state=x&code=y", "Sec-Fetch-Mode", mode).wants(http.StatusForbidden).noCookie()
	}
	h.browser().once(home+"/.auth/login?rd=/", "Sec-Fetch-Mode", "navigate").wants(http.StatusFound)
	h.browser().once(home + "/.auth/login?rd=/").wants(http.StatusFound) // a browser that does not say
}

// TestSwitchingAccountsAsksTheProviderToAsk: without prompt=login a provider
// that remembers somebody brings the same one back. No other prompt passes.
func TestSwitchingAccountsAsksTheProviderToAsk(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for prompt, want := range map[string]bool{"login": true, "none": false, "consent": false, "": false} {
		a := h.browser().once(home + "/.auth/login?rd=/&prompt=" + prompt).wants(http.StatusFound)
		if got := strings.Contains(a.Header.Get("Location"), "prompt="); got != want {
			t.Errorf("prompt=%s: the provider is asked with a prompt: %v, want %v", prompt, got, want)
		}
	}
}
