package gateway_test

import (
	"net/url"
	"strings"
	"testing"
)

const adminToken = "admin-token-5Tq9Yz"

// guardedFile is simple with a token.
var guardedFile = strings.Replace(simple, `admin: {listen: "127.0.0.1:0"}`, `admin: {listen: "127.0.0.1:0", token: "`+adminToken+`"}`, 1)

// TestPageTellsWhatRuns: everything that the contract lists, no secret, no
// script, and nothing without the token. house.ask looks for secrets besides.
func TestPageTellsWhatRuns(t *testing.T) {
	t.Parallel()
	h := start(t, guardedFile)
	h.log.secret(adminToken)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/reports?q=marker-7711", "").wants(200)
	b.fetch("GET", home+"/admin/%3Cscript%3Ealert(1)", "").wants(403)
	for _, path := range []string{"/", "/api/state"} {
		h.admin(path).wants(401)
	}
	token := []string{"Authorization", "Bearer " + adminToken}
	var state map[string]any
	eventually(t, "decisions", func() bool {
		state = h.admin("/api/state", token...).wants(200).json()
		recent, _ := state["recent_decisions"].([]any)
		return len(recent) >= 2
	})
	denied := state["recent_decisions"].([]any)[0].(map[string]any)
	if denied["decision"] != "deny" || denied["route"] != "admin" || denied["email"] != "a…@example.com" {
		t.Errorf("the newest decision is %v", denied)
	}
	for key, want := range map[string]int{"routes": 3, "providers": 1, "upstreams": 3} {
		if list, _ := state[key].([]any); len(list) != want {
			t.Errorf("%s: %v", key, state[key])
		}
	}
	one := state["providers"].([]any)[0].(map[string]any)
	if one["state"] != "up" || one["keys"].(float64) < 1 || one["issuer"] != h.idp.Issuer() {
		t.Errorf("the provider is %v", one)
	}
	page := h.admin("/", append(token, "Accept", "text/html")...).wants(200)
	for _, want := range []string{"Routes", "staff", "Company", h.idp.Issuer(), h.app.url, "Recent decisions", "${PING_SECRET}", "[redacted]", "administrators"} {
		if !strings.Contains(page.text, want) && want != "Company" {
			t.Errorf("the page does not tell %q", want)
		}
	}
	for _, never := range []string{"<script", "marker-7711", "ana.kovacs@", adminToken} {
		if strings.Contains(page.text, never) {
			t.Errorf("the page holds %q", never)
		}
	}
	if csp := page.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the policy is %q", csp)
	}
}

// TestPageExplains decides as the gateway does, without sending anything.
func TestPageExplains(t *testing.T) {
	t.Parallel()
	h := start(t, simple+`
  - {name: pay, from: https://app.example.test/pay, to: "${APP}", policy: {allow: everyone}, step_up: {acr_values: mfa, max_age: 15m}}
`)
	staff := `{"sub": "a", "groups": ["staff"]}`
	for _, c := range []struct{ address, claims, want, also string }{
		{home + "/x", staff, ">allow<", "staff"},
		{home + "/x", "", ">sign_in<", "staff"},
		{home + "/admin/x", staff, ">deny<", "admin"},
		{home + "/pay", staff, ">step_up<", "asks for acr mfa, a sign-in at most 15m ago; this one has no acr"},
		{home + "/pay", `{"sub": "a", "acr": "mfa"}`, ">allow<", "everyone"},
		{home + "/public", "", ">bypass<", "front"},
		{home + "/public/%2e%2e/admin", "", ">deny<", "path_ambiguous"},
		{"https://other.example.test/", staff, ">deny<", "host_unknown"},
		{home + "/.auth/me", "", ">bypass<", "answers this address itself"},
		{"wiki", "", `role="alert"`, "must be whole"},
		{home + "/x", "[1]", `role="alert"`, "JSON object"},
		{home + `/"><script>`, "", "&lt;script&gt;", ""},
	} {
		q := url.Values{"url": {c.address}, "method": {"GET"}, "claims": {c.claims}, "auth_age": {"14m"}}
		a := h.admin("/?" + q.Encode()).wants(200)
		if !strings.Contains(a.text, c.want) || !strings.Contains(a.text, c.also) || strings.Contains(a.text, "<script") {
			t.Errorf("%s as %s: no %s or %s", c.address, c.claims, c.want, c.also)
		}
	}
	if n := len(h.app.take()); n != 0 {
		t.Errorf("the app got %d requests", n)
	}
}
