package storetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var endings = []promise{
	{"ClearLeavesNothingToReplay", func(b *bench) {
		for _, s := range []*session.Session{Ada(), AdaIn(200)} {
			b.signIn(s)
			thief := b.browser.Copy()
			mustLoad(b, thief)
			b.clear()
			if n := len(b.browser.Cookies); n != 0 {
				b.Errorf("%d cookies left", n)
			}
			mustNotLoad(b.T, b.store, thief, "copied cookie after sign-out")
			b.clock.Add(30 * time.Minute)
			mustNotLoad(b.T, b.store, thief, "copied cookie later")
			b.signIn(Ada()) // and the person may come back
			b.clear()
		}
	}},

	{"ClearRemovesWhatCannotBeOpened", func(b *bench) {
		for _, name := range []string{"", ".1", ".2", ".3"} {
			b.browser.Put("__Host-"+CookieName+name, "4~broken")
		}
		b.clear()
		if n := len(b.browser.Cookies); n != 0 {
			b.Errorf("%d cookies left", n)
		}
	}},

	{"ARevokedSessionIsNeverWrittenAgain", func(b *bench) {
		s := b.signIn(Ada())
		b.clear()
		b.clock.Add(10 * time.Minute)
		w := httptest.NewRecorder()
		if err := b.store.Save(w, b.browser.Request(), s); !errors.Is(err, session.ErrNone) || len(w.Header()) != 0 {
			b.Errorf("Save after Clear = %v, header %v, want ErrNone alone", err, w.Header())
		}
		h := http.Header{}
		if wrote, _ := b.store.Renew(h, b.browser.Request(), s); wrote || len(h) != 0 {
			b.Errorf("Renew after Clear wrote %v", h)
		}
	}},

	{"RevokeEndsWhatItMatches", func(b *bench) {
		const issuer = "https://idp.example.com"
		for _, test := range []struct {
			name  string
			match session.Match
			ends  bool
		}{
			{"ID", session.Match{ID: "the-id"}, true},
			{"another ID", session.Match{ID: "no-id"}, false},
			{"ID decides alone", session.Match{ID: "no-id", Issuer: issuer, Subject: "ada"}, false},
			{"sid", session.Match{Issuer: issuer, SID: "provider-session"}, true},
			{"another sid", session.Match{Issuer: issuer, SID: "elsewhere"}, false},
			{"another issuer's sid", session.Match{Issuer: "https://evil.example", SID: "provider-session"}, false},
			{"sid decides over subject", session.Match{Issuer: issuer, SID: "elsewhere", Subject: "ada"}, false},
			{"sid without issuer", session.Match{SID: "provider-session"}, false},
			{"subject", session.Match{Issuer: issuer, Subject: "ada"}, true},
			{"another subject", session.Match{Issuer: issuer, Subject: "Ada"}, false},
			{"another issuer's subject", session.Match{Issuer: "https://evil.example", Subject: "ada"}, false},
			{"subject without issuer", session.Match{Subject: "ada"}, false},
			{"issuer alone", session.Match{Issuer: issuer}, false},
			{"nothing", session.Match{}, false},
		} {
			b.browser = NewBrowser(b.T, "https://wiki.example.com")
			s := Ada()
			s.ID = "the-id"
			b.store = b.new(b.T, b.config)
			b.signIn(s)
			n, err := b.store.Revoke(context.Background(), test.match)
			if err != nil {
				b.Fatalf("%s: Revoke: %v", test.name, err)
			}
			if _, err := b.store.Load(b.browser.Request()); errors.Is(err, session.ErrNone) != test.ends {
				b.Errorf("%s: Load = %v, want ended %t", test.name, err, test.ends)
			}
			if want := map[bool]int{true: 1}[test.ends]; n != want {
				b.Errorf("%s: Revoke = %d, want %d", test.name, n, want)
			}
		}
	}},

	{"RevokedPeopleMayComeBackAtOnce", func(b *bench) {
		for _, match := range []session.Match{
			{Issuer: "https://idp.example.com", Subject: "ada"},
			{Issuer: "https://idp.example.com", SID: "provider-session"},
		} {
			b.signIn(Ada())
			thief := b.browser.Copy()
			if _, err := b.store.Revoke(context.Background(), match); err != nil {
				b.Fatal(err)
			}
			b.mustNotLoad("revoked")
			b.signIn(Ada()) // within the same second
			mustNotLoad(b.T, b.store, thief, "session before the revocation")
		}
	}},
}

func mustLoad(b *bench, browser *Browser) {
	b.Helper()
	if _, err := b.store.Load(browser.Request()); err != nil {
		b.Fatalf("Load: %v, want a session", err)
	}
}
