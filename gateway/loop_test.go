package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// TestALoopIsExplained: a browser that never brings its session back is told
// so instead of going round, and may try again. One that does is left alone.
func TestALoopIsExplained(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	rounds := 0
	for ; rounds < 20; rounds++ {
		a := b.once(home + "/x?y=1")
		if a.StatusCode != http.StatusFound {
			a.wants(http.StatusBadRequest).says("sign_in_loop").says("/.auth/login?rd=%2Fx%3Fy%3D1")
			break
		}
		back := b.until(home+"/.auth/callback/", home+"/x?y=1")
		b.once(back.String()).wants(http.StatusSeeOther)
		b.sends("__Host-gatehouse", "1~another-replica-made-this")
	}
	if rounds != 3 {
		t.Errorf("went round %d times", rounds)
	}
	line := h.log.last(t, "request", func(r map[string]any) bool { return r["reason"] == "sign_in_loop" })
	if !strings.Contains(line["error"].(string), "session.keys") {
		t.Errorf("the log does not help: %v", line["error"])
	}
	b.once(home + "/x").wants(http.StatusFound) // another try

	b = h.browser()
	for range 8 { // signing out and in is no loop, and neither is switching accounts
		b.open(home + "/x").fromApp()
		b.open(home + "/.auth/login?prompt=login&rd=/x").fromApp()
		b.once(home + "/.auth/logout?local=1").wants(http.StatusSeeOther)
	}
}

// TestALostAttemptStartsAgainOnce: by itself, and not for ever, also when no
// cookie at all comes back; and nothing is redeemed.
func TestALostAttemptStartsAgainOnce(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	lost := h.browser().until(home+"/.auth/callback/", home+"/x")
	other := h.browser() // has no attempt
	before := h.idp.Count(devidp.Token)
	a := other.once(lost.String()).wants(http.StatusBadRequest).says("attempt_unknown").noSession()
	to, found := strings.CutPrefix(a.Header.Get("Refresh"), "2; url=")
	if !found || !strings.HasPrefix(to, "/.auth/login?") {
		t.Fatalf("Refresh %q", a.Header.Get("Refresh"))
	}
	back := other.until(home+"/.auth/callback/", home+to)
	stranger := h.browser()
	if a := stranger.once(back.String()).wants(http.StatusBadRequest); a.Header.Get("Refresh") != "" {
		t.Errorf("starts again and again: %q", a.Header.Get("Refresh"))
	}
	if h.idp.Count(devidp.Token) != before {
		t.Error("a code was redeemed")
	}
	other.open(back.String()).fromApp() // benign: the restarted one goes through
	for name, query := range map[string]string{"no code": "?state=" + strings.Repeat("a", 43), "no state of ours": "?state=x&code=y"} {
		if a := h.browser().once(home + "/.auth/callback/ping" + query); a.StatusCode != http.StatusBadRequest || a.Header.Get("Refresh") != "" {
			t.Errorf("%s: %d, Refresh %q", name, a.StatusCode, a.Header.Get("Refresh"))
		}
	}
}

// TestFiveTabsEachReachTheirPage: sign-ins side by side in one browser.
func TestFiveTabsEachReachTheirPage(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.browser()
	var backs []string
	pages := []string{"/a?x=1", "/b", "/c", "/d?y=%2F", "/e"}
	for _, page := range pages {
		backs = append(backs, b.until(home+"/.auth/callback/", home+page).String())
	}
	for i, back := range backs {
		b.open(back).fromApp()
		if got := h.app.only(t).Target; got != pages[i] {
			t.Errorf("tab %d reached %s, want %s", i, got, pages[i])
		}
	}
}
