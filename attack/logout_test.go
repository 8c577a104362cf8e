package attack

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestNobodyElseSignsPeopleOut [CVE-2026-34454]: only what the person asked for
// acts; everything else shows a form and changes nothing.
func TestNobodyElseSignsPeopleOut(t *testing.T) {
	a := begin(t, "logout")
	w := open(t, simple)
	for _, c := range []struct {
		name, method, fields string
		acts                 bool
	}{
		{"benign: a link on the page", "GET", "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: navigate", true},
		{"benign: typed", "GET", "Sec-Fetch-Site: none|Sec-Fetch-Mode: navigate", true},
		{"benign: an old browser, typed", "GET", "", true},
		{"benign: an old browser, our own link", "GET", "Referer: https://app.example.test/wiki?x", true},
		{"another site", "GET", "Sec-Fetch-Site: cross-site|Sec-Fetch-Mode: navigate", false},
		{"a sibling", "GET", "Sec-Fetch-Site: same-site|Sec-Fetch-Mode: navigate", false},
		{"another site with our Referer", "GET", "Sec-Fetch-Site: cross-site|Referer: https://app.example.test/", false},
		{"an unknown word", "GET", "Sec-Fetch-Site: who-knows", false},
		{"two words", "GET", "Sec-Fetch-Site: none, cross-site", false},
		{"an old browser, another site's link", "GET", "Referer: https://evil.example/", false},
		{"an old browser, a look-alike's", "GET", "Referer: https://app.example.test.evil.example/", false},
		{"an old browser, plaintext's", "GET", "Referer: http://app.example.test/", false},
		{"an old browser, another port's", "GET", "Referer: https://app.example.test:8443/", false},
		{"an old browser, a user that looks like us", "GET", "Referer: https://app.example.test@evil.example/", false},
		{"an old browser, a broken one", "GET", "Referer: ://", false},
		{"a prefetch", "GET", "Sec-Fetch-Site: same-origin|Sec-Purpose: prefetch", false},
		{"a prerender", "GET", "Sec-Fetch-Site: same-origin|Sec-Purpose: prefetch;prerender", false},
		{"an old prefetch", "GET", "Purpose: prefetch", false},
		{"a Firefox prefetch", "GET", "X-Moz: prefetch", false},
		{"a picture", "GET", "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: no-cors|Sec-Fetch-Dest: image", false},
		{"a script", "GET", "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: cors|Sec-Fetch-Dest: empty", false},
		{"a frame", "GET", "Sec-Fetch-Site: same-origin|Sec-Fetch-Mode: navigate|Sec-Fetch-Dest: iframe", false},
		{"a HEAD", "HEAD", "Sec-Fetch-Site: same-origin", false},
		{"a POST without a token", "POST", "Origin: https://app.example.test", false},
		{"a POST of another site", "POST", "Origin: https://evil.example", false},
		{"a POST of nowhere", "POST", "Origin: null", false},
		{"a POST that does not say", "POST", "", false},
		{"a PUT", "PUT", "Origin: https://app.example.test", false},
		{"a DELETE", "DELETE", "Origin: https://app.example.test", false},
	} {
		a.try(c.name, func(t *testing.T) {
			p := w.signIn(t, "ana.kovacs")
			fields := []string{"Accept: text/html"}
			if c.fields != "" {
				fields = append(fields, strings.Split(c.fields, "|")...)
			}
			r, _ := p.send(stay, c.method, home+"/.auth/logout?local=1", "", fields)
			if alive := p.me() != ""; alive == c.acts {
				t.Errorf("%d, and the session is alive: %v", r.status, alive)
			}
			if r.status >= 500 || !c.acts && len(r.header.Values("Set-Cookie")) > 0 {
				t.Errorf("%d: %v", r.status, r.header)
			}
		})
	}
	token := func(t *testing.T, p *person) string {
		t.Helper()
		r, _ := p.send(stay, http.MethodGet, home+"/.auth/logout", "", []string{"Accept: text/html", "Sec-Fetch-Site: cross-site"})
		found := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(r.body)
		if found == nil {
			t.Fatalf("%d without a form", r.status)
		}
		return found[1]
	}
	post := func(p *person, origin, token string) {
		_, _ = p.send(stay, http.MethodPost, home+"/.auth/logout?local=1", url.Values{"token": {token}}.Encode(), []string{"Origin: " + origin, "Content-Type: application/x-www-form-urlencoded"})
	}
	for name, c := range map[string]struct {
		origin string
		token  func(t *testing.T, p *person) string
		acts   bool
	}{
		"benign: the form":              {home, token, true},
		"the form from elsewhere":       {"https://evil.example", token, false},
		"somebody else's token":         {home, func(t *testing.T, p *person) string { return token(t, w.signIn(t, "ben.osei")) }, false},
		"a token with a byte changed":   {home, func(t *testing.T, p *person) string { return flip(token(t, p), 9) }, false},
		"a token from before a sign-in": {home, func(t *testing.T, p *person) string { old := token(t, p); p.follow(home + "/.auth/login"); return old }, false},
		"an old token": {home, func(t *testing.T, p *person) string {
			old := token(t, p)
			w.clock.advance(11 * 60e9)
			return old
		}, false},
		"no token": {home, func(*testing.T, *person) string { return "" }, false},
	} {
		a.try(name, func(t *testing.T) {
			w.idp.AutoLogin("ana.kovacs")
			p := w.signIn(t, "ana.kovacs")
			with := c.token(t, p)
			post(p, c.origin, with)
			if alive := p.me() != ""; alive == c.acts {
				t.Errorf("the session is alive: %v", alive)
			}
		})
	}
	a.try("every piece of a large session goes", func(t *testing.T) {
		p := w.signIn(t, "elif.demir")
		p.step(home+"/.auth/logout?local=1", "Sec-Fetch-Site: same-origin")
		for _, c := range p.cookies() {
			if isSession(c.Name) {
				t.Errorf("%s is left", c.Name)
			}
		}
	})
}
