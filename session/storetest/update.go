package storetest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

// updates are the promises that a refresh of tokens builds on.
var updates = []promise{
	{"RequestsWithTheOldCookieGetTheUpdate", func(b *bench) {
		s := b.signIn(Ada())
		late := b.browser.Copy()
		b.refresh(s, "second")
		for name, browser := range map[string]*Browser{"the browser": b.browser, "a request under way": late} {
			got, err := b.store.Load(browser.Request())
			if err != nil || got.Tokens.Refresh != "second" {
				b.Fatalf("%s: Load = %+v, %v, want the second refresh token", name, got, err)
			}
			if got.ID != s.ID || got.Created != s.Created || got.Ends != s.Ends {
				b.Errorf("%s: it is another session: %+v", name, got)
			}
		}
	}},

	{"TheBrowserGetsTheUpdateUntilItHasIt", func(b *bench) {
		b.refresh(b.signIn(Ada()), "second")
		for range 3 { // answers may be lost
			b.lose(b.mustLoad())
		}
		if s := b.mustLoad(); b.store.Due(s) {
			b.renew(s)
		}
		got := b.mustLoad()
		if got.Tokens.Refresh != "second" || b.store.Due(got) {
			b.Errorf("the browser has %q, due %v", got.Tokens.Refresh, b.store.Due(got))
		}
		b.refresh(got, "third")
		if got := b.mustLoad(); got.Tokens.Refresh != "third" {
			b.Errorf("after another update: %q", got.Tokens.Refresh)
		}
	}},

	{"ReloadSeesWhatOthersMadeOfTheSession", func(b *bench) {
		s := b.signIn(Ada())
		b.refresh(s, "second")
		got, err := b.store.Reload(b.browser.Request(), s)
		if err != nil || got.Tokens.Refresh != "second" {
			b.Errorf("Reload = %+v, %v", got, err)
		}
		b.revoke(session.Match{ID: s.ID})
		if _, err := b.store.Reload(b.browser.Request(), s); !errors.Is(err, session.ErrNone) {
			b.Errorf("Reload of a revoked session: %v", err)
		}
	}},

	{"AnEndedSessionIsNotUpdated", func(b *bench) {
		s := b.signIn(Ada())
		b.revoke(session.Match{Issuer: s.Identity.Issuer, Subject: s.Identity.Subject})
		next := *s
		next.Tokens.Refresh = "second"
		if _, err := b.store.Update(b.browser.Request(), &next); !errors.Is(err, session.ErrNone) {
			b.Errorf("Update: %v, want ErrNone", err)
		}
		b.mustNotLoad("revoked, then updated")
	}},

	{"AnUpdateDoesNotProlong", func(b *bench) {
		s := b.signIn(Ada())
		for range 12 {
			b.clock.Add(time.Hour - time.Minute)
			b.refresh(b.mustLoad(), "next")
		}
		b.clock.Add(12 * time.Minute)
		b.mustNotLoad("updated every hour, twelve hours after the sign-in")
		_ = s
	}},
}

// refresh puts another refresh token into s, as login does it.
func (b *bench) refresh(s *session.Session, token string) {
	b.Helper()
	unlock, err := b.store.Lock(context.Background(), s.ID)
	if err != nil {
		b.Fatal(err)
	}
	defer unlock()
	next := *s
	next.Tokens.Refresh = token
	got, err := b.store.Update(b.browser.Request(), &next)
	if err != nil || got.Tokens.Refresh != token {
		b.Fatalf("Update = %+v, %v", got, err)
	}
}

// lose is an answer that does not arrive.
func (b *bench) lose(s *session.Session) {
	b.Helper()
	if b.store.Due(s) {
		if _, err := b.store.Renew(http.Header{}, b.browser.Request(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func (b *bench) revoke(m session.Match) {
	b.Helper()
	if _, err := b.store.Revoke(context.Background(), m); err != nil {
		b.Fatal(err)
	}
}
