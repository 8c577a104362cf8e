package gateway_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestCopiedCookieDiesWithTheSignOut: the list is the server's, so a replay
// is as dead as the browser's own.
func TestCopiedCookieDiesWithTheSignOut(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	ana, ben := h.signIn("ana.kovacs"), h.signIn("ben.osei")
	copied := ana.sessionCookie()
	replay := "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: " + copied + "\n\n"
	h.raw(t, replay).fromApp()

	a := ana.open(home+"/.auth/logout", "Sec-Fetch-Site", "same-origin").wants(http.StatusOK)
	if a.Request.URL.String() != home+"/.auth/signed-out" {
		t.Errorf("ended at %s", a.Request.URL)
	}
	h.raw(t, replay).wants(http.StatusUnauthorized)
	if len(sessionPieces(ana)) != 0 || ana.me() != nil {
		t.Error("the browser still has the session")
	}
	if ben.me() == nil {
		t.Error("somebody else was signed out too")
	}
	h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "sign_out" })

	ana.open(home + "/x").fromApp() // signing in again works at once
	h.raw(t, replay).wants(http.StatusUnauthorized)
}

// TestThirdSitesCannotSignPeopleOut [CVE-2026-34454]: only what the person
// asked for acts; everything else shows a form and changes nothing.
func TestThirdSitesCannotSignPeopleOut(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, c := range []struct {
		name   string
		header []string
		acts   bool
	}{
		{"benign: a link on the page", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"}, true},
		{"benign: typed", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, true},
		{"benign: an old browser, typed", nil, true},
		{"benign: an old browser, our own link", []string{"Referer", home + "/wiki?x"}, true},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, false},
		{"a sibling subdomain", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"}, false},
		{"another site with our Referer", []string{"Sec-Fetch-Site", "cross-site", "Referer", home + "/"}, false},
		{"an unknown word", []string{"Sec-Fetch-Site", "who-knows"}, false},
		{"an empty one", []string{"Sec-Fetch-Site", ""}, true}, // as if there were none
		{"an old browser, another site's link", []string{"Referer", "https://evil.example/"}, false},
		{"an old browser, a look-alike's link", []string{"Referer", "https://app.example.test.evil.example/"}, false},
		{"an old browser, plaintext's link", []string{"Referer", "http://app.example.test/"}, false},
		{"an old browser, another port's link", []string{"Referer", "https://app.example.test:8443/"}, false},
		{"an old browser, a user name that looks like us", []string{"Referer", "https://app.example.test@evil.example/"}, false},
		{"a prefetch", []string{"Sec-Fetch-Site", "same-origin", "Sec-Purpose", "prefetch"}, false},
		{"a prerender", []string{"Sec-Fetch-Site", "same-origin", "Sec-Purpose", "prefetch;prerender"}, false},
		{"an old prefetch", []string{"Purpose", "prefetch"}, false},
		{"a Firefox prefetch", []string{"X-Moz", "prefetch"}, false},
		{"a picture", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, false},
		{"a script's fetch", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, false},
		{"a frame", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := h.signInFor(t, "ana.kovacs")
			a := b.send(stay, "GET", home+"/.auth/logout?local=1&rd=/public", "", append([]string{"Accept", "text/html"}, c.header...)...)
			if c.acts {
				a.wants(http.StatusSeeOther)
				if to := a.Header.Get("Location"); to != "/public" {
					t.Errorf("leads to %s", to)
				}
				if b.me() != nil {
					t.Error("the session is alive")
				}
				return
			}
			a.wants(http.StatusOK).noCookie().says("<form")
			if b.me() == nil {
				t.Error("the session is over")
			}
			// The form is the way out.
			token := formToken(t, a)
			b.send(stay, "POST", home+"/.auth/logout", form("token", token, "rd", "/public"),
				"Content-Type", "application/x-www-form-urlencoded", "Origin", home).wants(http.StatusSeeOther)
			if b.me() != nil {
				t.Error("the confirmed sign-out did nothing")
			}
		})
	}
	b := h.signIn("ana.kovacs")
	b.send(stay, "HEAD", home+"/.auth/logout", "", navigate...).wants(http.StatusOK).noCookie()
	if b.me() == nil {
		t.Error("a HEAD signed out")
	}
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func formToken(t *testing.T, a *answer) string {
	t.Helper()
	found := tokenField.FindStringSubmatch(a.text)
	if found == nil {
		t.Fatalf("the page has no form:\n%s", a.gist())
	}
	return found[1]
}

// TestSignOutFormNeedsOriginAndToken: each alone is what a third site could
// have.
func TestSignOutFormNeedsOriginAndToken(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b, other := h.signIn("ana.kovacs"), h.signIn("ben.osei")
	asForm := func(b *browser) string {
		return formToken(t, b.send(stay, "GET", home+"/.auth/logout", "", "Accept", "text/html", "Sec-Fetch-Site", "cross-site"))
	}
	token, anothers, nobodys := asForm(b), asForm(other), asForm(h.browser())
	for _, c := range []struct{ name, token, origin string }{
		{"no Origin", token, ""},
		{"another Origin", token, "https://evil.example"},
		{"an Origin of null", token, "null"},
		{"the plaintext Origin", token, "http://app.example.test"},
		{"no token", "", home},
		{"a token with a byte changed", flip(token, 20), home},
		{"another session's token", anothers, home},
		{"a token of nobody", nobodys, home},
	} {
		header := []string{"Content-Type", "application/x-www-form-urlencoded"}
		if c.origin != "" {
			header = append(header, "Origin", c.origin)
		}
		a := b.send(stay, "POST", home+"/.auth/logout", form("token", c.token), header...)
		if a.StatusCode != http.StatusForbidden || b.me() == nil {
			t.Errorf("%s: %d, session %v", c.name, a.StatusCode, b.me() != nil)
		}
	}
	// In the query the token would be in logs and Referers.
	b.send(stay, "POST", home+"/.auth/logout?token="+url.QueryEscape(token), "", "Origin", home).wants(http.StatusForbidden)
	b.send(stay, "POST", home+"/.auth/logout", form("token", token), "Content-Type", "application/x-www-form-urlencoded", "Origin", home).wants(http.StatusSeeOther)
	if b.me() != nil || other.me() == nil {
		t.Error("not the one session is over")
	}
}

// TestSignOutLeadsToCheckedAddresses: rd, else after_sign_out, else our page;
// with a detour through the provider or without.
func TestSignOutLeadsToCheckedAddresses(t *testing.T) {
	t.Parallel()
	configured := strings.Replace(simple, `keys: ["${KEY}"]`, `{keys: ["${KEY}"], after_sign_out: "https://www.example.com/bye"}`, 1)
	for _, c := range []struct{ file, rd, want string }{
		{simple, "", "/.auth/signed-out"},
		{simple, "/public/bye", "/public/bye"},
		{simple, "/", "/"},
		{simple, "https://evil.example/", "/.auth/signed-out"},
		{simple, "//evil.example/", "/.auth/signed-out"},
		{configured, "", "https://www.example.com/bye"},
		{configured, "/public/bye", "/public/bye"},
		{configured, `/\evil.example`, "https://www.example.com/bye"},
	} {
		h := start(t, c.file)
		b := h.signIn("ana.kovacs")
		a := b.once(home + "/.auth/logout?local=1&rd=" + url.QueryEscape(c.rd)).wants(http.StatusSeeOther)
		if got := a.Header.Get("Location"); got != c.want {
			t.Errorf("rd=%q leads to %q, want %q", c.rd, got, c.want)
		}
		b = h.signIn("ana.kovacs")
		back := b.until(home+"/.auth/signed-out", home+"/.auth/logout?rd="+url.QueryEscape(c.rd))
		a = b.once(back.String())
		if got := a.Header.Get("Location"); got != c.want {
			t.Errorf("rd=%q by way of the provider leads to %q, want %q", c.rd, got, c.want)
		}
	}
}
