package storetest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var crowds = []promise{
	{"ParallelRequestsMakeOneRenewal", func(b *bench) {
		s := b.signIn(Ada())
		b.clock.Add(10 * time.Minute)
		var wg sync.WaitGroup
		headers := make([]http.Header, 100)
		for i := range headers {
			headers[i] = http.Header{}
			wg.Go(func() {
				if b.store.Due(s) {
					if _, err := b.store.Renew(headers[i], b.browser.Request(), s); err != nil {
						b.Errorf("Renew: %v", err)
					}
				}
			})
		}
		wg.Wait()
		written := 0
		for _, h := range headers {
			if len(h) > 0 {
				written++
			}
		}
		if written > 1 {
			b.Errorf("%d renewals, want at most one", written)
		}
	}},

	{"ALostRenewalIsMadeUpFor", func(b *bench) {
		s := b.signIn(Ada())
		b.clock.Add(10 * time.Minute)
		if _, err := b.store.Renew(http.Header{}, b.browser.Request(), s); err != nil {
			b.Fatal(err)
		}
		b.clock.Add(time.Minute)
		b.renew(b.mustLoad())         // with the cookie from before
		b.clock.Add(58 * time.Minute) // of the first use that was recorded, 59 minutes
		b.mustLoad()
	}},

	{"RenewalDoesNotUndoARefresh", func(b *bench) {
		old := b.signIn(Ada())
		b.clock.Add(10 * time.Minute)
		refreshed := *old
		refreshed.Tokens.Refresh = "rotated"
		b.save(&refreshed)
		b.renew(old) // a request that was under way with the old cookie
		if got := b.mustLoad().Tokens.Refresh; got != "rotated" {
			b.Errorf("refresh token %q came back", got)
		}
	}},

	{"ParallelBrowsersKeepTheirOwn", func(b *bench) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 20 {
					browser := NewBrowser(b.T, "https://wiki.example.com")
					s, w := AdaIn(i*8), httptest.NewRecorder()
					if err := b.store.Save(w, browser.Request(), s); err != nil {
						b.Errorf("Save: %v", err)
						return
					}
					browser.Accept(w)
					for range 3 {
						if got, err := b.store.Load(browser.Request()); err != nil || got.ID != s.ID {
							b.Errorf("Load = %v, want %s's own session", err, s.ID)
							return
						}
					}
					if i%2 == 0 {
						if err := b.store.Clear(httptest.NewRecorder(), browser.Request()); err != nil {
							b.Errorf("Clear: %v", err)
						}
						if _, err := b.store.Load(browser.Request()); err != session.ErrNone {
							b.Errorf("Load after Clear = %v, want ErrNone", err)
						}
					}
				}
			})
		}
		wg.Wait()
	}},

	{"LockAdmitsOneAtATime", func(b *bench) {
		var inside, entered int
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				unlock, err := b.store.Lock(context.Background(), "id")
				if err != nil {
					b.Errorf("Lock: %v", err)
					return
				}
				inside++
				entered++
				if inside != 1 {
					b.Errorf("%d inside", inside)
				}
				inside--
				unlock()
			})
		}
		wg.Wait()
		if entered != 10 {
			b.Errorf("%d entered, want 10", entered)
		}
	}},

	{"LockWaitsNoLongerThanItsContext", func(b *bench) {
		unlock, err := b.store.Lock(context.Background(), "id")
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := b.store.Lock(ctx, "id"); !errors.Is(err, context.Canceled) {
			b.Errorf("Lock = %v, want context.Canceled", err)
		}
		other, err := b.store.Lock(context.Background(), "another")
		if err != nil {
			b.Fatalf("Lock of another session: %v", err)
		}
		other()
		unlock()
		again, err := b.store.Lock(context.Background(), "id")
		if err != nil {
			b.Fatalf("Lock after unlock: %v", err)
		}
		again()
	}},
}
