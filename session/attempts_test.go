package session_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

type attemptBench struct {
	*testing.T
	clock    *storetest.Clock
	attempts *session.Attempts
	browser  *storetest.Browser
}

func newAttemptBench(t *testing.T) *attemptBench {
	b := &attemptBench{T: t, clock: storetest.NewClock(), browser: storetest.NewBrowser(t, "https://wiki.example.com")}
	keys, err := session.NewKeys([][]byte{storetest.Key(1)})
	if err != nil {
		t.Fatal(err)
	}
	b.attempts = session.NewAttempts(keys, names(t), b.clock.Now)
	return b
}

func (b *attemptBench) start(a session.Attempt) session.Secrets {
	b.Helper()
	secrets, cookie, err := b.attempts.New(b.browser.Request(), a)
	if err != nil {
		b.Fatal(err)
	}
	w := httptest.NewRecorder()
	cookie.Set(w)
	b.browser.Accept(w)
	return secrets
}

func (b *attemptBench) refused(browser *storetest.Browser, state, why string) {
	b.Helper()
	if a, err := b.attempts.Take(browser.Request(), state); err != session.ErrNoAttempt || a != nil {
		b.Errorf("%s: Take = %v, %v, want ErrNoAttempt", why, a, err)
	}
}

func TestTakeReturnsWhatWasStarted(t *testing.T) {
	b := newAttemptBench(t)
	for _, returnTo := range []string{"/", "/a?x=1&y=%2F#f", "/caf\xe9?q=\xff", "/łódź", "https://other.example.com/x"} {
		want := session.Attempt{Provider: "ping", ReturnTo: returnTo, MaxAge: 900, ACR: "mfa"}
		secrets := b.start(want)
		b.clock.Add(time.Minute)
		got, err := b.attempts.Take(b.browser.Request(), secrets.State)
		if err != nil {
			t.Fatal(err)
		}
		if got.Provider != want.Provider || got.ReturnTo != returnTo || got.MaxAge != 900 || got.ACR != "mfa" ||
			got.Created != session.At(b.clock.Now().Add(-time.Minute)) {
			t.Errorf("took %+v, want %+v", got, want)
		}
		if diff := cmp.Diff(secrets, got.Secrets()); diff != "" {
			t.Errorf("secrets differ:\n%s", diff)
		}
	}
}

func TestSecretsAreFreshAndDistinct(t *testing.T) {
	b := newAttemptBench(t)
	seen := map[string]bool{}
	for range 10 {
		s := b.start(session.Attempt{Provider: "ping", ReturnTo: "/"})
		for _, secret := range []string{s.State, s.Nonce, s.Verifier} {
			if len(secret) != 43 || strings.Trim(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Errorf("%q is not 43 characters of base64url", secret)
			}
			if seen[secret] {
				t.Errorf("%q came twice", secret)
			}
			seen[secret] = true
		}
		for _, c := range b.browser.Cookies {
			if strings.Contains(c.Name+c.Value, s.State[:8]) {
				t.Errorf("cookie %s shows the state", c.Name)
			}
		}
	}
}

func TestCallbackRefusesForeignState(t *testing.T) {
	b := newAttemptBench(t)
	s := b.start(session.Attempt{Provider: "ping", ReturnTo: "/"})
	b.refused(storetest.NewBrowser(t, "https://wiki.example.com"), s.State, "another browser")
	b.refused(b.browser.At("https://mail.example.com"), s.State, "another host")
	plain := b.browser.At("http://wiki.example.com")
	plain.Put(strings.TrimPrefix(b.browser.Cookies[0].Name, "__Host-"), b.browser.Cookies[0].Value)
	b.refused(plain, s.State, "another scheme")
	other := "A"
	if s.State[0] == 'A' {
		other = "B"
	}
	for _, state := range []string{"", "x", s.State[1:], s.State + "A", other + s.State[1:], s.Nonce, strings.Repeat("A", 1<<20)} {
		b.refused(b.browser, state, "wrong state")
	}
	// Another attempt's cookie under this one's name: its secret decides.
	second := b.start(session.Attempt{Provider: "ping", ReturnTo: "/evil"})
	mixed := b.browser.Copy()
	mixed.Cookies[0].Value, mixed.Cookies[1].Value = mixed.Cookies[1].Value, mixed.Cookies[0].Value
	b.refused(mixed, s.State, "cookies exchanged")
	b.refused(mixed, second.State, "cookies exchanged")
	for i, c := range b.browser.Cookies[:1] {
		for at := range len(c.Value) {
			forged := b.browser.Copy()
			forged.Cookies[i].Value = c.Value[:at] + string([]byte{c.Value[at] ^ 1}) + c.Value[at+1:]
			b.refused(forged, s.State, "byte flipped")
		}
	}
	if _, err := b.attempts.Take(b.browser.Request(), s.State); err != nil {
		t.Errorf("Take of the right one: %v", err)
	}
}

func TestAttemptsLastTenMinutes(t *testing.T) {
	b := newAttemptBench(t)
	s := b.start(session.Attempt{Provider: "ping", ReturnTo: "/"})
	b.clock.Add(10*time.Minute - time.Second)
	if _, err := b.attempts.Take(b.browser.Request(), s.State); err != nil {
		t.Errorf("Take after 9:59: %v", err)
	}
	b.clock.Add(time.Second)
	b.refused(b.browser, s.State, "after ten minutes")
	b.clock.Add(-11 * time.Minute)
	if _, err := b.attempts.Take(b.browser.Request(), s.State); err != nil {
		t.Errorf("Take with a clock 60 s behind: %v", err)
	}
	b.clock.Add(-time.Second)
	b.refused(b.browser, s.State, "from the future")
}

func TestFinishRemovesTheAttempt(t *testing.T) {
	b := newAttemptBench(t)
	first := b.start(session.Attempt{Provider: "ping", ReturnTo: "/1"})
	second := b.start(session.Attempt{Provider: "ping", ReturnTo: "/2"})
	w := httptest.NewRecorder()
	b.attempts.Finish(w, b.browser.Request(), first.State)
	b.browser.Accept(w)
	b.refused(b.browser, first.State, "finished")
	if a, err := b.attempts.Take(b.browser.Request(), second.State); err != nil || a.ReturnTo != "/2" {
		t.Errorf("Take of the other = %v, %v", a, err)
	}
}

func TestTheOldestOfFiveAttemptsGivesWay(t *testing.T) {
	b := newAttemptBench(t)
	b.browser.Put("__Host-gatehouse-theme", "the app's")
	b.browser.Put("__Host-gatehouse-AAAAAAAAAAAA", "broken")
	var states []string
	for i := range 8 {
		states = append(states, b.start(session.Attempt{Provider: "ping", ReturnTo: fmt.Sprint("/", i)}).State)
		if i%2 == 0 {
			b.clock.Add(time.Second)
		}
	}
	for i, state := range states {
		a, err := b.attempts.Take(b.browser.Request(), state)
		if i < 3 {
			b.refused(b.browser, state, "crowded out")
		} else if err != nil || a.ReturnTo != fmt.Sprint("/", i) {
			t.Errorf("attempt %d: Take = %v, %v", i, a, err)
		}
	}
	if n := len(b.browser.Cookies); n != 6 { // five and the app's own
		t.Errorf("%d cookies, want 6", n)
	}
}

func TestAttemptsStayUnderFourKilobytes(t *testing.T) {
	b := newAttemptBench(t)
	for i := range 2500 {
		if i%100 != 0 {
			continue
		}
		returnTo := "/" + strings.Repeat("x", i)
		s := b.start(session.Attempt{Provider: "ping", ReturnTo: returnTo})
		b.clock.Add(time.Second)
		total := 0
		for _, c := range b.browser.Cookies {
			total += len(c.Value)
		}
		if total > 4000 {
			t.Errorf("%d bytes of attempts", total)
		}
		a, err := b.attempts.Take(b.browser.Request(), s.State)
		if err != nil {
			t.Fatal(err)
		}
		if want := returnTo; a.ReturnTo != want && (a.ReturnTo != "/" || i < 1800) {
			t.Errorf("return address of %d bytes became %.20q", i, a.ReturnTo)
		}
	}
	_, _, err := b.attempts.New(b.browser.Request(), session.Attempt{ACR: strings.Repeat("x", 4000)})
	if err == nil {
		t.Error("an attempt that cannot fit was started")
	}
}

func TestConfirmationsHoldForTheirSessionAlone(t *testing.T) {
	clock := storetest.NewClock()
	keys, err := session.NewKeys([][]byte{storetest.Key(1)})
	if err != nil {
		t.Fatal(err)
	}
	confirm := session.NewConfirmations(keys, clock.Now)
	here := storetest.NewBrowser(t, "https://wiki.example.com").Request()
	token, err := confirm.Token(here, "id")
	if err != nil {
		t.Fatal(err)
	}
	there := storetest.NewBrowser(t, "https://mail.example.com").Request()
	plain := storetest.NewBrowser(t, "http://wiki.example.com").Request()
	if confirm.Check(there, "id", token) || confirm.Check(plain, "id", token) || confirm.Check(here, "other", token) ||
		confirm.Check(here, "", token) || confirm.Check(here, "id", "") || confirm.Check(here, "id", token[4:]) ||
		confirm.Check(here, "id", strings.Repeat(token, 100)) {
		t.Error("a token was accepted for something else")
	}
	clock.Add(10*time.Minute - time.Second)
	if !confirm.Check(here, "id", token) {
		t.Error("the token does not confirm")
	}
	clock.Add(time.Second)
	if confirm.Check(here, "id", token) {
		t.Error("the token lasts longer than ten minutes")
	}
}

// TestWhatRemainsOfASessionFitsAnAttempt: levels are a provider's words, and
// signing in matters more than what was reached before.
func TestWhatRemainsOfASessionFitsAnAttempt(t *testing.T) {
	b := newAttemptBench(t)
	s := &session.Session{ID: session.NewID(), SID: strings.Repeat("s", 255), Levels: map[string]session.Time{}, Created: 1, Ends: 2}
	s.Identity.Issuer, s.Identity.Subject = "https://idp.example.com/"+strings.Repeat("i", 200), strings.Repeat("u", 255)
	s.Identity.Email, s.Tokens.ID = "a@example.com", "token"
	for i := range 8 {
		s.Levels[fmt.Sprint(i)+strings.Repeat("l", 199)] = session.Time(i + 1)
	}
	returnTo := "/" + strings.Repeat("r", 500)
	secrets := b.start(session.Attempt{Provider: "ping", ReturnTo: returnTo, Before: s.Remains()})
	got, err := b.attempts.Take(b.browser.Request(), secrets.State)
	if err != nil {
		t.Fatal(err)
	}
	left := got.Before
	if got.ReturnTo != returnTo || len(left.Levels) != 2 || left.Levels["7"+strings.Repeat("l", 199)] != 8 || left.Levels["6"+strings.Repeat("l", 199)] != 7 {
		t.Errorf("came back to %.20s with %v", got.ReturnTo, left.Levels)
	}
	if left.ID != s.ID || left.Identity.Subject != s.Identity.Subject || left.Identity.Email != "" || left.Tokens.ID != "" {
		t.Errorf("remains %+v", left)
	}
}
