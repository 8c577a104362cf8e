package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// withSession puts more into the session block.
func withSession(file, more string) string {
	return strings.Replace(file, `keys: ["${KEY}"]`, `keys: ["${KEY}"]`+"\n  "+more, 1)
}

// TestSignOutEndsTheProvidersSessionToo: RP-Initiated Logout, with the hint or
// with client_id; after it the provider asks again.
func TestSignOutEndsTheProvidersSessionToo(t *testing.T) {
	t.Parallel()
	for _, hint := range []string{"always", "never", "auto"} {
		h := start(t, strings.Replace(simple, "client_id: gatehouse", "client_id: gatehouse\n    sign_out_hint: "+hint, 1))
		b := h.signIn("ana.kovacs")
		to := b.until(base(h.idp), home+"/.auth/logout?rd=/public/bye")
		q := to.Query()
		if (q.Get("id_token_hint") != "") != (hint == "always") || q.Get("client_id") != "gatehouse" ||
			q.Get("post_logout_redirect_uri") != home+"/.auth/signed-out" || q.Get("state") == "" {
			t.Errorf("%s: sent to %s", hint, to)
		}
		if b.me() != nil {
			t.Errorf("%s: the session here goes on until the provider answers", hint)
		}
		b.open(to.String()).fromApp()
		if got := h.app.only(t); got.Target != "/public/bye" {
			t.Errorf("%s: landed at %s", hint, got.Target)
		}
		if n := h.idp.EndSessions("ana.kovacs"); n != 0 {
			t.Errorf("%s: the provider still had %d sessions", hint, n)
		}
	}
}

// TestSignOutHappensHereFirst: a provider that is down or has no such address
// keeps nobody signed in.
func TestSignOutHappensHereFirst(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	b.once(home + "/.auth/logout?local=1").wants(http.StatusSeeOther)
	if h.idp.Count(devidp.SignOff) != 0 || b.me() != nil {
		t.Error("a local sign-out asked the provider, or did nothing")
	}
	b = h.signIn("ana.kovacs")
	h.idp.SetDown(true)
	b.once(home + "/.auth/logout").wants(http.StatusSeeOther)
	if b.me() != nil {
		t.Error("the provider is down and the session lives")
	}
}

// TestSignedOutTrustsItsOwnStatesAlone: anybody may send people there.
func TestSignedOutTrustsItsOwnStatesAlone(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	good := h.signIn("ana.kovacs").until(home+"/.auth/signed-out", home+"/.auth/logout?rd=/public/bye").Query().Get("state")
	b := h.browser()
	for name, state := range map[string]string{
		"changed": flip(good, 30), "invented": "https://evil.example/", "empty": "",
		"an address": "/public/bye", "twice": good + "&state=" + good,
	} {
		a := b.once(home + "/.auth/signed-out?state=" + strings.ReplaceAll(url.QueryEscape(state), "%26state%3D", "&state="))
		if a.wants(http.StatusOK).Header.Get("Location") != "" {
			t.Errorf("%s leads to %s", name, a.Header.Get("Location"))
		}
	}
	if to := b.once(home + "/.auth/signed-out?state=" + url.QueryEscape(good)).wants(http.StatusSeeOther).Header.Get("Location"); to != "/public/bye" {
		t.Errorf("benign: leads to %s", to)
	}
	h.clock.advance(minutes(12))
	b.once(home + "/.auth/signed-out?state=" + url.QueryEscape(good)).wants(http.StatusOK)
}

// TestSignOutRevokesTheRefreshToken: RFC 7009, and nobody waits for it.
func TestSignOutRevokesTheRefreshToken(t *testing.T) {
	t.Parallel()
	h := start(t, withSession(simple, "recheck: 10m"))
	b := h.signIn("ana.kovacs")
	hold := make(chan struct{})
	h.idp.Fault(devidp.Revoke, devidp.Fault{Hold: hold})
	b.once(home + "/.auth/logout?local=1").wants(http.StatusSeeOther)
	close(hold)
	eventually(t, "revocation", func() bool { return h.idp.Count(devidp.Revoke) == 1 })
}
