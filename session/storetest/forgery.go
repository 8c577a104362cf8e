package storetest

import (
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/session"
)

var forgeries = []promise{
	{"EveryChangedByteIsNoSession", func(b *bench) {
		for _, s := range []*session.Session{Ada(), AdaIn(200)} {
			b.signIn(s)
			for _, c := range b.browser.Cookies {
				value := c.Value
				for i := range len(value) {
					for _, flip := range []byte{0x01, 0x02, 0x20} {
						forged := []byte(value)
						forged[i] ^= flip
						c.Value = string(forged)
						b.mustNotLoad("byte of " + c.Name + " flipped: " + c.Value)
					}
				}
				for _, cut := range []string{value[1:], value[:len(value)-1], value + "A", value + "=", "", value + value} {
					c.Value = cut
					b.mustNotLoad("length of " + c.Name + " changed")
				}
				c.Value = value
			}
			b.mustLoad() // the benign twin
		}
	}},

	{"PiecesMissingOrMixedAreNoSession", func(b *bench) {
		b.signIn(AdaIn(200))
		whole := b.browser.Copy()
		n := len(whole.Cookies)
		if n == 1 {
			b.Skip("this store does not split cookies")
		}
		for i := range n {
			b.browser.Drop(whole.Cookies[i].Name)
			b.mustNotLoad("piece missing")
			b.browser = whole.Copy()
			for j := range i {
				b.browser.Cookies[i].Value = whole.Cookies[j].Value
				b.browser.Cookies[j].Value = whole.Cookies[i].Value
				b.mustNotLoad("pieces swapped")
				b.browser.Cookies[j].Value = whole.Cookies[j].Value
				b.mustNotLoad("piece duplicated")
				b.browser = whole.Copy()
			}
		}
		slices.Reverse(b.browser.Cookies)
		b.mustLoad() // the order in the header does not matter
		b.browser.Put(whole.Cookies[0].Name+".3", "stale")
		b.browser.Put(whole.Cookies[0].Name+".9", "strange")
		b.mustLoad()
	}},

	{"PiecesOfTwoSessionsAreNoSession", func(b *bench) {
		b.signIn(AdaIn(200))
		other := b.browser.Copy()
		b.browser = NewBrowser(b.T, b.browser.Origin.String())
		b.signIn(AdaIn(200))
		if len(other.Cookies) == 1 {
			b.Skip("this store does not split cookies")
		}
		b.browser.Cookies[1].Value = other.Cookies[1].Value
		b.mustNotLoad("second piece of another session")
	}},

	{"CountGamesAreNoSession", func(b *bench) {
		b.signIn(Ada())
		c := b.browser.Cookies[0]
		value := c.Value
		_, rest, found := strings.Cut(value, "~")
		if !found {
			b.Skip("this store does not count pieces")
		}
		for _, count := range []string{"99999999", "-1", "0", "01", "+1", "1 ", " 1", "5", "9", "", "1.0", "0x1", "١", "1~1"} {
			c.Value = count + "~" + rest
			b.mustNotLoad("count " + count)
		}
		c.Value = rest
		b.mustNotLoad("no count")
		c.Value = value
		b.mustLoad()
	}},

	{"PlantedCookiesDoNotHideTheSession", func(b *bench) {
		want := b.signIn(Ada())
		name, value := b.browser.Cookies[0].Name, b.browser.Cookies[0].Value
		for _, line := range []string{
			name + "=planted; " + name + "=" + value,
			name + "=" + value + "; " + name + "=planted",
			name + "=1~; " + name + "=; " + name + "=4~AAAA; " + name + "=" + value,
			"other=" + name + "=1~AAAA; " + name + "=" + value + "; x",
			name + "; =" + name + "=x; " + name + "=" + value,
		} {
			r := b.browser.Request()
			r.Header["Cookie"] = []string{line}
			if s, err := b.store.Load(r); err != nil || s.ID != want.ID {
				b.Errorf("Load = %v with %.60q, want the session", err, line)
			}
		}
		r := b.browser.Request()
		r.Header["Cookie"] = []string{"a=1", name + "=planted", name + "=" + value}
		if _, err := b.store.Load(r); err != nil {
			b.Errorf("Load = %v with several Cookie lines", err)
		}
	}},

	{"NeighbouringNamesAreNoSession", func(b *bench) {
		b.signIn(Ada())
		value := b.browser.Cookies[0].Value
		for _, name := range []string{"gatehouse", "__host-gatehouse", "__Host-Gatehouse", "__Secure-gatehouse", "__Host-gatehouse2", "__Host-gatehouse.0", "__Host-gatehouse.1", "__Host-gatehouse-x"} {
			b.browser.Cookies = nil
			b.browser.Put(name, value)
			b.mustNotLoad("cookie " + name)
		}
	}},

	{"AttemptsAndSessionsAreNotExchanged", func(b *bench) {
		keys, err := session.NewKeys(b.config.Keys)
		if err != nil {
			b.Fatal(err)
		}
		names, err := session.NewNames(CookieName)
		if err != nil {
			b.Fatal(err)
		}
		attempts := session.NewAttempts(keys, names, b.clock.Now)
		secrets, cookie, err := attempts.New(b.browser.Request(), session.Attempt{Provider: "ping", ReturnTo: "/"})
		if err != nil {
			b.Fatal(err)
		}
		w := httptest.NewRecorder()
		cookie.Set(w)
		b.browser.Accept(w)
		if _, err := attempts.Take(b.browser.Request(), secrets.State); err != nil {
			b.Fatalf("Take: %v", err)
		}
		attempt := b.browser.Cookies[0]
		for _, value := range []string{attempt.Value, "1~" + attempt.Value} {
			b.browser.Put("__Host-"+CookieName, value)
			b.mustNotLoad("attempt cookie as session cookie")
		}
		b.signIn(Ada())
		for _, c := range b.browser.Cookies[1:] {
			_, sealed, _ := strings.Cut(c.Value, "~")
			for _, value := range []string{c.Value, sealed} {
				attempt.Value = value
				if a, err := attempts.Take(b.browser.Request(), secrets.State); err != session.ErrNoAttempt {
					b.Errorf("session cookie as attempt: Take = %v, %v, want ErrNoAttempt", a, err)
				}
			}
		}
	}},
}
