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

// TestCallbackRefusesForeignState [RFC 9700 4.7]: the state must name an
// attempt of this very browser, at this provider and on this host, or the
// token endpoint is not even asked.
func TestCallbackRefusesForeignState(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(strings.TrimSpace(fromRogue), "providers:")+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], providers: ping}
  - {name: other, from: "https://other.example.test", to: "${APP}", policy: [{allow: everyone}], providers: ping}
`)
	callback := func(b *browser) *url.URL { return b.until(home+"/.auth/callback/", home+"/x") }
	for _, c := range []struct {
		name string
		send func(b *browser) *answer
	}{
		{"no state", func(b *browser) *answer {
			return b.once(withQuery(callback(b), func(q url.Values) { q.Del("state") }))
		}},
		{"a made-up state", func(b *browser) *answer {
			return b.once(withQuery(callback(b), func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) }))
		}},
		{"a state with a byte changed", func(b *browser) *answer {
			return b.once(withQuery(callback(b), func(q url.Values) { q.Set("state", flip(q.Get("state"), 7)) }))
		}},
		{"another browser's state", func(b *browser) *answer {
			return b.once(callback(h.browserFor(b.t)).String())
		}},
		{"another browser's state beside one's own", func(b *browser) *answer {
			callback(b)
			return b.once(callback(h.browserFor(b.t)).String())
		}},
		{"another host's state", func(b *browser) *answer {
			there := b.until("https://other.example.test/.auth/callback/", "https://other.example.test/x")
			return b.once(strings.Replace(there.String(), "other.", "app.", 1))
		}},
		{"another provider's callback", func(b *browser) *answer {
			return b.once(strings.Replace(callback(b).String(), "/callback/ping", "/callback/rogue", 1))
		}},
		{"after eleven minutes", func(b *browser) *answer {
			at := callback(b)
			h.clock.advance(minutes(11))
			return b.once(at.String())
		}},
		{"without the attempt's cookie", func(b *browser) *answer {
			at := callback(b)
			return h.browserFor(b.t).once(at.String())
		}},
		{"two states", func(b *browser) *answer {
			at := callback(b)
			return b.once(at.String() + "&state=" + url.QueryEscape(at.Query().Get("state")))
		}},
		{"two codes", func(b *browser) *answer { return b.once(callback(b).String() + "&code=x") }},
		{"two codes, one escaped", func(b *browser) *answer { return b.once(callback(b).String() + "&c%6fde=x") }},
		{"a code and an error", func(b *browser) *answer { return b.once(callback(b).String() + "&error=access_denied") }},
		{"no code", func(b *browser) *answer {
			return b.once(withQuery(callback(b), func(q url.Values) { q.Del("code") }))
		}},
		{"a foreign iss", func(b *browser) *answer {
			return b.once(withQuery(callback(b), func(q url.Values) { q.Set("iss", "https://evil.example/as") }))
		}},
		{"a semicolon in the query", func(b *browser) *answer { return b.once(callback(b).String() + ";x=y") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := h.idp.Count(devidp.Token) + h.rogue.Count("token")
			b := h.browserFor(t)
			refusedCallback(t, h, b, c.send(b))
			if n := h.idp.Count(devidp.Token) + h.rogue.Count("token") - asked; n != 0 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
	t.Run("benign twin", func(t *testing.T) {
		b := h.browserFor(t)
		b.open(callback(b).String()).fromApp()
	})
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
