package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// stepping: some paths ask for more than a sign-in.
const stepping = onLoopback + "providers:" + liar + `
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - {name: staff, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {name: vault, from: "https://app.example.test/vault", to: "${APP}", policy: [{allow: everyone}], step_up: {acr_values: mfa}}
  - {name: top, from: "https://app.example.test/top", to: "${APP}", policy: [{allow: everyone}], step_up: {acr_values: phishing-resistant}}
  - {name: fresh, from: "https://app.example.test/fresh", to: "${APP}", policy: [{allow: everyone}], step_up: {max_age: 15m}}
  - {name: strict, from: "https://app.example.test/strict", to: "${APP}", policy: [{allow: everyone}], step_up: {acr_values: mfa, max_age: 15m}}
  - {name: closed, from: "https://app.example.test/closed", to: "${APP}", policy: [{allow: {group: nobody}}], step_up: {acr_values: mfa}}
`

// leveled is a person with a session whose sign-in said this, after which the
// provider says then.
func (w *world) leveled(t *testing.T, first, then object) *person {
	t.Helper()
	say := func(claims object) rogue.Script {
		return rogue.Script{IDToken: func(token, _ map[string]any) {
			delete(token, "acr")
			over(token, claims)
		}}
	}
	w.rogue.Play(say(first))
	p := w.signIn(t, "")
	w.rogue.Play(say(then))
	return p
}

// TestStepUpTakesTheProvidersWord: a level is what the provider says in a
// signed answer to a question that asked for it, and what it does not deliver
// ends in a page, never in a loop.
func TestStepUpTakesTheProvidersWord(t *testing.T) {
	a := begin(t, "step-up")
	w := open(t, stepping)
	now := w.clock.now().Unix()
	for _, c := range []struct {
		name, target string
		want         verdict
		then         object
	}{
		{"benign: no level asked for", "/x", pass, nil},
		{"benign: the level", "/vault/x", pass, object{"acr": "mfa"}},
		{"benign: the time", "/fresh/x", pass, object{"auth_time": now}},
		{"benign: half a minute ahead", "/fresh/x", pass, object{"auth_time": now + 30}},
		{"benign: both", "/strict/x", pass, object{"acr": "mfa", "auth_time": now}},
		{"no acr", "/vault/x", refuse, nil},
		{"an empty acr", "/vault/x", refuse, object{"acr": ""}},
		{"another acr", "/vault/x", refuse, object{"acr": "pwd"}},
		{"the level of another route", "/vault/x", refuse, object{"acr": "phishing-resistant"}},
		{"the level of another route, the other way", "/top/x", refuse, object{"acr": "mfa"}},
		{"an acr in upper case", "/vault/x", refuse, object{"acr": "MFA"}},
		{"an acr with a space", "/vault/x", refuse, object{"acr": " mfa"}},
		{"an acr with more", "/vault/x", refuse, object{"acr": "mfa2"}},
		{"two in one", "/vault/x", refuse, object{"acr": "pwd mfa"}},
		{"acr in a list", "/vault/x", refuse, object{"acr": []string{"mfa"}}},
		{"acr in an object", "/vault/x", refuse, object{"acr": object{"mfa": true}}},
		{"acr true", "/vault/x", refuse, object{"acr": true}},
		{"acr null", "/vault/x", refuse, object{"acr": nil}},
		{"Acr", "/vault/x", refuse, object{"Acr": "mfa"}},
		{"amr instead", "/vault/x", refuse, object{"amr": []string{"mfa"}}},
		{"acr_values instead", "/vault/x", refuse, object{"acr_values": "mfa"}},
		{"the level where a time is asked for, too", "/strict/x", refuse, object{"acr": "mfa", "auth_time": now - 7200}},
		{"the time where a level is asked for, too", "/strict/x", refuse, object{"auth_time": now}},
		{"no auth_time", "/fresh/x", refuse, object{"auth_time": nil}},
		{"auth_time of two hours ago", "/fresh/x", refuse, object{"auth_time": now - 7200}},
		{"auth_time of 1970", "/fresh/x", refuse, object{"auth_time": 0}},
		{"auth_time in ten minutes", "/fresh/x", refuse, object{"auth_time": now + 600}},
		{"auth_time in a hundred years", "/fresh/x", refuse, object{"auth_time": now + 3_000_000_000}},
		{"a negative auth_time", "/fresh/x", refuse, object{"auth_time": -1}},
		{"auth_time as a string", "/fresh/x", refuse, object{"auth_time": fmt.Sprint(now)}},
		{"auth_time in a list", "/fresh/x", refuse, object{"auth_time": []int64{now}}},
		{"auth_time true", "/fresh/x", refuse, object{"auth_time": true}},
		{"Auth_Time", "/fresh/x", refuse, object{"auth_time": nil, "Auth_Time": now}},
		{"iat instead", "/fresh/x", refuse, object{"auth_time": nil, "iat": now}},
		{"the level, and no right", "/closed/x", forbid, object{"acr": "mfa"}},
	} {
		a.try(c.name, func(t *testing.T) {
			first := object{"auth_time": now - 7200}
			p := w.leveled(t, first, over(object{"auth_time": now - 7200}, c.then))
			if c.then != nil {
				if at, given := c.then["auth_time"]; given && at == nil {
					p = w.leveled(t, first, c.then)
				}
			}
			asked := w.rogue.Count("authorize")
			r := p.follow(home + c.target)
			w.judge(t, c.want, r)
			if n := w.rogue.Count("authorize") - asked; n > 1 {
				t.Errorf("sent to the provider %d times", n)
			}
			if c.want != refuse {
				return
			}
			for range 3 { // it stays so, and the rest of the application works
				if r := p.step(home + c.target); r.status == http.StatusOK {
					t.Errorf("%d: %.200s", r.status, r.body)
				}
			}
			w.app.untouched(t)
		})
	}
}

// TestStepUpHearsNobodyElse: whatever a client says about its level is nothing.
func TestStepUpHearsNobodyElse(t *testing.T) {
	a := begin(t, "step-up")
	w := open(t, stepping)
	old := object{"auth_time": w.clock.now().Unix() - 7200}
	cookie := "Cookie: " + w.leveled(t, old, old).cookie()
	for _, c := range []struct {
		name, method, query string
		fields              []string
		nav                 bool
	}{
		{name: "a script"},
		{name: "acr in the query", query: "?acr=mfa&acr_values=mfa&auth_time=99999999999&max_age=99999999"},
		{name: "acr in headers", fields: []string{"X-Acr: mfa", "Acr: mfa", "X-Auth-Time: 99999999999", "X-Forwarded-Acr: mfa"}},
		{name: "acr in Gatehouse's headers", fields: []string{"X-Gatehouse-Acr: mfa", "X-Gatehouse-Level: mfa", "X_Gatehouse_Acr: mfa"}},
		{name: "acr in a cookie", fields: []string{"Cookie: acr=mfa; auth_time=99999999999; __Host-gatehouse-level=mfa; gatehouse-acr=mfa"}},
		{name: "a claim for it", fields: []string{`X-Gatehouse-Assertion: {"acr":"mfa"}`, "X-Amr: mfa"}},
		{name: "a POST", method: "POST"},
		{name: "a POST that looks like a navigation", method: "POST", fields: navigation},
		{name: "a PUT", method: "PUT"},
		{name: "an OPTIONS", method: "OPTIONS"},
		{name: "a preflight", method: "OPTIONS", fields: []string{"Origin: " + home, "Access-Control-Request-Method: GET"}},
		{name: "a picture", fields: []string{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}},
		{name: "a WebSocket's words", fields: []string{"Sec-Fetch-Mode: websocket", "Origin: " + home}},
		{name: "a path below", query: "/y/z?/x"},
		{name: "a navigation", fields: navigation, nav: true},
		{name: "a navigation with acr in the query", query: "?acr_values=&acr=mfa&max_age=99999999", fields: navigation, nav: true},
		{name: "HEAD of a navigation", method: "HEAD", fields: navigation, nav: true},
	} {
		for _, target := range []string{"/vault/x", "/top/x", "/fresh/x", "/strict/x"} {
			for _, v := range ways {
				a.try(v.name+" "+target+" "+c.name, func(t *testing.T) {
					r := v.ask(w, t, request{method: c.method, target: target + c.query, fields: append(slices.Clone(c.fields), cookie)})
					w.judge(t, signIn, r)
					if !c.nav {
						if r.status != http.StatusUnauthorized || c.method != "HEAD" && !strings.Contains(r.body, "step_up_required") || r.header.Get("WWW-Authenticate") == "" {
							t.Errorf("%d: %.300s %v", r.status, r.body, r.header)
						}
						return
					}
					to, err := url.Parse(r.header.Get("Location"))
					if err != nil || r.status != http.StatusFound {
						t.Fatalf("%d to %v", r.status, to)
					}
					q, want := to.Query(), map[string][2]string{"/vault/x": {"mfa", ""}, "/top/x": {"phishing-resistant", ""}, "/fresh/x": {"", "900"}, "/strict/x": {"mfa", "900"}}[target]
					if q.Get("acr_values") != want[0] && want[0] != "" || q.Get("max_age") != want[1] && want[1] != "" || len(q["acr_values"]) > 1 || len(q["max_age"]) > 1 {
						t.Errorf("asks for acr_values %q, max_age %q", q["acr_values"], q["max_age"])
					}
				})
			}
		}
	}
	a.try("benign: elsewhere the session is good", func(t *testing.T) {
		w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{cookie}}))
	})
	for _, path := range []string{"/public/../vault/x", "/vault%2fx", "/x/..%2fvault/x", "//vault/x", "/./vault/x", "/vault;/x", "/public/..;/vault"} {
		for _, v := range ways {
			a.try(v.name+" around it by "+path, func(t *testing.T) {
				w.judge(t, ambiguous, v.ask(w, t, request{target: path, fields: []string{cookie}}))
			})
		}
	}
	for _, path := range []string{"/%76ault/x", "/v%61ult", "/vault", "/vault/", "/vault?x"} {
		for _, v := range ways {
			a.try(v.name+" around it by "+path, func(t *testing.T) {
				w.judge(t, signIn, v.ask(w, t, request{target: path, fields: []string{cookie}}))
			})
		}
	}
}

// TestALevelIsOneSessionsAndOneRoutes: it is not lent, not kept beyond its
// time, not had from an old answer, and not asked for by a stranger.
func TestALevelIsOneSessionsAndOneRoutes(t *testing.T) {
	a := begin(t, "step-up")
	w := open(t, stepping)
	now := w.clock.now().Unix()
	old, mfa := object{"auth_time": now - 7200}, object{"auth_time": now, "acr": "mfa"}
	a.try("benign: reached, it stays", func(t *testing.T) {
		p := w.leveled(t, old, mfa)
		for range 3 {
			w.judge(t, pass, p.follow(home+"/vault/x"))
		}
	})
	a.try("reached for one route, it is not another's", func(t *testing.T) {
		p := w.leveled(t, old, mfa)
		w.judge(t, pass, p.follow(home+"/vault/x"))
		w.judge(t, refuse, p.follow(home+"/top/x"))
		w.judge(t, pass, p.follow(home+"/strict/x"))
	})
	a.try("the session before it is no good for it", func(t *testing.T) {
		p := w.leveled(t, old, mfa)
		before := "Cookie: " + p.cookie()
		w.judge(t, pass, p.follow(home+"/vault/x"))
		w.judge(t, signIn, inTheClear.ask(w, t, request{target: "/vault/x", fields: []string{before}}))
		w.judge(t, pass, inTheClear.ask(w, t, request{target: "/vault/x", fields: []string{"Cookie: " + p.cookie()}}))
	})
	a.try("another person's browser has none of it", func(t *testing.T) {
		p, q := w.leveled(t, old, mfa), w.leveled(t, old, mfa)
		w.judge(t, pass, p.follow(home+"/vault/x"))
		r := q.step(home + "/vault/x")
		w.judge(t, signIn, r)
	})
	a.try("an old answer gives it to nobody", func(t *testing.T) {
		p := w.leveled(t, old, mfa)
		at := p.until(home+"/.auth/callback/", home+"/vault/x").String()
		p.step(at)
		q := w.leveled(t, old, old)
		if r := q.step(at); r.status != http.StatusBadRequest {
			t.Errorf("%d", r.status)
		}
		w.judge(t, signIn, q.step(home+"/vault/x"))
	})
	a.try("an answer to a question without it", func(t *testing.T) {
		w.rogue.Play(rogue.Script{Authorize: func(request, _ url.Values) {
			request.Del("acr_values")
		}, IDToken: func(token, _ map[string]any) { over(token, old) }})
		p := w.person(t)
		p.follow(home + "/.auth/login")
		w.app.take()
		w.judge(t, refuse, p.follow(home+"/vault/x"))
	})
	a.try("its parameters taken out of the question on the way", func(t *testing.T) {
		p := w.leveled(t, old, old)
		to, err := url.Parse(p.step(home + "/vault/x").header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		q := to.Query()
		q.Del("acr_values")
		to.RawQuery = q.Encode()
		w.judge(t, refuse, p.follow(to.String()))
	})
	a.try("it ends", func(t *testing.T) {
		p := w.leveled(t, old, mfa)
		w.judge(t, pass, p.follow(home+"/strict/x"))
		w.clock.advance(20 * time.Minute)
		w.judge(t, signIn, p.step(home+"/strict/x"))
		w.judge(t, signIn, p.step(home+"/fresh/x"))
		w.judge(t, pass, p.follow(home+"/x"))
	})
	for _, query := range []string{"?rd=/vault/x&acr_values=pwd", "?rd=/vault/x&max_age=99999999", "?rd=/vault/x&acr_values=&max_age=", "?rd=/vault/x&prompt=none", "?rd=/vault/x&step_up=off&acr=mfa", "?rd=/vault/x&acr_values=phishing-resistant&claims={}"} {
		a.try("a sign-in that a stranger began: "+query, func(t *testing.T) {
			p := w.leveled(t, old, old)
			r := p.step(home + "/.auth/login" + query)
			to, err := url.Parse(r.header.Get("Location"))
			if err != nil {
				t.Fatal(err)
			}
			q := to.Query()
			if q.Get("prompt") == "none" || q.Get("acr_values") == "pwd" || q.Get("max_age") == "99999999" || q.Get("claims") != "" {
				t.Errorf("asks %v", q)
			}
			if r := p.follow(home + "/.auth/login" + query); r.status == http.StatusOK {
				t.Errorf("%d: %.200s", r.status, r.body)
			}
			w.app.untouched(t)
		})
	}
}
