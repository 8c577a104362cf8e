package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const backChannel = home + "/.auth/backchannel-logout/ping"

// logout posts a body as the provider's server does: no cookie, no browser.
func (h *house) logout(body string) *answer {
	return h.browser().send(stay, "POST", backChannel, body, "Content-Type", "application/x-www-form-urlencoded")
}

func (h *house) logoutToken(edit func(map[string]any)) string {
	return url.QueryEscape(h.idp.LogoutToken("gatehouse", "ana.kovacs", edit))
}

// TestBackChannelLogoutEndsSessions: by sid the one, by sub all of the person.
func TestBackChannelLogoutEndsSessions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		edit        func(map[string]any)
		first, last bool // whether ana's sessions live on
	}{
		{"sid", nil, true, false},
		{"sid alone", func(c map[string]any) { delete(c, "sub") }, true, false},
		{"sub", func(c map[string]any) { delete(c, "sid") }, false, false},
	} {
		h := start(t, simple)
		first, last, ben := h.signIn("ana.kovacs"), h.signIn("ana.kovacs"), h.signIn("ben.osei")
		a := h.logout("logout_token=" + h.logoutToken(c.edit)).wants(http.StatusOK)
		if a.Header.Get("Cache-Control") != "no-store" || a.text != "" {
			t.Errorf("%s: Cache-Control %q, body %q", c.name, a.Header.Get("Cache-Control"), a.text)
		}
		if (first.me() != nil) != c.first || (last.me() != nil) != c.last || ben.me() == nil {
			t.Errorf("%s: ana %v and %v, ben %v", c.name, first.me() != nil, last.me() != nil, ben.me() != nil)
		}
		revoked := h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "revoked" })
		if revoked["reason"] != "back_channel_logout" || revoked["provider"] != "ping" {
			t.Errorf("%s: audit %v", c.name, revoked)
		}
		last.open(home + "/x").fromApp() // signing in again works at once
	}
}

// TestBackChannelLogoutRefuses: 400 in JSON, and everybody stays signed in.
// The token's own rules are in provider/logout_token_test.go.
func TestBackChannelLogoutRefuses(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	again := h.logoutToken(func(c map[string]any) { c["sid"] = "another" })
	h.logout("logout_token=" + again).wants(http.StatusOK)
	for name, body := range map[string]string{
		"nothing":         "",
		"empty":           "logout_token=",
		"twice":           "logout_token=" + h.logoutToken(nil) + "&logout_token=" + h.logoutToken(nil),
		"no token":        "logout_token=x",
		"used before":     "logout_token=" + again,
		"with a nonce":    "logout_token=" + h.logoutToken(func(c map[string]any) { c["nonce"] = "n" }),
		"without events":  "logout_token=" + h.logoutToken(func(c map[string]any) { delete(c, "events") }),
		"another's":       "logout_token=" + url.QueryEscape(h.idp.LogoutToken("other", "ana.kovacs", nil)),
		"a huge body":     "logout_token=" + strings.Repeat("a", 10<<20),
		"a broken escape": "logout_token=%zz",
	} {
		t.Run(name, func(t *testing.T) {
			a := h.logout(body)
			if a.StatusCode != http.StatusBadRequest || a.json()["error"] == nil || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %s", a.StatusCode, a.gist())
			}
		})
	}
	token := "logout_token=" + h.logoutToken(nil)
	browser := h.browser()
	browser.send(stay, "POST", backChannel, token, "Content-Type", "text/plain").wants(http.StatusBadRequest)
	browser.send(stay, "POST", backChannel+"?"+token, "").wants(http.StatusBadRequest)
	browser.send(stay, "GET", backChannel+"?"+token, "").wants(http.StatusMethodNotAllowed)
	browser.send(stay, "POST", home+"/.auth/backchannel-logout/other", token, "Content-Type", "application/x-www-form-urlencoded").wants(http.StatusNotFound)
	if b.me() == nil {
		t.Fatal("signed out by one of them")
	}
	h.logout(token + "&not=understood").wants(http.StatusOK) // section 2.5: ignored
	if b.me() != nil {
		t.Error("benign: still signed in")
	}
}

// TestFrontChannelLogout: iss and sid, no cookie, framed by the issuer alone.
func TestFrontChannelLogout(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b, ben := h.signIn("ana.kovacs"), h.signIn("ben.osei")
	sid := ""
	h.idp.LogoutToken("gatehouse", "ana.kovacs", func(c map[string]any) { sid = c["sid"].(string) })
	at := home + "/.auth/frontchannel-logout/ping"
	iss := url.QueryEscape(h.idp.Issuer())
	frame := h.browser()
	for name, query := range map[string]string{
		"nothing": "", "no sid": "?iss=" + iss, "no iss": "?sid=" + sid, "an empty sid": "?iss=" + iss + "&sid=",
		"another iss": "?iss=https%3A%2F%2Fevil.example&sid=" + sid, "two sids": "?iss=" + iss + "&sid=" + sid + "&sid=" + sid,
		"a huge sid": "?iss=" + iss + "&sid=" + strings.Repeat("a", 300),
	} {
		if a := frame.once(at + query); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	frame.once(at + "?iss=" + iss + "&sid=another").wants(http.StatusOK)
	if b.me() == nil {
		t.Fatal("signed out by one of them")
	}
	a := frame.once(at+"?iss="+iss+"&sid="+sid, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe").wants(http.StatusOK)
	csp := a.Header.Get("Content-Security-Policy")
	if !strings.HasSuffix(csp, "frame-ancestors "+base(h.idp)) || a.Header.Get("X-Frame-Options") != "" || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("CSP %q, X-Frame-Options %q", csp, a.Header.Get("X-Frame-Options"))
	}
	if b.me() != nil || ben.me() == nil {
		t.Error("not the one session is over")
	}
}

// TestProvidersPortalBeginsASignIn: OpenID Connect Core section 4; the target
// is checked and the issuer must be the provider's.
func TestProvidersPortalBeginsASignIn(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	at := home + "/.auth/initiate/ping"
	iss := h.idp.Issuer()
	b := h.browser()
	to := b.until(base(h.idp), at+"?"+form("iss", iss, "login_hint", "ana", "target_link_uri", home+"/tile?a=1"))
	if to.Query().Get("login_hint") != "ana" {
		t.Errorf("sent to %s", to)
	}
	b.open(to.String()).fromApp()
	if got := h.app.only(t); got.Target != "/tile?a=1" {
		t.Errorf("landed at %s", got.Target)
	}
	b = h.browser()
	a := b.send(stay, "POST", at, form("iss", iss, "target_link_uri", "https://evil.example/"),
		append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "https://portal.example", "Sec-Fetch-Site", "cross-site"}, navigate...)...)
	b.open(a.wants(http.StatusFound).Header.Get("Location")).fromApp()
	if got := h.app.only(t); got.Target != "/" {
		t.Errorf("another site's target leads to %s", got.Target)
	}
	for name, query := range map[string]string{
		"no issuer": "", "another": "iss=https%3A%2F%2Fevil.example", "twice": form("iss", iss) + "&" + form("iss", iss),
	} {
		if a := h.browser().once(at + "?" + query); a.StatusCode != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
}
