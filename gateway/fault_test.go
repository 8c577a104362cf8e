package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// TestProviderDownAtStart: the gateway starts and is ready, public routes
// work, sign-ins are told to come back, and it heals by itself.
func TestProviderDownAtStart(t *testing.T) {
	t.Parallel()
	h := start(t, simple, before(func(h *house) { h.idp.SetDown(true) }))
	if ready := h.admin("/readyz").wants(http.StatusOK).json(); ready["providers"].(map[string]any)["ping"] != "down" {
		t.Errorf("readyz says %v", ready)
	}
	b := h.browser()
	b.open(home + "/public/x").fromApp()
	a := b.once(home + "/x").wants(http.StatusServiceUnavailable).noCookie()
	if a.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	a.says("Try again")
	if body := b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized).json(); body["error"] != "login_required" {
		t.Errorf("a script is told %v", body)
	}
	h.idp.SetDown(false)
	within(t, 30*time.Second, "healing", func() bool {
		return h.admin("/readyz").wants(http.StatusOK).json()["providers"].(map[string]any)["ping"] == "up"
	})
	b.open(home + "/x").fromApp()
}

// TestProviderDownLaterLeavesSessionsAlone: only sign-ins suffer.
func TestProviderDownLaterLeavesSessionsAlone(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	late := h.browser()
	callback := late.until(home+"/.auth/callback/", home+"/x").String()
	h.idp.SetDown(true)
	b.fetch("GET", home+"/x", "").fromApp()
	b.fetch("GET", home+"/.auth/me", "").wants(http.StatusOK)
	h.app.take()
	a := late.once(callback).wants(http.StatusServiceUnavailable).noSession()
	if a.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	b.once(home + "/.auth/logout").wants(http.StatusSeeOther)
	h.app.untouched(t)
	h.idp.SetDown(false)
	h.browser().open(home + "/x").fromApp()
}

// TestTokenEndpointFaults: 503 with Retry-After for what may pass, 400 for
// what may not.
func TestTokenEndpointFaults(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, c := range []struct {
		name  string
		fault devidp.Fault
		want  int
		retry string
	}{
		{"500", devidp.Broken(), 503, ""},
		{"429", devidp.Throttled(17 * time.Second), 503, "17"},
		{"hangup", devidp.Fault{Hangup: true}, 503, ""},
		{"invalid_grant", devidp.InvalidGrant(), 400, ""},
		{"invalid_client", devidp.Fault{Status: 401, Code: "invalid_client"}, 400, ""},
	} {
		b := h.browserFor(t)
		callback := b.until(home+"/.auth/callback/", home+"/x").String()
		h.idp.Fault(devidp.Token, c.fault)
		a := b.once(callback)
		h.idp.Heal()
		if a.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, a.StatusCode, c.want)
		}
		a.noSession()
		retry := a.Header.Get("Retry-After")
		if (c.want == 503) != (retry != "") || c.retry != "" && retry != c.retry {
			t.Errorf("%s: Retry-After is %q", c.name, retry)
		}
		b.open(home + "/x").fromApp() // the next try works
	}
}

// TestSlowProviderFailsTheSignInWithinTenSeconds and nobody who is signed in
// notices.
func TestSlowProviderFailsTheSignInWithinTenSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	late := h.browser()
	callback := late.until(home+"/.auth/callback/", home+"/x").String()
	h.idp.Fault(devidp.Token, devidp.Fault{Trickle: time.Second})
	t.Cleanup(h.idp.Heal)
	began := time.Now()
	failed := make(chan *answer)
	go func() { failed <- late.once(callback) }()
	for {
		select {
		case a := <-failed:
			if a.StatusCode != http.StatusServiceUnavailable || time.Since(began) > 11*time.Second {
				t.Errorf("%d after %s", a.StatusCode, time.Since(began))
			}
			return
		default:
			asked := time.Now()
			b.fetch("GET", home+"/x", "").fromApp()
			if took := time.Since(asked); took > 2*time.Second {
				t.Fatalf("a signed-in request took %s", took)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}
