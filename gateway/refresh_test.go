package gateway_test

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// bearing is simple with the access token for the app, and sessions that may
// be left alone for longer than tokens live.
var bearing = withSession(simple, "idle: 0") + `
headers:
  Authorization: {token: access, prefix: "Bearer "}
`

// token is what the app got as the access token; "" for none.
func (r *received) token() string {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return token
}

// TestAppsGetTheAccessToken: theirs and not the client's own.
func TestAppsGetTheAccessToken(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "", "Authorization", "Bearer forged").fromApp()
	first := h.app.only(t).token()
	if strings.Count(first, ".") != 2 || first == "forged" {
		t.Fatalf("the app got %q", first)
	}
	h.log.secret(first)
	h.browser().open(home+"/public", "Authorization", "Bearer forged").fromApp()
	if got := h.app.only(t); got.Header.Get("Authorization") != "" {
		t.Errorf("nobody came with %q", got.Header.Get("Authorization"))
	}
}

// TestTokensAreRenewedBeforeTheyExpire: once, a minute before the end, and the
// browser gets the new session with the answer.
func TestTokensAreRenewedBeforeTheyExpire(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	b.open(home + "/x").fromApp()
	first := h.app.only(t).token()
	h.clock.advance(58 * time.Minute)
	b.open(home + "/x").fromApp()
	if got := h.app.only(t).token(); got != first || h.idp.Count(devidp.Token) != 1 {
		t.Errorf("two minutes before its end the token was renewed")
	}
	h.clock.advance(90 * time.Second)
	a := b.open(home + "/x").fromApp()
	second := h.app.only(t).token()
	if second == first || second == "" || h.idp.Count(devidp.Token) != 2 {
		t.Errorf("not renewed: %d calls", h.idp.Count(devidp.Token))
	}
	if len(a.Cookies()) == 0 || !strings.Contains(a.Header.Get("Cache-Control"), "private") {
		t.Errorf("the answer brings %d cookies, Cache-Control %q", len(a.Cookies()), a.Header.Get("Cache-Control"))
	}
	a = b.open(home + "/x").fromApp()
	if len(a.Cookies()) != 0 || h.app.only(t).token() != second || h.idp.Count(devidp.Token) != 2 {
		t.Error("renewed once more, or the cookie was written again")
	}
}

// TestTwoHundredRequestsMakeOneGrant: a spent access token, refresh tokens that
// count once, and a provider that takes its time [security.md, requirement 38].
func TestTwoHundredRequestsMakeOneGrant(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	h.clock.advance(61 * time.Minute)
	h.idp.Fault(devidp.Token, devidp.Fault{Delay: 2 * time.Second})
	before := h.idp.Count(devidp.Token)
	answers := make([]*answer, 200)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = b.fetch("GET", home+"/x", "") })
	}
	all.Wait()
	if n := h.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("%d grants", n)
	}
	for _, a := range answers {
		if a.StatusCode != http.StatusOK {
			t.Fatalf("an answer of %d: %s", a.StatusCode, a.gist())
		}
	}
	got := h.app.take()
	for _, r := range got {
		if r.token() == "" || r.token() != got[0].token() {
			t.Fatal("not everybody has the new token")
		}
	}
	h.clock.advance(61 * time.Minute) // the browser has the refresh token that counts
	h.idp.Heal()
	if b.fetch("GET", home+"/x", "").StatusCode != http.StatusOK {
		t.Error("signed out")
	}
}

// TestFirstCallerMayLeave: the grant is not the leader's alone.
func TestFirstCallerMayLeave(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	cookie := b.sessionCookie()
	h.clock.advance(61 * time.Minute)
	hold := make(chan struct{})
	h.idp.Fault(devidp.Token, devidp.Fault{Hold: hold})
	before := h.idp.Count(devidp.Token)
	leader := h.connect(t)
	leader.write("GET /x HTTP/1.1\nHost: app.example.test\nCookie: " + cookie + "\n\n")
	eventually(t, "refresh", func() bool { return h.idp.Count(devidp.Token) == before+1 })
	leader.Close()
	waiting := make(chan *answer)
	go func() { waiting <- b.fetch("GET", home+"/x", "") }()
	close(hold)
	if a := <-waiting; a.StatusCode != http.StatusOK {
		t.Errorf("who waited got %d", a.StatusCode)
	}
	if n := h.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("%d grants", n)
	}
}

// TestLateRequestsAndLostAnswers: the old cookie, whose refresh token is
// spent, goes on working.
func TestLateRequestsAndLostAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	old := h.signIn("ana.kovacs").sessionCookie()
	h.clock.advance(61 * time.Minute)
	for range 3 {
		a := h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+old+"\n\n")
		a.fromApp()
		if len(a.Cookies()) == 0 {
			t.Error("no new cookie")
		}
	}
	if n := h.idp.Count(devidp.Token); n != 2 {
		t.Errorf("%d calls of the token endpoint, want the sign-in and one refresh", n)
	}
}

// TestProviderInTroubleSignsNobodyOut: the session is kept, without a token
// that has expired, and the provider is left alone in between.
func TestProviderInTroubleSignsNobodyOut(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]devidp.Fault{
		"500": devidp.Broken(), "429": devidp.Throttled(30 * time.Second), "gone": {Hangup: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t, bearing)
			b := h.signInFor(t, "ana.kovacs")
			h.clock.advance(61 * time.Minute)
			h.idp.Fault(devidp.Token, fault)
			before := h.idp.Count(devidp.Token)
			for range 20 {
				b.fetch("GET", home+"/x", "").fromApp()
			}
			if n := h.idp.Count(devidp.Token) - before; n > 2 {
				t.Errorf("asked %d times", n)
			}
			for _, r := range h.app.take() {
				if r.Header.Get("Authorization") != "" {
					t.Error("an expired token was sent")
				}
			}
			h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "refresh_failed" })
			h.idp.Heal()
			h.clock.advance(time.Minute)
			b.fetch("GET", home+"/x", "").fromApp()
			if h.app.only(t).token() == "" {
				t.Error("not healed")
			}
		})
	}
}

// TestReauthAsksToSignInAgain: for operators whose apps cannot do without.
func TestReauthAsksToSignInAgain(t *testing.T) {
	t.Parallel()
	h := start(t, withSession(bearing, "on_refresh_failure: reauth"))
	b := h.signIn("ana.kovacs")
	h.idp.Fault(devidp.Token, devidp.Broken())
	h.clock.advance(59*time.Minute + 30*time.Second)
	b.fetch("GET", home+"/x", "").fromApp() // the token counts still
	h.clock.advance(time.Minute)
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	b.once(home + "/x").wants(http.StatusFound)
}

// TestInvalidGrantEndsTheSessionOnce: with a page that says so, and a sign-in
// from then on.
func TestInvalidGrantEndsTheSessionOnce(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	old := b.sessionCookie()
	h.idp.EndSessions("ana.kovacs")
	h.clock.advance(61 * time.Minute)
	a := b.once(home + "/x?y=1").wants(http.StatusUnauthorized).says("session_ended").says("Sign in")
	if !strings.Contains(a.text, "/.auth/login?rd=%2Fx%3Fy%3D1") {
		t.Errorf("no way back:\n%s", a.gist())
	}
	h.app.untouched(t)
	b.once(home + "/x").wants(http.StatusFound)
	h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+old+"\n\n").wants(http.StatusUnauthorized)
	failed := h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "refresh_failed" })
	if failed["reason"] != "grant_rejected" || failed["subject"] == nil {
		t.Errorf("audit %v", failed)
	}
	b.open(home + "/x").fromApp()
}

// TestPolicyReadsWhatTheRefreshBrought: a right that was taken away is gone.
func TestPolicyReadsWhatTheRefreshBrought(t *testing.T) {
	t.Parallel()
	h := start(t, bearing)
	b := h.signIn("ana.kovacs")
	ana := devidp.DemoUsers()[0]
	ana.Groups = []string{"alumni"}
	h.idp.SetUser(ana)
	b.fetch("GET", home+"/x", "").fromApp()
	h.clock.advance(61 * time.Minute)
	b.fetch("GET", home+"/x", "").wants(http.StatusForbidden)
	if groups := b.me()["groups"]; !slices.Equal(groups.([]any), []any{"alumni"}) {
		t.Errorf("groups %v", groups)
	}
}

// TestRefreshForSomebodyElseEndsTheSession [requirement 18].
func TestRefreshForSomebodyElseEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, claim := range []string{"sub", "iss", "aud"} {
		h := start(t, bearing)
		b := h.signIn("ana.kovacs")
		h.idp.EditIDToken(func(c map[string]any) { c[claim] = "https://evil.example" })
		h.clock.advance(61 * time.Minute)
		b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized).says("session_ended")
		h.app.untouched(t)
		h.idp.Heal()
		b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	}
}

// TestRecheckNoticesASignOffAtTheProvider: within the interval, and nobody is
// asked more often.
func TestRecheckNoticesASignOffAtTheProvider(t *testing.T) {
	t.Parallel()
	h := start(t, withSession(simple, "recheck: 5m"))
	b := h.signIn("ana.kovacs")
	before := h.idp.Count(devidp.Token)
	for range 4 {
		h.clock.advance(2 * time.Minute)
		b.fetch("GET", home+"/x", "").fromApp()
	}
	if n := h.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("asked %d times in eight minutes", n)
	}
	h.idp.EndSessions("ana.kovacs")
	h.clock.advance(5 * time.Minute)
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized).says("session_ended")
}

// TestSessionsKeepNoTokenThatNobodyUses: also not the refresh token that
// PingOne always sends.
// TestSessionsKeepNoTokenThatNobodyUses opens the cookies that each use makes.
func TestSessionsKeepNoTokenThatNobodyUses(t *testing.T) {
	t.Parallel()
	headers := func(value string) string { return simple + "headers: {X-Token: " + value + "}\n" }
	for _, use := range []struct{ name, file, want string }{
		{"none", simple, ""},
		{"claims", headers("{claim: email}"), ""},
		{"access token", headers("{token: access}"), "access refresh"},
		{"ID token", headers("{token: id}"), "id refresh"},
		{"recheck", withSession(simple, "recheck: 5m"), "refresh"},
		{"hint", strings.Replace(simple, "client_id: gatehouse", "client_id: gatehouse\n    sign_out_hint: always", 1), "id"},
	} {
		b := start(t, use.file).signIn("ana.kovacs")
		var names []string
		tokens := kept(t, b).Tokens
		for _, each := range []struct{ name, token string }{{"access", tokens.Access}, {"id", tokens.ID}, {"refresh", tokens.Refresh}} {
			if each.token != "" {
				names = append(names, each.name)
			}
		}
		if got := strings.Join(names, " "); got != use.want {
			t.Errorf("used: %s; kept: %q, want %q", use.name, got, use.want)
		}
		if size := len(b.sessionCookie()); use.want == "" && size > 800 {
			t.Errorf("used: %s; the cookie takes %d bytes", use.name, size)
		}
	}
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	for range 11 {
		h.clock.advance(59 * time.Minute)
		b.fetch("GET", home+"/x", "").fromApp()
	}
	if n := h.idp.Count(devidp.Token); n != 1 {
		t.Errorf("%d calls of the token endpoint", n)
	}
}

// kept is the session that b's cookies hold.
func kept(t *testing.T, b *browser) *session.Session {
	t.Helper()
	key, err := hex.DecodeString(sessionKey)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := session.NewKeys([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	names, err := session.NewNames("gatehouse")
	if err != nil {
		t.Fatal(err)
	}
	store, err := session.NewCookieStore(session.Options{Keys: keys, Names: names, Absolute: 365 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Load(&http.Request{
		Host: "app.example.test", URL: &url.URL{Scheme: "https"}, Header: http.Header{"Cookie": {b.sessionCookie()}},
	})
	if err != nil {
		t.Fatalf("the session cookie does not open: %v", err)
	}
	return s
}
