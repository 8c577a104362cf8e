package attack

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// TestSessionsInRedisEnd: signed out, revoked, signed in anew or idle, a
// session is over on every replica, copied cookies included.
func TestSessionsInRedisEnd(t *testing.T) {
	a := begin(t, "store")
	server := redistest.Start(t)
	w := openStored(t, server, "gatehouse:", nil)
	dead := func(t *testing.T, cookie string) {
		t.Helper()
		for _, v := range ways {
			redistest.Eventually(t, v.name+" has heard", func() bool {
				r := v.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}})
				w.app.take()
				return r.status == http.StatusUnauthorized
			})
		}
	}
	alive := func(t *testing.T, cookie string) {
		t.Helper()
		for _, v := range ways {
			w.judge(t, pass, v.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}}))
		}
	}
	for name, end := range map[string]func(t *testing.T, p *person){
		"signed out here":        func(t *testing.T, p *person) { p.follow(home+"/.auth/logout?local=1", "Sec-Fetch-Site: same-origin") },
		"signed out everywhere":  func(t *testing.T, p *person) { p.signOut(t) },
		"idle":                   func(t *testing.T, p *person) { w.clock.advance(2 * time.Hour) },
		"beyond its hard end":    func(t *testing.T, p *person) { w.clock.advance(13 * time.Hour) },
		"taken out of Redis":     func(t *testing.T, p *person) { all(server, "gatehouse:s:*", "DEL") },
		"everything taken away":  func(t *testing.T, p *person) { server.Do("FLUSHALL") },
		"back-channel logout":    func(t *testing.T, p *person) { w.backChannel(t, "ana.kovacs") },
		"back-channel, at other": func(t *testing.T, p *person) { w.backChannelAt(t, framesTLS, "ana.kovacs") },
	} {
		a.try(name, func(t *testing.T) {
			p := w.signIn(t, "ana.kovacs")
			cookie := p.cookie()
			alive(t, cookie)
			end(t, p)
			w.app.take()
			dead(t, cookie)
		})
	}
	a.try("benign: another person's lives on", func(t *testing.T) {
		ana, ben := w.signIn(t, "ana.kovacs"), w.signIn(t, "ben.osei")
		ana.signOut(t)
		w.app.take()
		alive(t, ben.cookie())
	})
	a.try("benign: another browser's lives on", func(t *testing.T) {
		one, two := w.signIn(t, "ana.kovacs"), w.signIn(t, "ana.kovacs")
		one.follow(home+"/.auth/logout?local=1", "Sec-Fetch-Site: same-origin")
		w.app.take()
		alive(t, two.cookie())
	})
	a.try("a session planted before the sign-in", func(t *testing.T) { // fixation
		mallory := w.signIn(t, "cleo.marsh")
		planted := mallory.cookie()
		victim := w.person(t)
		victim.client.Jar = mallory.client.Jar
		w.idp.AutoLogin("ana.kovacs")
		victim.follow(home + "/.auth/login")
		w.app.take()
		if victim.me() != subject {
			t.Fatalf("signed in as %q", victim.me())
		}
		if victim.cookie() == planted {
			t.Error("the same cookie for two")
		}
		for _, v := range ways {
			if r := v.ask(w, t, request{target: "/.auth/me", fields: []string{"Cookie: " + planted}}); strings.Contains(r.body, subject) {
				t.Errorf("Mallory's cookie is Ana's now")
			}
		}
	})
	a.try("a sign-in makes a new one", func(t *testing.T) {
		p := w.signIn(t, "ana.kovacs")
		before := p.cookie()
		w.idp.AutoLogin("ana.kovacs")
		p.follow(home + "/.auth/login")
		w.app.take()
		if p.cookie() == before {
			t.Error("the same one")
		}
		alive(t, p.cookie())
	})
	a.try("an answer redeemed at one replica is not at the other", func(t *testing.T) {
		w.idp.AutoLogin("ana.kovacs")
		p := w.person(t)
		at := p.callback()
		var pairs []string
		for _, c := range p.cookies() {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		p.step(at.String())
		asked := w.idp.Count(devidp.Token)
		r := framesTLS.ask(w, t, request{target: at.RequestURI(), fields: append([]string{"Cookie: " + strings.Join(pairs, "; ")}, navigation...)})
		w.judge(t, refuse, r)
		if w.idp.Count(devidp.Token) != asked {
			t.Error("the code was shown to the provider again")
		}
	})
	a.try("an answer at both replicas at once is redeemed once", func(t *testing.T) {
		w.idp.AutoLogin("ana.kovacs")
		for range 10 {
			p := w.person(t)
			at := p.callback()
			var pairs []string
			for _, c := range p.cookies() {
				pairs = append(pairs, c.Name+"="+c.Value)
			}
			asked := w.idp.Count(devidp.Token)
			var sessions atomic.Int64
			var both sync.WaitGroup
			for _, v := range []way{inTheClear, overTLS} {
				both.Go(func() {
					if v.ask(w, t, request{target: at.RequestURI(), fields: append([]string{"Cookie: " + strings.Join(pairs, "; ")}, navigation...)}).setsSession() {
						sessions.Add(1)
					}
				})
			}
			both.Wait()
			if n := w.idp.Count(devidp.Token) - asked; n != 1 || sessions.Load() != 1 {
				t.Errorf("the token endpoint was asked %d times, and there are %d sessions", n, sessions.Load())
			}
		}
	})
}

// backChannel ends a user's sessions as the provider does.
func (w *world) backChannel(t *testing.T, user string) reply {
	t.Helper()
	return w.backChannelAt(t, inTheClear, user)
}

func (w *world) backChannelAt(t *testing.T, v way, user string) reply {
	t.Helper()
	r := v.ask(w, t, request{
		method: "POST", target: "/.auth/backchannel-logout/ping", body: "logout_token=" + w.idp.LogoutToken("gatehouse", user, nil),
		fields: []string{"Content-Type: application/x-www-form-urlencoded"},
	})
	if r.status != http.StatusOK && r.status != http.StatusNoContent {
		t.Errorf("the logout token is answered %d: %.200s", r.status, r.body)
	}
	return r
}

// TestALogoutTokenCountsOnce [Back-Channel Logout 2.6]: over replicas, too.
func TestALogoutTokenCountsOnce(t *testing.T) {
	a := begin(t, "store")
	w := openStored(t, redistest.Start(t), "gatehouse:", nil)
	for _, order := range [][2]way{{inTheClear, inTheClear}, {inTheClear, framesTLS}, {framesTLS, inTheClear}, {overTLS, framesPlain}} {
		a.try(order[0].name+", then "+order[1].name, func(t *testing.T) {
			w.signIn(t, "ana.kovacs")
			token := w.idp.LogoutToken("gatehouse", "ana.kovacs", func(claims map[string]any) { delete(claims, "sid") })
			r := request{method: "POST", target: "/.auth/backchannel-logout/ping", body: "logout_token=" + token, fields: []string{"Content-Type: application/x-www-form-urlencoded"}}
			if got := order[0].ask(w, t, r); got.status != http.StatusOK && got.status != http.StatusNoContent {
				t.Fatalf("%d: %.200s", got.status, got.body)
			}
			p := w.signIn(t, "ana.kovacs")
			w.judge(t, refuse, order[1].ask(w, t, r))
			w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + p.cookie()}}))
		})
	}
}
