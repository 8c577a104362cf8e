package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

const (
	wiki = "https://wiki.other.test"
	auth = "https://auth.example.test"
	// oneHome signs people in at auth for two unrelated domains.
	oneHome = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  auth_url: https://auth.example.test
` + onRedis + fromPing + threeRoutes + `
  - name: wiki
    from: https://wiki.other.test
    to: "${APP}"
    policy: [{allow: {group: staff}}]
`
)

// TestOneSignInServesAllHosts: people come back to the exact address, the other
// host asks nobody again, and a sign-out ends it everywhere.
func TestOneSignInServesAllHosts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneHome, with("REDIS", server.Address))
	b := h.browser()
	a := b.open(home + "/a?x=1&y=%2F").fromApp()
	if got := a.Request.URL.String(); got != home+"/a?x=1&y=%2F" {
		t.Errorf("came back to %s", got)
	}
	h.idp.AutoLogin("") // whoever is asked again stays at the provider
	if a := b.open(wiki + "/b").fromApp(); a.Request.URL.String() != wiki+"/b" {
		t.Errorf("came to %s", a.Request.URL)
	}
	ids := map[any]bool{}
	for _, at := range []string{home, wiki, auth} {
		ids[b.meAt(at)["session"].(map[string]any)["id"]] = true
	}
	if len(ids) != 1 {
		t.Errorf("%d sessions, want one for all hosts", len(ids))
	}
	b.once(wiki + "/.auth/logout?local=1").wants(http.StatusSeeOther)
	for _, at := range []string{home, wiki} {
		redistest.Eventually(t, "the sign-out reaches "+at, func() bool { return b.fetch("GET", at+"/x", "").StatusCode == http.StatusUnauthorized })
	}
}

// TestSignInFromAnotherHostsLink: /login and its prompt work from every host.
func TestSignInFromAnotherHostsLink(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneHome, with("REDIS", server.Address))
	b := h.browser()
	h.idp.AutoLogin("ana.kovacs")
	b.open(wiki + "/.auth/login?rd=/x").fromApp()
	before := b.meAt(wiki)["session"].(map[string]any)["id"]
	b.open(wiki + "/.auth/login?rd=/x&prompt=login").fromApp()
	if b.meAt(wiki)["session"].(map[string]any)["id"] == before {
		t.Error("prompt=login brought the session from before")
	}
	if a := b.open(auth + "/.auth/login").wants(http.StatusOK); a.Request.URL.String() != auth+"/.auth/" {
		t.Errorf("a sign-in for nowhere leads to %s", a.Request.URL)
	}
}

// ticketOf goes from wiki as far as the ticket's address and not there.
func ticketOf(t *testing.T, b *browser) string {
	t.Helper()
	return b.until(wiki+"/.auth/ticket", wiki+"/x").String()
}

// TestTicketsAreWorthOneUseInOneBrowserOnOneHost.
func TestTicketsAreWorthOneUseInOneBrowserOnOneHost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneHome, with("REDIS", server.Address))
	b := h.browser()
	b.open(home + "/x").fromApp() // signed in at auth

	ticket := ticketOf(t, b)
	for _, secret := range []string{"ticket"} {
		u, _ := url.Parse(ticket)
		h.log.secret(u.Query().Get(secret))
	}
	thief := h.browser()
	thief.once(ticket).wants(http.StatusBadRequest).noSession()
	b.once(ticket).wants(http.StatusBadRequest).noSession() // the thief's try has spent it

	// The benign twin, and then once more.
	ticket = ticketOf(t, b)
	copied := b.cookies(wiki)
	b.once(ticket).wants(http.StatusSeeOther)
	b.fetch("GET", wiki+"/x", "").fromApp()
	again := b.once(ticket).wants(http.StatusSeeOther) // a second click goes on
	if to, _ := again.Location(); to.Path != "/x" || to.Host != "wiki.other.test" {
		t.Errorf("a second click leads to %s", to)
	}
	replayer := h.browser()
	var pairs []string
	for _, c := range copied {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	replayer.once(ticket, "Cookie", strings.Join(pairs, "; ")).wants(http.StatusBadRequest).noSession()

	// On another host than it was made for.
	fresh := h.browser()
	fresh.open(home + "/x").fromApp()
	elsewhere := strings.Replace(ticketOf(t, fresh), wiki, home, 1)
	fresh.once(elsewhere).wants(http.StatusBadRequest).noSession()

	// With the way back of another sign-in: the verifier does not fit.
	mixed := h.browser()
	mixed.open(home + "/x").fromApp()
	one, two := ticketOf(t, mixed), ticketOf(t, mixed)
	first, _ := url.Parse(one)
	second, _ := url.Parse(two)
	query := url.Values{"ticket": {first.Query().Get("ticket")}, "state": {second.Query().Get("state")}}
	mixed.once(wiki + "/.auth/ticket?" + query.Encode()).wants(http.StatusBadRequest).noSession()
}

// TestTheSignInHostHandsSessionsToRoutesAlone: whatever for and rd say.
func TestTheSignInHostHandsSessionsToRoutesAlone(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, oneHome, with("REDIS", server.Address))
	b := h.browser()
	b.open(home + "/x").fromApp()
	leave := b.once(wiki + "/x").wants(http.StatusFound)
	good, err := leave.Location()
	if err != nil || good.Host != "auth.example.test" {
		t.Fatalf("wiki leads to %v, %v", good, err)
	}
	for _, target := range []string{
		"https://evil.example", "https://wiki.other.test.evil.example", "https://wiki.other.test@evil.example", "//evil.example",
		"https://wiki.other.test:8443", "http://wiki.other.test", auth, "",
	} {
		query := good.Query()
		query.Set("for", target)
		query.Set("rd", target+"/x")
		if to, err := b.once(auth + "/.auth/login?" + query.Encode()).Location(); err == nil && (strings.Contains(to.RawQuery, "ticket=") || strings.HasPrefix(to.Host, "evil")) {
			t.Errorf("for=%s leads to %s", target, to)
		}
	}
	for _, handover := range []string{"", ".", "a.b", strings.Repeat("A", 43), strings.Repeat("A", 43) + "." + strings.Repeat("%", 43)} {
		query := good.Query()
		query.Set("handover", handover)
		if to, err := b.once(auth + "/.auth/login?" + query.Encode()).Location(); err == nil && strings.Contains(to.RawQuery, "ticket=") {
			t.Errorf("handover=%s leads to %s", handover, to)
		}
	}
	if to, err := b.once(good.String()).Location(); err != nil || to.Host != "wiki.other.test" || to.Query().Get("ticket") == "" {
		t.Errorf("the true one leads to %v, %v", to, err)
	}
}
