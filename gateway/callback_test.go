package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// refusedCallback fails unless a callback ended without a session and said
// what to do next.
func refusedCallback(t *testing.T, h *house, b *browser, a *answer) {
	t.Helper()
	if a.StatusCode < 400 || a.StatusCode > 499 {
		t.Errorf("the callback answers %d, want 4xx\n%s", a.StatusCode, a.gist())
	}
	a.noSession()
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Error("the callback's answer may be stored")
	}
	if !strings.Contains(a.text, "Request id") || !strings.Contains(a.text, "Reason") {
		t.Errorf("the page has no reason or request id:\n%s", a.gist())
	}
	if b.me() != nil {
		t.Error("there is a session")
	}
	h.app.untouched(t)
}

// withQuery changes a callback's parameters.
func withQuery(u *url.URL, change func(q url.Values)) string {
	v, q := *u, u.Query()
	change(q)
	v.RawQuery = q.Encode()
	return v.String()
}

func flip(s string, at int) string {
	c := byte('A')
	if s[at] == c {
		c = 'B'
	}
	return s[:at] + string(c) + s[at+1:]
}

// TestCallbackTakesAForm: a provider may post its answer. What it leads to is
// no 307, which would post the code on.
func TestCallbackTakesAForm(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	at := b.until(home+"/.auth/callback/", home+"/x?y")
	query := at.RawQuery
	at.RawQuery = ""
	typed := []string{"Content-Type", "application/x-www-form-urlencoded"}
	refusals := map[string]string{
		"a form above 64 KiB":         query + "&pad=" + strings.Repeat("x", 100_000),
		"two codes":                   query + "&code=x",
		"a form with a broken escape": query + "&x=%zz",
	}
	for name, body := range refusals {
		if a := b.send(stay, "POST", at.String(), body, typed...); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	if n := h.idp.Count(devidp.Token); n != 0 {
		t.Errorf("the token endpoint was asked %d times", n)
	}
	a := b.send(stay, "POST", at.String(), query, typed...).wants(http.StatusSeeOther)
	if to := a.Header.Get("Location"); to != "/x?y" {
		t.Errorf("leads to %s", to)
	}
}

// TestCallbackIsRedeemedOnce: with the live session it made it goes on to the
// target, for anybody else it is over. The token endpoint is asked once.
func TestCallbackIsRedeemedOnce(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	callback := b.until(home+"/.auth/callback/", home+"/x?y=1").String()
	attempt := b.cookies(home)
	b.once(callback).wants(http.StatusSeeOther)

	again := b.once(callback).wants(http.StatusSeeOther).noCookie()
	if to := again.Header.Get("Location"); to != "/x?y=1" {
		t.Errorf("the second time leads to %q", to)
	}
	// Somebody who copied address and attempt cookie, but has no session.
	thief := h.browser()
	for _, c := range attempt {
		thief.sends(c.Name, c.Value)
	}
	refusedCallback(t, h, thief, thief.once(callback))
	// Somebody with a session of their own.
	ben := h.signIn("ben.osei")
	a := ben.once(callback)
	a.wants(http.StatusBadRequest).noSession()
	if sub := ben.me()["sub"]; sub != "5b2e91d4-7c60-4f3a-8d15-90e4b7a1c622" {
		t.Errorf("Ben is now %v", sub)
	}
	if n := h.idp.Count(devidp.Token); n != 2 {
		t.Errorf("the token endpoint was asked %d times, want once each", n)
	}
}

// TestTwentyCallbacksAtOnceMakeOneTokenCall: a browser that sends its redirect
// twenty times gets one session and no failure that ends it.
func TestTwentyCallbacksAtOnceMakeOneTokenCall(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	callback := b.until(home+"/.auth/callback/", home+"/x").String()
	var wait sync.WaitGroup
	answers := make([]*answer, 20)
	for i := range answers {
		wait.Go(func() { answers[i] = b.once(callback) })
	}
	wait.Wait()
	sessions := 0
	for _, a := range answers {
		a.wants(http.StatusSeeOther, http.StatusBadRequest)
		for _, c := range a.Cookies() {
			if isSession(c.Name) && c.MaxAge >= 0 {
				sessions++
			}
		}
	}
	if n := h.idp.Count(devidp.Token); n != 1 || sessions != 1 {
		t.Errorf("%d token calls and %d sessions, want one each", n, sessions)
	}
	b.open(home + "/x").fromApp()
}

// TestProviderErrorsAreExplained: the person learns what to do next, in our
// words. The provider's are a stranger's.
func TestProviderErrorsAreExplained(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, c := range []struct {
		code   string
		status int
	}{
		{"access_denied", 400}, {"login_required", 400}, {"invalid_scope", 400}, {"<b>x</b>", 400}, {"", 400},
		{"server_error", 503}, {"temporarily_unavailable", 503},
	} {
		b := h.browserFor(t)
		callback := b.until(home+"/.auth/callback/", home+"/x")
		a := b.once(withQuery(callback, func(q url.Values) {
			q.Del("code")
			q.Set("error", c.code)
			q.Set("error_description", `<script>alert("marker-7412")</script>`)
			q.Set("error_uri", "https://evil.example/marker-7412")
		})).wants(c.status).noSession()
		if strings.Contains(a.text, "marker-7412") || strings.Contains(a.text, "<b>x") {
			t.Errorf("error=%s: the page repeats the provider's words:\n%s", c.code, a.text)
		}
		a.says("Try again").says("/.auth/login?")
		if retry := a.Header.Get("Retry-After"); (c.status == 503) != (retry != "") {
			t.Errorf("error=%s: Retry-After is %q", c.code, retry)
		}
	}
}

// TestAttemptsAreBounded: a browser holds at most five sign-ins under way,
// together under 4 KB, and the newest always works.
func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	var last *url.URL
	for i := range 12 {
		last = b.until(home+"/.auth/callback/", home+"/"+strings.Repeat("x", 100*i))
		size, n := 0, 0
		for _, c := range b.cookies(home) {
			if strings.HasPrefix(c.Name, "__Host-gatehouse-") {
				n++
				size += len(c.Value)
			}
		}
		if n < 1 || n > 5 || size > 4000 {
			t.Errorf("after %d sign-ins: %d attempts of %d bytes", i+1, n, size)
		}
	}
	b.open(last.String()).fromApp()
}
