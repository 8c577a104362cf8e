package storetest

import (
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var lifetimes = []promise{
	{"IdleSessionsEnd", func(b *bench) {
		b.signIn(Ada())
		b.clock.Add(time.Hour - time.Second)
		b.mustLoad()
		b.clock.Add(time.Second)
		b.mustNotLoad("idle for an hour")
	}},

	{"UseKeepsASessionUntilItsHardEnd", func(b *bench) {
		signedIn := b.clock.Now()
		b.signIn(Ada())
		for b.clock.Now().Sub(signedIn) < 12*time.Hour-time.Minute {
			b.clock.Add(10 * time.Minute)
			if b.clock.Now().Sub(signedIn) >= 12*time.Hour {
				break
			}
			s := b.mustLoad()
			if !b.store.Due(s) {
				b.Fatalf("not due %v after the last use", 10*time.Minute)
			}
			b.renew(s)
		}
		b.clock.Add(signedIn.Add(12*time.Hour - time.Second).Sub(b.clock.Now()))
		b.mustLoad()
		b.clock.Add(time.Second)
		b.mustNotLoad("twelve hours after the sign-in")
	}},

	{"RenewalIsDueEveryTenthOfIdle", func(b *bench) {
		s := b.signIn(Ada())
		b.clock.Add(6*time.Minute - time.Second)
		if b.store.Due(s) {
			b.Error("due before a tenth of idle")
		}
		if b.renew(s) {
			b.Error("renewed before a tenth of idle")
		}
		b.clock.Add(time.Second)
		if !b.store.Due(s) {
			b.Error("not due after a tenth of idle")
		}
	}},

	{"WithoutIdleNothingIsDue", func(b *bench) {
		b.config.Idle = 0
		b.store = b.new(b.T, b.config)
		s := b.signIn(Ada())
		b.clock.Add(11 * time.Hour)
		if b.store.Due(s) {
			b.Error("due without an idle limit")
		}
		b.mustLoad()
		b.clock.Add(time.Hour)
		b.mustNotLoad("hard end")
	}},

	{"SlowAnswersDoNotReviveASession", func(b *bench) {
		s := b.signIn(Ada())
		b.clock.Add(2 * time.Hour)
		if b.renew(s) {
			b.Error("renewed a session that idled out under way")
		}
	}},

	{"ShorterLimitsCountForOldSessions", func(b *bench) {
		b.signIn(Ada())
		b.clock.Add(30 * time.Minute)
		for _, shorter := range []Config{
			{Idle: 30 * time.Minute, Absolute: 12 * time.Hour},
			{Idle: time.Hour, Absolute: 30 * time.Minute},
		} {
			shorter.Keys, shorter.Now = b.config.Keys, b.config.Now
			mustNotLoad(b.T, b.new(b.T, shorter), b.browser, "shorter limits")
		}
		b.mustLoad()
	}},

	{"LongerLimitsDoNotMoveTheHardEnd", func(b *bench) {
		b.config.Idle = 0
		b.store = b.new(b.T, b.config)
		b.signIn(Ada())
		longer := b.config
		longer.Absolute = 48 * time.Hour
		b.clock.Add(12 * time.Hour)
		mustNotLoad(b.T, b.new(b.T, longer), b.browser, "hard end fixed at sign-in")
	}},

	{"AClockGoneBackProlongsNothing", func(b *bench) {
		b.signIn(Ada())
		b.clock.Add(-time.Minute)
		b.mustLoad() // another replica's clock may be that far ahead
		b.clock.Add(-time.Second)
		b.mustNotLoad("created in the future")
		b.clock.Add(-time.Hour)
		b.mustNotLoad("created in the future")
	}},
}

// renew lets the browser take what Renew writes and reports whether it wrote.
func (b *bench) renew(s *session.Session) bool {
	b.Helper()
	h := http.Header{}
	wrote, err := b.store.Renew(h, b.browser.Request(), s)
	if err != nil {
		b.Fatalf("Renew: %v", err)
	}
	b.browser.AcceptHeader(h)
	return wrote
}
