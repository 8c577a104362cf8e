package attack

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// oneSignInHost signs people in at auth.example.test, for two hosts.
const oneSignInHost = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  auth_url: https://auth.example.test
session:
  keys: ["${KEY}"]
  store: redis
  redis: {urls: ["redis://${REDIS}/0"]}
providers:` + honest + threeRoutes + `
  - {name: other, from: "https://other.example.test", to: "${APP}", policy: [{allow: everyone}]}
`

const (
	signInHost = "https://auth.example.test"
	otherHome  = "https://other.example.test"
	tickets    = home + "/.auth/ticket?"
)

// TestTicketsBelongToTheirBrowser [RFC 9700 4.7]: what the sign-in host hands
// over opens one host, for the browser that began there, once and soon.
func TestTicketsBelongToTheirBrowser(t *testing.T) {
	a := begin(t, "tickets")
	w := openWith(t, oneSignInHost, map[string]string{"REDIS": redistest.Start(t).Address})
	w.idp.AutoLogin("ana.kovacs")
	ticket := func(p *person) *url.URL { return p.until(tickets, home+"/x?y=1") }
	for _, c := range []struct {
		name   string
		change func(p *person, at *url.URL, q url.Values)
	}{
		{"in another browser", func(p *person, _ *url.URL, _ url.Values) { p.client.Jar = p.w.person(p.t).client.Jar }},
		{"in another browser that is signing in", func(p *person, _ *url.URL, _ url.Values) {
			other := p.w.person(p.t)
			ticket(other)
			p.client.Jar = other.client.Jar
		}},
		{"another's, with this browser's state", func(p *person, _ *url.URL, q url.Values) {
			q.Set("ticket", ticket(p.w.person(p.t)).Query().Get("ticket"))
		}},
		{"another's state, with this browser's ticket", func(p *person, _ *url.URL, q url.Values) {
			q.Set("state", ticket(p.w.person(p.t)).Query().Get("state"))
		}},
		{"another's, whole", func(p *person, at *url.URL, q url.Values) {
			for k, v := range ticket(p.w.person(p.t)).Query() {
				q[k] = v
			}
		}},
		{"no ticket", func(_ *person, _ *url.URL, q url.Values) { q.Del("ticket") }},
		{"an empty ticket", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", "") }},
		{"two tickets", func(_ *person, _ *url.URL, q url.Values) { q.Add("ticket", q.Get("ticket")) }},
		{"two tickets, a made-up one first", func(_ *person, _ *url.URL, q url.Values) {
			q["ticket"] = []string{strings.Repeat("A", 43), q.Get("ticket")}
		}},
		{"a made-up ticket", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", strings.Repeat("A", 43)) }},
		{"a ticket with a byte changed", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", flip(q.Get("ticket"), 9)) }},
		{"a ticket with a byte more", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", q.Get("ticket")+"A") }},
		{"a ticket with a byte less", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", q.Get("ticket")[1:]) }},
		{"a ticket in upper case", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", strings.ToUpper(q.Get("ticket"))) }},
		{"a ticket that is a pattern", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", "*") }},
		{"a ticket that is a command", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", "x\r\nFLUSHALL\r\n") }},
		{"a ticket that is another key", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", "}:s:{x") }},
		{"a ticket of 64 KB", func(_ *person, _ *url.URL, q url.Values) { q.Set("ticket", strings.Repeat("A", 40_000)) }},
		{"a ticket as a list", func(_ *person, _ *url.URL, q url.Values) { q["ticket[]"] = q["ticket"]; q.Del("ticket") }},
		{"no state", func(_ *person, _ *url.URL, q url.Values) { q.Del("state") }},
		{"an empty state", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", "") }},
		{"two states", func(_ *person, _ *url.URL, q url.Values) { q.Add("state", q.Get("state")) }},
		{"a state with a byte changed", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", flip(q.Get("state"), 9)) }},
		{"state and ticket exchanged", func(_ *person, _ *url.URL, q url.Values) {
			q["state"], q["ticket"] = q["ticket"], q["state"]
		}},
		{"eleven minutes late", func(p *person, _ *url.URL, _ url.Values) { p.w.clock.advance(11 * time.Minute) }},
		{"at another host", func(_ *person, at *url.URL, _ url.Values) { at.Host = "other.example.test" }},
		{"at another host where the browser is signing in", func(p *person, at *url.URL, _ url.Values) {
			p.until(otherHome+"/.auth/ticket?", otherHome+"/x")
			at.Host = "other.example.test"
		}},
		{"at the sign-in host", func(_ *person, at *url.URL, _ url.Values) { at.Host = "auth.example.test" }},
		{"at a longer address", func(_ *person, at *url.URL, _ url.Values) { at.Path += "/x" }},
		{"at the callback's address", func(_ *person, at *url.URL, _ url.Values) { at.Path = "/.auth/callback/ping" }},
		{"as a code", func(_ *person, at *url.URL, q url.Values) {
			at.Path = "/.auth/callback/ping"
			q["code"] = q["ticket"]
			q.Del("ticket")
		}},
	} {
		a.try(c.name, func(t *testing.T) {
			p := w.person(t)
			at := ticket(p)
			q := at.Query()
			c.change(p, at, q)
			at.RawQuery = q.Encode()
			r := p.step(at.String())
			w.refusesCallback(t, p, r)
			if c.name == "in another browser" && r.header.Get("Location") != "" {
				t.Errorf("sent to %s", r.header.Get("Location"))
			}
		})
	}
	for _, c := range []struct{ name, method, query string }{
		{"benign", "GET", ""},
		{"benign: a return address beside it", "GET", "&rd=https://evil.example/"},
		{"benign: many return addresses", "GET", "&rd=//evil.example&for=https://evil.example&return_to=https://evil.example&next=//evil.example&url=https://evil.example"},
		{"benign: a fragment", "GET", "#https://evil.example"},
	} {
		a.try(c.name, func(t *testing.T) {
			p := w.person(t)
			leadsTo(t, p.step(ticket(p).String()+c.query), "/x?y=1")
			if p.me() != subject {
				t.Errorf("signed in as %q", p.me())
			}
		})
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		a.try(method, func(t *testing.T) {
			p := w.person(t)
			r, _ := p.send(stay, method, ticket(p).String(), "", navigation)
			w.refusesCallback(t, p, r)
		})
	}
	a.try("HEAD takes nothing away", func(t *testing.T) {
		p := w.person(t)
		at := ticket(p).String()
		if r, _ := p.send(stay, "HEAD", at, "", navigation); r.setsSession() {
			return // some do, and then it is used up
		}
		p.step(at)
		if p.me() == "" {
			t.Error("nobody is signed in")
		}
	})
	for _, fields := range [][]string{{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, {"Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}} {
		a.try("asked for by a page: "+strings.Join(fields, " "), func(t *testing.T) {
			p := w.person(t)
			w.refusesCallback(t, p, p.step(ticket(p).String(), fields...))
		})
	}
	a.try("again, in the same browser", func(t *testing.T) {
		p := w.person(t)
		at := ticket(p).String()
		p.step(at)
		if r := p.step(at); r.status != http.StatusBadRequest && r.status != http.StatusSeeOther || r.status == http.StatusSeeOther && !strings.HasSuffix(r.header.Get("Location"), "/x?y=1") {
			t.Errorf("%d to %s", r.status, r.header.Get("Location"))
		}
	})
	a.try("again, by a thief of address and attempt", func(t *testing.T) {
		p, thief := w.person(t), w.person(t)
		at := ticket(p).String()
		u, _ := url.Parse(home)
		thief.client.Jar.SetCookies(u, p.cookies())
		p.step(at)
		w.refusesCallback(t, thief, thief.step(at))
	})
	a.try("by two at once", func(t *testing.T) {
		p, thief := w.person(t), w.person(t)
		at := ticket(p).String()
		u, _ := url.Parse(home)
		thief.client.Jar.SetCookies(u, p.cookies())
		done := make(chan bool)
		go func() {
			for _, c := range thief.cookies() {
				r := inTheClear.ask(w, t, request{target: strings.TrimPrefix(at, home), fields: append(slices.Clone(navigation), "Cookie: "+c.Name+"="+c.Value)})
				done <- r.setsSession()
				return
			}
			done <- false
		}()
		r := p.step(at)
		if <-done && r.setsSession() {
			t.Error("one ticket made two sessions")
		}
	})
	a.try("the sign-in host's cookie opens nothing else", func(t *testing.T) {
		p := w.person(t)
		p.follow(home + "/x")
		w.app.take()
		for _, v := range ways {
			w.judge(t, signIn, v.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + p.cookieAt(signInHost)}}))
			w.judge(t, signIn, v.ask(w, t, request{target: "/x", host: "other.example.test", fields: []string{"Cookie: " + p.cookie()}}))
		}
	})
}

// TestTheSignInHostHandsOverToOurs: nobody is sent from there to an address
// that is not a route's, and no ticket is made for a question that no route's
// host asked.
func TestTheSignInHostHandsOverToOurs(t *testing.T) {
	a := begin(t, "tickets")
	w := openWith(t, oneSignInHost, map[string]string{"REDIS": redistest.Start(t).Address})
	w.idp.AutoLogin("ana.kovacs")
	question := func(p *person) *url.URL { return p.until(signInHost+"/.auth/login?", home+"/x?y=1") }
	for _, c := range []struct {
		name   string
		change func(p *person, q url.Values)
	}{
		{"rd at another site", func(_ *person, q url.Values) { q.Set("rd", "https://evil.example/") }},
		{"rd without a scheme", func(_ *person, q url.Values) { q.Set("rd", "//evil.example/") }},
		{"rd with a backslash", func(_ *person, q url.Values) { q.Set("rd", `/\evil.example/`) }},
		{"rd and user information", func(_ *person, q url.Values) { q.Set("rd", home+"@evil.example/") }},
		{"rd at a host that ends so", func(_ *person, q url.Values) { q.Set("rd", "https://evilapp.example.test/") }},
		{"rd on another port", func(_ *person, q url.Values) { q.Set("rd", home+":8443/") }},
		{"rd in the clear", func(_ *person, q url.Values) { q.Set("rd", "http://app.example.test/") }},
		{"rd at another of our hosts", func(_ *person, q url.Values) { q.Set("rd", otherHome+"/x") }},
		{"two rd", func(_ *person, q url.Values) { q.Add("rd", "https://evil.example/") }},
		{"for another site", func(_ *person, q url.Values) { q.Set("for", "https://evil.example") }},
		{"for another of our hosts", func(_ *person, q url.Values) { q.Set("for", otherHome) }},
		{"for another of our hosts, and rd", func(_ *person, q url.Values) { q.Set("for", otherHome); q.Set("rd", otherHome+"/x") }},
		{"for the sign-in host", func(_ *person, q url.Values) { q.Set("for", signInHost) }},
		{"for a path", func(_ *person, q url.Values) { q.Set("for", home+"/.auth/") }},
		{"for user information", func(_ *person, q url.Values) { q.Set("for", "https://app.example.test@evil.example") }},
		{"for in upper case", func(_ *person, q url.Values) { q.Set("for", strings.ToUpper(home)) }},
		{"for in the clear", func(_ *person, q url.Values) { q.Set("for", "http://app.example.test") }},
		{"for nobody", func(_ *person, q url.Values) { q.Del("for") }},
		{"for two", func(_ *person, q url.Values) { q.Add("for", otherHome) }},
		{"a question with a byte changed", func(_ *person, q url.Values) { q.Set("handover", flip(q.Get("handover"), 5)) }},
		{"a question with its last byte changed", func(_ *person, q url.Values) {
			h := q.Get("handover")
			q.Set("handover", flip(h, len(h)-3))
		}},
		{"a question without its seal", func(_ *person, q url.Values) {
			h, _, _ := strings.Cut(q.Get("handover"), ".")
			q.Set("handover", h)
		}},
		{"a question with an empty seal", func(_ *person, q url.Values) {
			h, _, _ := strings.Cut(q.Get("handover"), ".")
			q.Set("handover", h+".")
		}},
		{"another question under this seal", func(p *person, q url.Values) {
			h, _, _ := strings.Cut(question(p.w.person(p.t)).Query().Get("handover"), ".")
			_, seal, _ := strings.Cut(q.Get("handover"), ".")
			q.Set("handover", h+"."+seal)
		}},
		{"two questions", func(_ *person, q url.Values) { q.Add("handover", q.Get("handover")) }},
		{"a question of 64 KB", func(_ *person, q url.Values) { q.Set("handover", strings.Repeat("A", 40_000)) }},
	} {
		for _, known := range []bool{false, true} {
			name := c.name + ", a stranger"
			if known {
				name = c.name + ", signed in"
			}
			a.try(name, func(t *testing.T) {
				p := w.person(t)
				if known {
					p.follow(otherHome + "/x")
					w.app.take()
				}
				at := question(p)
				q := at.Query()
				c.change(p, q)
				at.RawQuery = q.Encode()
				for range 12 { // wherever it leads, it leads to ours
					r := p.step(at.String())
					location := r.header.Get("Location")
					if location == "" {
						break
					}
					to, err := at.Parse(location)
					if err != nil {
						t.Fatal(err)
					}
					origin := to.Scheme + "://" + to.Host
					if !slices.Contains([]string{home, otherHome, signInHost}, origin) && !strings.HasPrefix(w.idp.Issuer(), origin+"/") {
						t.Fatalf("sent to %s", to)
					}
					at = to
				}
				for _, origin := range []string{home, otherHome} {
					if !known && strings.HasPrefix(c.name, "for another of") && p.hasSession(origin) {
						t.Errorf("a session at %s came of it", origin)
					}
				}
				w.app.take()
			})
		}
	}
	a.try("a stranger's question in a person's browser", func(t *testing.T) { // sign-in CSRF, and a ticket for the stranger
		stranger, p := w.person(t), w.person(t)
		p.follow(otherHome + "/x")
		w.app.take()
		at := question(stranger).String()
		w.refusesCallback(t, p, p.follow(at))
		if stranger.me() != "" {
			t.Error("the stranger is signed in")
		}
	})
	a.try("benign: one sign-in for both hosts", func(t *testing.T) {
		p := w.person(t)
		w.judge(t, pass, p.follow(home+"/x"))
		w.idp.AutoLogin("") // the picker, if anybody asked again
		w.judge(t, pass, p.follow(otherHome+"/x"))
		w.idp.AutoLogin("ana.kovacs")
	})
	for _, r := range []request{{target: "/"}, {target: "/x"}, {target: "/admin"}, {target: "/public/x"}} {
		for _, v := range ways {
			a.try(v.name+" nothing is served at the sign-in host: "+r.target, func(t *testing.T) {
				r.host = "auth.example.test"
				r.fields = navigation
				w.judge(t, elsewhere, v.ask(w, t, r))
			})
		}
	}
}
