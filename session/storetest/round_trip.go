package storetest

import (
	"errors"
	"net/http/httptest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var roundTrips = []promise{
	{"NobodyWithoutCookie", func(b *bench) { b.mustNotLoad("no cookie") }},

	{"LoadReturnsWhatWasSaved", func(b *bench) {
		for _, s := range []*session.Session{Ada(), AdaIn(100), AdaIn(200)} {
			got := b.signIn(s)
			want := *s
			want.Version = session.Version
			want.Created, want.Seen = session.At(b.clock.Now()), session.At(b.clock.Now())
			want.Ends = session.At(b.clock.Now().Add(b.config.Absolute))
			want.Passing = got.Passing // a note of the store's, not of the session
			if diff := cmp.Diff(&want, got); diff != "" {
				b.Errorf("session differs (-saved +loaded):\n%s", diff)
			}
			b.clock.Add(time.Second)
		}
	}},

	{"SaveLeavesTheSessionAlone", func(b *bench) {
		s := Ada()
		before := *s
		b.save(s)
		if diff := cmp.Diff(&before, s); diff != "" {
			b.Errorf("Save changed its argument:\n%s", diff)
		}
	}},

	{"ASmallerSessionReplacesALarger", func(b *bench) {
		b.signIn(AdaIn(200))
		small := Ada()
		if got := b.signIn(small); got.ID != small.ID {
			b.Errorf("loaded %s, want the later session %s", got.ID, small.ID)
		}
		if n := len(b.browser.Cookies); n != 1 {
			b.Errorf("%d cookies left, want 1", n)
		}
	}},

	{"ANewSignInEndsTheOldSession", func(b *bench) {
		b.signIn(Ada())
		thief := b.browser.Copy()
		b.signIn(Ada())
		mustNotLoad(b.T, b.store, thief, "copied cookie of the replaced session")
	}},

	{"TooLargeWritesNothing", func(b *bench) {
		kept := b.signIn(Ada())
		w := httptest.NewRecorder()
		err := b.store.Save(w, b.browser.Request(), AdaIn(5000))
		if err == nil {
			return // this store takes it
		}
		if !errors.Is(err, session.ErrTooLarge) || len(w.Header()) != 0 {
			b.Errorf("Save = %v with header %v, want ErrTooLarge alone", err, w.Header())
		}
		if got := b.mustLoad(); got.ID != kept.ID {
			b.Error("the session before is gone")
		}
	}},

	{"NobodyIsNeverSaved", func(b *bench) {
		for name, spoil := range map[string]func(*session.Session){
			"ID":      func(s *session.Session) { s.ID = "" },
			"issuer":  func(s *session.Session) { s.Identity.Issuer = "" },
			"subject": func(s *session.Session) { s.Identity.Subject = "" },
		} {
			s, w := Ada(), httptest.NewRecorder()
			spoil(s)
			if err := b.store.Save(w, b.browser.Request(), s); err == nil || len(w.Header()) != 0 {
				b.Errorf("saved a session without %s", name)
			}
		}
	}},
}
