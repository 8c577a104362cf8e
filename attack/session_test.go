package attack

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSessionsCannotBeMade: nothing but what the gateway sealed for this host
// and this purpose is a session, and finding that out is quick.
func TestSessionsCannotBeMade(t *testing.T) {
	a := begin(t, "session")
	w := open(t, simple)
	ana, elif := w.signIn(t, "ana.kovacs").cookie(), w.signIn(t, "elif.demir").cookie()
	name, value, _ := strings.Cut(ana, "=")
	pieces := strings.Split(elif, "; ") // hers takes several
	if len(pieces) < 2 {
		t.Fatalf("the large session has %d pieces", len(pieces))
	}
	valueOf := func(i int) string { _, v, _ := strings.Cut(pieces[i], "="); return v }
	attempt := w.person(t)
	attempt.callback()
	var attempts []string
	for _, c := range attempt.cookies() {
		attempts = append(attempts, c.Value)
	}
	reversed := pieces[len(pieces)-1]
	for i := len(pieces) - 2; i >= 0; i-- {
		reversed += "; " + pieces[i]
	}

	for _, c := range []struct {
		name, cookie string
		want         verdict
	}{
		{"benign", ana, pass},
		{"benign, among others", "a=b; " + ana + "; c=d", pass},
		{"benign, without blanks", "a=b;" + ana + ";c=d", pass},
		{"benign, in a second line", "a=b\nCookie: " + ana, pass},
		{"benign, behind one that was planted", name + "=planted; " + ana, pass},
		{"benign, before one that was planted", ana + "; " + name + "=planted", pass},
		{"benign, in pieces", elif, pass},
		{"benign, in pieces the other way round", reversed, pass},
		{"benign, in pieces beside planted ones", name + ".1=planted; " + elif + "; " + name + ".3=planted", pass},
		{"none", "a=b", signIn},
		{"empty", name + "=", signIn},
		{"garbage", name + "=x", signIn},
		{"no count", name + "=" + strings.TrimPrefix(value, "1~"), signIn},
		{"count 0", name + "=0" + value[1:], signIn},
		{"count 2 without a second", name + "=2" + value[1:], signIn},
		{"count 4 without others", name + "=4" + value[1:], signIn},
		{"count 5", name + "=5" + value[1:], signIn},
		{"count 99999999", name + "=99999999" + value[1:], signIn},
		{"count 99999999999999999999", name + "=99999999999999999999" + value[1:], signIn},
		{"count -1", name + "=-1" + value[1:], signIn},
		{"count 01", name + "=01" + value[1:], signIn},
		{"count +1", name + "=+1" + value[1:], signIn},
		{"a count that is a letter", name + "=a" + value[1:], signIn},
		{"under the plain name", "gatehouse=" + value, signIn},
		{"under another case", "__host-gatehouse=" + value, signIn},
		{"under upper case", "__HOST-GATEHOUSE=" + value, signIn},
		{"under __Secure-", "__Secure-gatehouse=" + value, signIn},
		{"as a piece", name + ".1=" + value, signIn},
		{"as piece 0", name + ".0=" + value, signIn},
		{"as an attempt", name + "-" + strings.Repeat("A", 12) + "=" + value, signIn},
		{"an attempt as a session", name + "=" + attempts[0], signIn},
		{"an attempt as a session, counted", name + "=1~" + attempts[0], signIn},
		{"twice as long", name + "=" + value + value, signIn},
		{"with padding", name + "=" + value + "====", signIn},
		{"with a blank inside", name + "=" + value[:9] + " " + value[9:], signIn},
		{"percent-encoded", name + "=" + value[:9] + "%41" + value[10:], signIn},
		{"in quotes", name + `="` + value + `"`, signIn},
		{"in upper case", name + "=" + strings.ToUpper(value), signIn},
		{"in standard base64", name + "=" + strings.NewReplacer("-", "+", "_", "/").Replace(value) + "=", signIn},
		{"60 KB", name + "=1~" + strings.Repeat("A", 60_000), signIn},
		{"thousands of them", strings.Repeat(name+"=1~AAAA; ", 2000), signIn},
		{"thousands of pieces", strings.Repeat(name+".1=AAAA; ", 2000), signIn},
		{"the first piece alone", pieces[0], signIn},
		{"the last piece alone", pieces[len(pieces)-1], signIn},
		{"the first piece missing", strings.Join(pieces[1:], "; "), signIn},
		{"the last piece missing", strings.Join(pieces[:len(pieces)-1], "; "), signIn},
		{"pieces exchanged", name + "=" + valueOf(1) + "; " + name + ".1=" + valueOf(0), signIn},
		{"one piece twice", name + "=" + valueOf(0) + "; " + name + ".1=" + valueOf(0), signIn},
		{"pieces of two people", pieces[0] + "; " + name + ".1=" + value, signIn},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				began := time.Now()
				r := v.ask(w, t, request{target: "/x", fields: strings.Split("Cookie: "+c.cookie, "\n")})
				if w.judge(t, c.want, r); time.Since(began) > 5*time.Second {
					t.Errorf("took %s", time.Since(began))
				}
			})
		}
	}
	a.try("every byte changed, and every byte missing", func(t *testing.T) {
		for at := range value {
			for _, changed := range []string{flip(value, at), value[:at] + value[at+1:]} {
				if r := inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + name + "=" + changed}}); r.status != http.StatusUnauthorized {
					t.Fatalf("byte %d: %d", at, r.status)
				}
			}
		}
		w.app.untouched(t)
	})
}

func flip(s string, at int) string {
	c := byte('A')
	if s[at] == c {
		c = 'B'
	}
	return s[:at] + string(c) + s[at+1:]
}

// TestSessionsStayWhereTheyAre: a cookie of one host, scheme, port or gateway
// with other keys is none elsewhere.
func TestSessionsStayWhereTheyAre(t *testing.T) {
	a := begin(t, "session")
	w := open(t, returning+`  - {name: clear, from: "http://app.example.test", to: "${APP}", policy: [{allow: everyone}], insecure_http: true}
  - {name: neighbour, from: "https://neighbour.example.test", to: "${APP}", policy: [{allow: everyone}]}
`)
	ana := w.signIn(t, "ana.kovacs").cookie()
	_, value, _ := strings.Cut(ana, "=")
	for _, c := range []struct {
		name, host, cookie string
		want               verdict
	}{
		{"benign", host, ana, pass},
		{"benign, with the port", host + ":443", ana, pass},
		{"benign, oddly cased", "APP.Example.TEST", ana, pass},
		{"benign, with a dot", host + ".", ana, pass},
		{"another host", "neighbour.example.test", ana, signIn},
		{"another port", host + ":8443", ana, signIn},
		{"another scheme", host + ":80", ana, signIn},
		{"another scheme's name", host + ":80", "gatehouse=" + value, signIn},
	} {
		for _, v := range []way{inTheClear, framesPlain} {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				w.judge(t, c.want, v.ask(w, t, request{target: "/x", host: c.host, fields: []string{"Cookie: " + c.cookie}}))
			})
		}
	}
	stranger := open(t, strings.Replace(simple, `["${KEY}"]`, `["81c4f0a3d95b6e2718407fc3a9d2e65b0b7da4f1963c58e2704b1fd8c6a5390e"]`, 1))
	for _, v := range ways {
		a.try(v.name+" a gateway with another key", func(t *testing.T) {
			stranger.judge(t, signIn, v.ask(stranger, t, request{target: "/x", fields: []string{"Cookie: " + ana}}))
		})
	}
}

// TestSessionsEnd: a copy is dead after the sign-out, what was planted before
// the sign-in is dead after it, and time ends the rest.
func TestSessionsEnd(t *testing.T) {
	a := begin(t, "session")
	w := open(t, simple)
	replay := func(t *testing.T, want verdict, cookie string) {
		t.Helper()
		for _, v := range []way{inTheClear, framesPlain} {
			w.judge(t, want, v.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}}))
		}
	}
	a.try("replayed after the sign-out", func(t *testing.T) {
		ana, ben := w.signIn(t, "ana.kovacs"), w.signIn(t, "ben.osei")
		copied := ana.cookie()
		replay(t, pass, copied)
		ana.step(home+"/.auth/logout?local=1", "Sec-Fetch-Site: same-origin")
		replay(t, signIn, copied)
		replay(t, pass, ben.cookie())
		ana.follow(home + "/.auth/login")
		w.app.take()
		replay(t, signIn, copied)
	})
	a.try("planted before the sign-in", func(t *testing.T) {
		planted := w.signIn(t, "ben.osei").cookie()
		name, value, _ := strings.Cut(planted, "=")
		victim := w.person(t)
		victim.client.Jar.SetCookies(victim.callback(), []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
		w.idp.AutoLogin("ana.kovacs")
		victim.follow(home + "/.auth/login")
		if victim.me() != subject || victim.cookie() == planted {
			t.Errorf("the victim is %s", victim.me())
		}
		w.app.take()
		replay(t, signIn, planted)
	})
	a.try("idle for too long", func(t *testing.T) {
		w := open(t, simple)
		ana := w.signIn(t, "ana.kovacs").cookie()
		w.clock.advance(61 * time.Minute)
		w.judge(t, signIn, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ana}}))
	})
	a.try("at its hard end, however busy", func(t *testing.T) {
		w := open(t, simple)
		p := w.signIn(t, "ana.kovacs")
		for range 26 {
			if w.clock.advance(28 * time.Minute); p.me() == "" {
				break
			}
		}
		if p.me() != "" {
			t.Error("the session is alive after twelve hours")
		}
	})
}

// TestForeignPagesOpenNoWebSocket: a sibling's handshake carries the cookie.
func TestForeignPagesOpenNoWebSocket(t *testing.T) {
	a := begin(t, "session")
	w := open(t, simple)
	ana := w.signIn(t, "ana.kovacs").cookie()
	w.app.answers(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Connection", "Upgrade")
		rw.Header().Set("Upgrade", "websocket")
		rw.WriteHeader(http.StatusSwitchingProtocols)
	})
	for _, c := range []struct {
		name, origin string
		opens        bool
	}{
		{"benign: the own origin", "Origin: https://app.example.test", true},
		{"benign: oddly cased", "Origin: HTTPS://App.Example.Test", true},
		{"benign: a program, which sends none", "X-A: b", true},
		{"a sibling", "Origin: https://evil.example.test", false},
		{"another site", "Origin: https://evil.example", false},
		{"null", "Origin: null", false},
		{"an empty one", "Origin:", false},
		{"plaintext", "Origin: http://app.example.test", false},
		{"another port", "Origin: https://app.example.test:8443", false},
		{"a look-alike", "Origin: https://app.example.test.evil.example", false},
		{"a user that looks like it", "Origin: https://app.example.test@evil.example", false},
		{"a path", "Origin: https://app.example.test/", false},
		{"a list", "Origin: https://app.example.test https://evil.example", false},
		{"a list with a comma", "Origin: https://app.example.test, https://evil.example", false},
		{"two", "Origin: https://app.example.test\r\nOrigin: https://evil.example", false},
		{"two, the own one last", "Origin: https://evil.example\r\nOrigin: https://app.example.test", false},
		{"a dot at the end", "Origin: https://app.example.test.", false},
	} {
		for _, v := range versionOne {
			for _, connection := range []string{"Upgrade", "keep-alive, Upgrade", "upgrade"} {
				a.try(v.name+" "+c.name+", Connection: "+connection, func(t *testing.T) {
					conn := v.dial(w, t)
					defer conn.Close()
					send(t, conn, "GET /x HTTP/1.1\r\nHost: "+host+"\r\nCookie: "+ana+"\r\nConnection: "+connection+
						"\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"+c.origin+"\r\n\r\n")
					r := receive(w, t, conn, http.MethodGet)
					if c.opens {
						if w.app.take(); r.status != http.StatusSwitchingProtocols {
							t.Errorf("%d", r.status)
						}
						return
					}
					w.judge(t, forbid, r)
				})
			}
		}
	}
	a.try("without a session", func(t *testing.T) {
		w.judge(t, signIn, inTheClear.raw(w, t, "GET /x HTTP/1.1\r\nHost: "+host+"\r\nOrigin: https://app.example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"))
	})
}
