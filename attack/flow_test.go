package attack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// twoProviders, and two hosts whose sign-ins must not be exchanged.
const twoProviders = onLoopback + "providers:" + honest + liar + `
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], providers: ping}
  - {name: other, from: "https://other.example.test", to: "${APP}", policy: [{allow: everyone}], providers: ping}
`

// refusesCallback fails unless a callback ended in 4xx, told the person what to
// do, and left nobody signed in.
func (w *world) refusesCallback(t *testing.T, p *person, r reply) {
	t.Helper()
	w.judge(t, refuse, r)
	if r.header.Get("Cache-Control") != "no-store" {
		t.Error("the answer may be stored")
	}
	if strings.Contains(r.body, "<script") || strings.Contains(r.body, forger) {
		t.Errorf("a stranger's words are on the page: %.400s", r.body)
	}
	if p.me() != "" {
		t.Error("there is a session")
	}
}

// TestCallbacksBelongToTheirBrowser [RFC 9700 4.7, RFC 9207]: whatever comes
// back is refused before the token endpoint is asked, unless it answers this
// very browser's question to this provider.
func TestCallbacksBelongToTheirBrowser(t *testing.T) {
	a := begin(t, "flow")
	w := open(t, twoProviders)
	for _, c := range []struct {
		name   string
		change func(p *person, at *url.URL, q url.Values)
	}{
		{"no state", func(_ *person, _ *url.URL, q url.Values) { q.Del("state") }},
		{"an empty state", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", "") }},
		{"a made-up state", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", strings.Repeat("A", 43)) }},
		{"a state with a byte changed", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", flip(q.Get("state"), 7)) }},
		{"a state with a byte more", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", q.Get("state")+"A") }},
		{"a state in upper case", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", strings.ToUpper(q.Get("state"))) }},
		{"a state of 64 KB", func(_ *person, _ *url.URL, q url.Values) { q.Set("state", strings.Repeat("A", 40_000)) }},
		{"a state as a list", func(_ *person, _ *url.URL, q url.Values) { q["state[]"] = q["state"]; q.Del("state") }},
		{"a state of another case's name", func(_ *person, _ *url.URL, q url.Values) { q["State"] = q["state"]; q.Del("state") }},
		{"two states", func(_ *person, _ *url.URL, q url.Values) { q.Add("state", q.Get("state")) }},
		{"another browser's answer", func(p *person, at *url.URL, q url.Values) {
			for k, v := range p.w.person(p.t).callback().Query() {
				q[k] = v
			}
		}},
		{"another browser's state", func(p *person, _ *url.URL, q url.Values) {
			q.Set("state", p.w.person(p.t).callback().Query().Get("state"))
		}},
		{"without the attempt's cookie", func(p *person, _ *url.URL, _ url.Values) { p.client.Jar = p.w.person(p.t).client.Jar }},
		{"another host's answer", func(p *person, at *url.URL, q url.Values) {
			there := p.until("https://other.example.test/.auth/callback/", "https://other.example.test/x")
			for k, v := range there.Query() {
				q[k] = v
			}
		}},
		{"at another provider's address", func(_ *person, at *url.URL, _ url.Values) { at.Path = "/.auth/callback/rogue" }},
		{"at no provider's address", func(_ *person, at *url.URL, _ url.Values) { at.Path = "/.auth/callback/nobody" }},
		{"at a longer address", func(_ *person, at *url.URL, _ url.Values) { at.Path = "/.auth/callback/ping/x" }},
		{"at the bare address", func(_ *person, at *url.URL, _ url.Values) { at.Path = "/.auth/callback/" }},
		{"no code", func(_ *person, _ *url.URL, q url.Values) { q.Del("code") }},
		{"an empty code", func(_ *person, _ *url.URL, q url.Values) { q.Set("code", "") }},
		{"two codes", func(_ *person, _ *url.URL, q url.Values) { q.Add("code", "x") }},
		{"two codes, the same", func(_ *person, _ *url.URL, q url.Values) { q.Add("code", q.Get("code")) }},
		{"a code and an error", func(_ *person, _ *url.URL, q url.Values) { q.Set("error", "access_denied") }},
		{"two errors", func(_ *person, _ *url.URL, q url.Values) { q["error"] = []string{"access_denied", "x"} }},
		{"a foreign iss", func(_ *person, _ *url.URL, q url.Values) { q.Set("iss", "https://evil.example/as") }},
		{"an empty iss", func(_ *person, _ *url.URL, q url.Values) { q.Set("iss", "") }},
		{"the iss and a slash", func(p *person, _ *url.URL, q url.Values) { q.Set("iss", p.w.idp.Issuer()+"/") }},
		{"the iss in upper case", func(p *person, _ *url.URL, q url.Values) { q.Set("iss", strings.ToUpper(p.w.idp.Issuer())) }},
		{"two iss", func(p *person, _ *url.URL, q url.Values) {
			q["iss"] = []string{p.w.idp.Issuer(), "https://evil.example/as"}
		}},
		{"a foreign iss beside an error", func(_ *person, _ *url.URL, q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("iss", "https://evil.example/as")
		}},
		{"an error with markup", func(_ *person, _ *url.URL, q url.Values) {
			q.Del("code")
			q.Set("error", "access_denied")
			q.Set("error_description", "<script>"+forger+"</script>")
			q.Set("error_uri", "https://"+forger+".example")
		}},
		{"an error that is markup", func(_ *person, _ *url.URL, q url.Values) {
			q.Del("code")
			q.Set("error", `"><script>`+forger+`</script>`)
		}},
		{"eleven minutes late", func(p *person, _ *url.URL, _ url.Values) { p.w.clock.advance(11 * 60e9) }},
		{"by a script", nil}, {"by a picture", nil},
	} {
		a.try(c.name, func(t *testing.T) {
			p := w.person(t)
			w.idp.AutoLogin("ana.kovacs")
			at := p.callback()
			q := at.Query()
			var fields []string
			if c.change != nil {
				c.change(p, at, q)
			} else {
				fields = []string{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}
			}
			at.RawQuery = q.Encode()
			asked := w.idp.Count(devidp.Token) + w.rogue.Count("token")
			w.refusesCallback(t, p, p.step(at.String(), fields...))
			if n := w.idp.Count(devidp.Token) + w.rogue.Count("token") - asked; n != 0 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
	for _, extra := range []string{";x=y", "&%zz=x", "&code=x", "&c%6fde=x", "&st%61te=x", "&code", "#&code=x"} {
		a.try("more in the query: "+extra, func(t *testing.T) {
			p := w.person(t)
			at := p.callback().String() + extra
			if strings.HasPrefix(extra, "#") { // benign: a fragment is not sent
				p.follow(at)
				if p.me() == "" {
					t.Error("nobody is signed in")
				}
				w.app.take()
				return
			}
			w.refusesCallback(t, p, p.step(at))
		})
	}
	for _, f := range []string{"benign", "benign, session_state=x", "benign, iss"} {
		a.try(f, func(t *testing.T) {
			p := w.person(t)
			at := p.callback()
			q := at.Query()
			if strings.HasSuffix(f, "x") {
				q.Set("session_state", "x")
			}
			if strings.HasSuffix(f, "iss") {
				q.Set("iss", w.idp.Issuer())
			}
			at.RawQuery = q.Encode()
			if r := p.step(at.String()); r.status != http.StatusSeeOther || p.me() != subject {
				t.Errorf("%d, signed in as %q", r.status, p.me())
			}
		})
	}
}

// TestAnAnswerIsRedeemedOnce: with the session that it made it goes on to the
// target, for everybody else it is over.
func TestAnAnswerIsRedeemedOnce(t *testing.T) {
	a := begin(t, "flow")
	w := open(t, simple)
	p := w.person(t)
	at := p.until(home+"/.auth/callback/", home+"/x?y=1").String()
	attempt := p.cookies()
	p.step(at)
	a.try("again in the same browser", func(t *testing.T) { leadsTo(t, p.step(at), "/x?y=1") })
	a.try("by a thief of address and attempt", func(t *testing.T) {
		thief := w.person(t)
		u, _ := url.Parse(home)
		thief.client.Jar.SetCookies(u, attempt)
		w.refusesCallback(t, thief, thief.step(at))
	})
	a.try("by somebody with a session of their own", func(t *testing.T) {
		ben := w.signIn(t, "ben.osei")
		if r := ben.step(at); r.status != http.StatusBadRequest || ben.me() == subject {
			t.Errorf("%d, and Ben is %s", r.status, ben.me())
		}
	})
	a.try("the token endpoint was asked once for each", func(t *testing.T) {
		if n := w.idp.Count(devidp.Token); n != 2 {
			t.Errorf("%d times", n)
		}
	})
	for range 3 {
		a.try("every question is fresh", func(t *testing.T) {
			seen := map[string]bool{}
			for range 3 {
				to, err := url.Parse(w.person(t).step(home + "/x").header.Get("Location"))
				if err != nil {
					t.Fatal(err)
				}
				q := to.Query()
				for _, name := range []string{"state", "nonce", "code_challenge"} {
					if v := q.Get(name); len(v) < 43 || len(q[name]) != 1 || seen[v] {
						t.Errorf("%s is %q", name, q[name])
					}
					seen[q.Get(name)] = true
				}
				if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" {
					t.Errorf("asks %v", q)
				}
			}
		})
	}
}

// TestWhoGetsSentToSignIn: a redirect is for people who go somewhere, and
// nothing is left behind by anything else. POST is never repeated elsewhere.
func TestWhoGetsSentToSignIn(t *testing.T) {
	a := begin(t, "flow")
	w := open(t, simple)
	for _, c := range []struct {
		name   string
		method string
		fields []string
		status int
	}{
		{"benign: a navigation", "GET", navigation, 302},
		{"benign: HEAD of one", "HEAD", navigation, 302},
		{"benign: an old browser", "GET", []string{"Accept: text/html"}, 302},
		{"a script", "GET", []string{"Sec-Fetch-Mode: cors", "Accept: text/html"}, 401},
		{"a picture", "GET", []string{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 401},
		{"a WebSocket", "GET", []string{"Sec-Fetch-Mode: websocket"}, 401},
		{"a POST", "POST", navigation, 401},
		{"a PUT", "PUT", []string{"Accept: text/html"}, 401},
		{"a DELETE", "DELETE", navigation, 401},
		{"an OPTIONS", "OPTIONS", []string{"Accept: text/html"}, 401},
		{"a preflight", "OPTIONS", []string{"Origin: https://evil.example", "Access-Control-Request-Method: GET"}, 401},
		{"a program", "GET", []string{"Accept: */*"}, 401},
		{"a program that says nothing", "GET", nil, 401},
		{"an API client", "GET", []string{"Accept: application/json"}, 401},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, request{method: c.method, target: "/x", fields: c.fields})
				if r.status != c.status {
					t.Fatalf("%d, want %d", r.status, c.status)
				}
				cookies := len(r.header.Values("Set-Cookie"))
				if c.status == 302 && cookies != 1 || c.status == 401 && (cookies != 0 || r.header.Get("WWW-Authenticate") == "") {
					t.Errorf("%d cookies, %v", cookies, r.header)
				}
				if r.header.Get("Cache-Control") != "no-store" {
					t.Error("may be stored")
				}
				w.app.untouched(t)
			})
		}
	}
}

// TestResponseAttacks: the rogue's own, before the token endpoint is asked.
func TestResponseAttacks(t *testing.T) {
	a := begin(t, "flow")
	for _, attack := range rogue.ResponseAttacks() {
		a.try(attack.Name, func(t *testing.T) {
			w := open(t, mistrusting, attack.Script())
			p := w.person(t)
			w.refusesCallback(t, p, p.step(p.callback().String()))
			if n := w.rogue.Count("token"); n != 0 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
	for _, attack := range rogue.DiscoveryAttacks() {
		a.try(attack.Name, func(t *testing.T) {
			w := open(t, mistrusting, attack.Script())
			r := w.person(t).step(home + "/x")
			if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || r.header.Get("Set-Cookie") != "" {
				t.Errorf("%d: %v", r.status, r.header)
			}
			w.app.untouched(t)
		})
	}
}
