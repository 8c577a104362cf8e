package storetest

import (
	"slices"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var origins = []promise{
	{"CookiesHoldOnTheirHostAlone", func(b *bench) {
		b.signIn(Ada())
		for _, origin := range []string{
			"https://mail.example.com", "https://example.com", "https://wiki.example.com:8443",
			"https://wiki.example.com.evil.example", "https://iki.example.com",
		} {
			mustNotLoad(b.T, b.store, b.browser.At(origin), origin)
		}
		b.mustLoad()
	}},

	{"CookiesHoldOnTheirSchemeAlone", func(b *bench) {
		b.signIn(Ada())
		plain := b.browser.At("http://wiki.example.com")
		mustNotLoad(b.T, b.store, plain, "https cookie on http")
		plain.Put(CookieName, b.browser.Cookies[0].Value)
		mustNotLoad(b.T, b.store, plain, "https cookie renamed on http")

		b.browser = NewBrowser(b.T, "http://localhost:8080")
		b.signIn(Ada())
		secure := b.browser.At("https://localhost:8080")
		secure.Put("__Host-"+CookieName, b.browser.Cookies[0].Value)
		mustNotLoad(b.T, b.store, secure, "http cookie renamed on https")
	}},
}

var rotations = []promise{
	{"OldKeysOpenAndTheFirstSeals", func(b *bench) {
		before := b.signIn(Ada())
		rotated := b.config
		rotated.Keys = [][]byte{Key(2), Key(1)}
		next := b.new(b.T, rotated)
		if s, err := next.Load(b.browser.Request()); err != nil || s.ID != before.ID {
			b.Fatalf("Load = %v with the old key's cookie", err)
		}
		b.store = next
		after := b.signIn(Ada())
		rotated.Keys = [][]byte{Key(2)}
		if s, err := b.new(b.T, rotated).Load(b.browser.Request()); err != nil || s.ID != after.ID {
			b.Errorf("Load = %v, want what the new key sealed", err)
		}
	}},

	{"ReplicasInMidRotationReadEachOther", func(b *bench) {
		one, two := b.config, b.config
		one.Keys = [][]byte{Key(1), Key(2)}
		two.Keys = slices.Clone(one.Keys)
		slices.Reverse(two.Keys)
		stores := []session.Store{b.new(b.T, one), b.new(b.T, two)}
		for i := range stores {
			b.browser = NewBrowser(b.T, "https://wiki.example.com")
			b.store = stores[i]
			b.signIn(Ada())
			if _, err := stores[1-i].Load(b.browser.Request()); err != nil {
				b.Errorf("replica %d cannot read replica %d: %v", 1-i, i, err)
			}
		}
	}},

	{"AStrangersKeyOpensNothing", func(b *bench) {
		b.signIn(Ada())
		other := b.config
		other.Keys = [][]byte{Key(9)}
		mustNotLoad(b.T, b.new(b.T, other), b.browser, "another key")
		b.clock.Add(time.Minute)
		b.mustLoad()
	}},
}
