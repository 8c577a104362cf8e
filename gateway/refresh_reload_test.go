package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// TestReloadForgetsNoRefresh: the old cookie, whose refresh token is spent,
// goes on working; patience with a provider in trouble lasts; and a logout token
// counts once.
func TestReloadForgetsNoRefresh(t *testing.T) {
	t.Parallel()
	h := start(t, bearing, reloadable)
	b := h.signIn("ana.kovacs")
	old := b.sessionCookie()
	token := "logout_token=" + h.logoutToken(func(c map[string]any) { c["sid"] = "another" })
	h.logout(token).wants(http.StatusOK)
	h.clock.advance(61 * time.Minute)
	b.fetch("GET", home+"/x", "").fromApp()
	again := bearing + "pages: {title: Northwind}\n"
	h.reload(again)
	calls := h.idp.Count(devidp.Token)
	h.browser().fetch("GET", home+"/x", "", "Cookie", old).fromApp()
	if n := h.idp.Count(devidp.Token) - calls; n != 0 {
		t.Errorf("%d calls of the token endpoint", n)
	}

	h.idp.Fault(devidp.Token, devidp.Throttled(time.Minute))
	h.clock.advance(61 * time.Minute)
	b.fetch("GET", home+"/x", "").fromApp()
	h.reload(bearing)
	calls = h.idp.Count(devidp.Token)
	b.fetch("GET", home+"/x", "").fromApp()
	if n := h.idp.Count(devidp.Token) - calls; n != 0 {
		t.Errorf("a throttling provider was asked %d times more", n)
	}
	h.logout(token).wants(http.StatusBadRequest)
}
