package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// TestCookieAttributes: what browsers hold us to, on https and on http.
func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+`
session:
  keys: ["${KEY}"]
  cookie: {name: door}
`+fromPing+`
routes:
  - {from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {from: "http://app.example.test:8080", to: "${APP}", policy: [{allow: everyone}], insecure_http: true}
`)
	for _, c := range []struct {
		origin, name string
		secure       bool
	}{
		{"https://app.example.test", "__Host-door", true},
		{"http://app.example.test:8080", "door", false},
	} {
		b := h.browserFor(t)
		started := b.once(c.origin + "/x").wants(http.StatusFound)
		finished := b.once(b.until(c.origin+"/.auth/callback/", c.origin+"/x").String()).wants(http.StatusSeeOther)
		names := 0
		for _, cookie := range append(started.Cookies(), finished.Cookies()...) {
			if cookie.Name == c.name {
				names++
			} else if !strings.HasPrefix(cookie.Name, c.name+"-") {
				t.Errorf("%s: a cookie called %s", c.origin, cookie.Name)
			}
			if cookie.Secure != c.secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
				t.Errorf("%s: %s", c.origin, cookie.Raw)
			}
			if strings.HasPrefix(cookie.Name, c.name+"-") && cookie.MaxAge > 600 {
				t.Errorf("%s: the attempt lives for %d s", c.origin, cookie.MaxAge)
			}
		}
		if names != 1 {
			t.Errorf("%s: %d session cookies", c.origin, names)
		}
		b.open(c.origin + "/x").fromApp()
		h.app.take()
	}
}

// TestMalformedCookiesAreLikeNone: whatever else comes under the session's
// name.
func TestMalformedCookiesAreLikeNone(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	good := h.signIn("ana.kovacs").sessionCookie()
	name, value, _ := strings.Cut(good, "=")
	other := start(t, simple, besides(h)) // has the same key, and knows nothing of the session
	for _, c := range []struct {
		name, cookie string
		want         int
	}{
		{"benign", good, 200},
		{"benign, among others", "a=b; " + good + "; c=d", 200},
		{"benign, in a second line", "a=b\nCookie: " + good, 200},
		{"benign, behind one that was planted", name + "=planted; " + good, 200},
		{"empty", name + "=", 401},
		{"garbage", name + "=x", 401},
		{"no count", name + "=" + strings.TrimPrefix(value, "1~"), 401},
		{"count 0", name + "=0" + value[1:], 401},
		{"count 2 without a second", name + "=2" + value[1:], 401},
		{"count 99999999", name + "=99999999" + value[1:], 401},
		{"count -1", name + "=-1" + value[1:], 401},
		{"under the plain name", "gatehouse=" + value, 401},
		{"under another case", "__host-gatehouse=" + value, 401},
		{"as a piece", name + ".1=" + value, 401},
		{"twice as long", name + "=" + value + value, 401},
		{"with a line of padding", name + "=" + value + "====", 401},
		{"quoted", name + `="` + value + `"`, 401},
		{"as an attempt", name + "-" + strings.Repeat("A", 12) + "=" + value, 401},
		{"60 KB", name + "=1~" + strings.Repeat("A", 60_000), 401},
		{"thousands of them", strings.Repeat(name+"=1~AAAA; ", 2000), 401},
		{"thousands of pieces", strings.Repeat(name+".1=AAAA; ", 2000), 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			a := h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+c.cookie+"\n\n").wants(c.want)
			if a.noSession(); time.Since(began) > 2*time.Second {
				t.Errorf("took %s", time.Since(began))
			}
		})
	}
	// Bound to host and scheme: the sealed value is worth nothing elsewhere.
	other.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+good+"\n\n").fromApp()
	both := start(t, simple+`
  - {name: second, from: "https://second.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: third, from: "http://third.example.test", to: "${APP}", policy: [{allow: {group: staff}}], insecure_http: true}
`, besides(h))
	both.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+good+"\n\n").fromApp()
	both.raw(t, "GET /x HTTP/1.1\nHost: second.example.test\nConnection: close\nCookie: "+good+"\n\n").wants(http.StatusUnauthorized)
	both.raw(t, "GET /x HTTP/1.1\nHost: third.example.test\nConnection: close\nCookie: gatehouse="+value+"\n\n").wants(http.StatusUnauthorized)
}

// TestAnotherKeyOpensNothing: a cookie sealed under a key that the file does
// not list is none; one under any listed key is good, so that keys rotate.
func TestAnotherKeyOpensNothing(t *testing.T) {
	t.Parallel()
	const newer = "a07be1c94d2f5368e0b1c7f4928d35a66f1e02b7c8d94350ae17f26b8d03c94e"
	file := func(keys string) string { return strings.Replace(simple, `["${KEY}"]`, keys, 1) }
	first := start(t, simple)
	old := first.signIn("ana.kovacs").sessionCookie()
	for _, c := range []struct {
		keys string
		want int
	}{
		{`["${KEY}"]`, 200},
		{`["` + newer + `", "${KEY}"]`, 200},
		{`["${KEY}", "` + newer + `"]`, 200},
		{`["` + newer + `"]`, 401},
	} {
		h := start(t, file(c.keys), besides(first))
		h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+old+"\n\n").wants(c.want)
	}
	both := start(t, file(`["`+newer+`", "${KEY}"]`), besides(first)).signIn("ana.kovacs").sessionCookie()
	first.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+both+"\n\n").wants(http.StatusUnauthorized)
}

// TestPlantedCookieDiesWithTheSignIn: whatever session a browser brings to a
// sign-in, it gets a new one, and the old one is dead wherever it was copied.
func TestPlantedCookieDiesWithTheSignIn(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	attacker := h.signIn("cleo.marsh")
	planted := attacker.sessionCookie()
	plantedID := attacker.me()["session"].(map[string]any)["id"]

	h.idp.AutoLogin("ana.kovacs")
	victim := h.browser()
	name, value, _ := strings.Cut(planted, "=")
	victim.sends(name, value)
	victim.open(home + "/.auth/login?rd=/x").fromApp()
	me := victim.me()
	if me["username"] != "ana.kovacs" || me["session"].(map[string]any)["id"] == plantedID {
		t.Errorf("the victim's session is %v", me["session"])
	}
	if attacker.me() != nil {
		t.Error("the planted session is alive")
	}
	// A forged one is no obstacle either.
	forged := h.browser()
	forged.sends(name, "1~planted")
	forged.open(home + "/x").fromApp()
}

// TestIdleAndAbsoluteEndSessions: use prolongs a session up to its hard end.
func TestIdleAndAbsoluteEndSessions(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, `keys: ["${KEY}"]`, `{keys: ["${KEY}"], idle: 30m, absolute: 2h}`, 1))
	lazy, busy := h.signIn("ana.kovacs"), h.signIn("ben.osei")
	used := 0
	for range 5 {
		h.clock.advance(minutes(20))
		if a := busy.fetch("GET", home+"/x", ""); a.StatusCode == http.StatusOK {
			used++
		}
	}
	if used != 5 {
		t.Errorf("a session in use lasted for %d of 5 visits in 100 minutes", used)
	}
	lazy.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	h.clock.advance(minutes(19))
	busy.fetch("GET", home+"/x", "").wants(http.StatusOK)
	h.clock.advance(minutes(2))
	busy.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	if lazy.me() != nil || busy.me() != nil {
		t.Error("an ended session is somebody")
	}
	h.app.take()
	lazy.open(home + "/x").fromApp()
}

// TestIdleRenewalKeepsAnswersPrivate: it is written at most every tenth of
// idle, and no shared cache may keep the answer that carries it.
func TestIdleRenewalKeepsAnswersPrivate(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, `keys: ["${KEY}"]`, `{keys: ["${KEY}"], idle: 60m}`, 1))
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=3600, s-maxage=86400")
		w.Header().Add("Set-Cookie", "own=1")
	})
	b := h.signIn("ana.kovacs")
	first := b.fetch("GET", home+"/x", "").wants(http.StatusOK).noSession()
	if got := first.Header.Get("Cache-Control"); got != "public, max-age=3600, s-maxage=86400" {
		t.Errorf("an answer without our cookie says Cache-Control: %s", got)
	}
	h.clock.advance(minutes(5))
	b.fetch("GET", home+"/x", "").noSession()
	h.clock.advance(minutes(2))
	renewed := b.fetch("GET", home+"/x", "").wants(http.StatusOK)
	if !slices.ContainsFunc(renewed.Cookies(), func(c *http.Cookie) bool { return isSession(c.Name) }) {
		t.Error("seven minutes of use are not recorded")
	}
	directives := renewed.Header.Get("Cache-Control")
	if !strings.Contains(directives, "private") || strings.Contains(directives, "public") || strings.Contains(directives, "s-maxage") {
		t.Errorf("an answer with our cookie says Cache-Control: %s", directives)
	}
	b.fetch("GET", home+"/x", "").noSession()
}

// TestClockThatGoesBackProlongsNothing: a session from the future is none.
func TestClockThatGoesBackProlongsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.clock.advance(time.Hour)
	b := h.signIn("ana.kovacs")
	h.clock.advance(-30 * time.Second)
	b.fetch("GET", home+"/x", "").wants(http.StatusOK)
	h.clock.advance(-time.Hour)
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
}

// TestLargeSessionsAreSplit: 200 groups need several cookies, each of which a
// browser keeps; a session with fewer replaces all of them.
func TestLargeSessionsAreSplit(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.idp.SetUser(manyGroups(300))
	b := h.signIn("many")
	pieces := sessionPieces(b)
	if len(pieces) < 2 {
		t.Fatalf("the session is in %d cookies", len(pieces))
	}
	for _, c := range pieces {
		if len(c.Name)+len(c.Value) > 3900 {
			t.Errorf("%s has %d bytes", c.Name, len(c.Value))
		}
	}
	b.open(home + "/x").fromApp()
	got := h.app.only(t)
	if groups := strings.Split(got.Header.Get("X-Forwarded-Groups"), ","); len(groups) != 300 {
		t.Errorf("the app sees %d groups", len(groups))
	}
	if got.Header.Get("Cookie") != "" {
		t.Errorf("the app sees cookies")
	}
	for name, change := range map[string]func([]*http.Cookie) []*http.Cookie{
		"reordered": func(c []*http.Cookie) []*http.Cookie {
			c[0].Value, c[1].Value = c[1].Value, c[0].Value
			return c
		},
		"the first missing": func(c []*http.Cookie) []*http.Cookie { return c[1:] },
		"the last missing":  func(c []*http.Cookie) []*http.Cookie { return c[:len(c)-1] },
		"the last cut": func(c []*http.Cookie) []*http.Cookie {
			c[len(c)-1].Value = c[len(c)-1].Value[:10]
			return c
		},
		"twice the second": func(c []*http.Cookie) []*http.Cookie {
			c[0].Value = c[1].Value
			return c
		},
	} {
		var pairs []string
		for _, c := range change(sessionPieces(b)) {
			pairs = append(pairs, c.Name+"="+c.Value)
		}
		a := h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nConnection: close\nCookie: "+strings.Join(pairs, "; ")+"\n\n")
		if a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, a.StatusCode)
		}
	}
	h.app.untouched(t)

	h.idp.AutoLogin("ana.kovacs")
	b.open(home + "/.auth/login?rd=/x").fromApp()
	if left := sessionPieces(b); len(left) != 1 {
		t.Errorf("%d cookies are left of the larger session", len(left))
	}
	h.idp.AutoLogin("many")
	b.open(home + "/.auth/login?rd=/x").fromApp()
	b.open(home + "/.auth/logout").wants(http.StatusOK)
	if left := sessionPieces(b); len(left) != 0 {
		t.Errorf("%d cookies are left after the sign-out", len(left))
	}
}

func sessionPieces(b *browser) []*http.Cookie {
	return slices.DeleteFunc(b.cookies(home), func(c *http.Cookie) bool { return !isSession(c.Name) })
}

// manyGroups is a user called "many" in n groups of random-looking names,
// staff among them.
func manyGroups(n int) devidp.User {
	u := devidp.User{Subject: "a5e1b7c4-2f08-4b63-9d41-73c6e0f8a966", Username: "many", Email: "many@example.com", Groups: []string{"staff"}}
	for i := 1; i < n; i++ {
		u.Groups = append(u.Groups, fmt.Sprintf("%08x-group", i*2654435761%(1<<32)))
	}
	return u
}

// TestTooManyGroupsForCookiesAreRefused: bounded, and the page names the way
// out.
func TestTooManyGroupsForCookiesAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.idp.SetUser(manyGroups(5000))
	h.idp.AutoLogin("many")
	b := h.browser()
	a := b.once(b.until(home+"/.auth/callback/", home+"/x").String()).wants(http.StatusForbidden).noSession()
	a.says("session_too_large").says("Redis")
	if b.me() != nil {
		t.Error("there is a session")
	}
	h.app.untouched(t)
	h.signIn("elif.demir").open(home + "/x").fromApp() // 200 groups fit
}

// TestOddClaimsNeverWidenAccess: groups as a string, object or null, addresses
// that only look right, control characters in a name.
func TestOddClaimsNeverWidenAccess(t *testing.T) {
	t.Parallel()
	file := onLoopback + oneKey + fromRogue + `
routes:
  - {name: groups, from: "https://app.example.test/groups", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: domain, from: "https://app.example.test/domain", to: "${APP}", policy: [{allow: {email_domain: corp.example}}]}
  - {name: address, from: "https://app.example.test/address", to: "${APP}", policy: [{allow: {email: boss@corp.example}}]}
  - {name: anybody, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], headers: {X-Name: {claim: name}}}
`
	for _, c := range []struct {
		name    string
		claims  map[string]any
		allowed string // the one of /groups, /domain and /address that opens
	}{
		{"benign: a list", map[string]any{"groups": []string{"x", "staff"}, "email": "a@elsewhere.example"}, "/groups"},
		{"benign: one string", map[string]any{"groups": "staff", "email": "a@elsewhere.example"}, "/groups"},
		{"benign: the domain", map[string]any{"email": "ana@corp.example", "groups": nil}, "/domain"},
		{"benign: upper case", map[string]any{"email": "Ana@CORP.example", "groups": nil}, "/domain"},
		{"an object", map[string]any{"groups": map[string]any{"staff": true}, "email": "a@elsewhere.example"}, ""},
		{"null", map[string]any{"groups": nil, "email": "a@elsewhere.example"}, ""},
		{"a number", map[string]any{"groups": 7, "email": "a@elsewhere.example"}, ""},
		{"joined in one string", map[string]any{"groups": "x,staff", "email": "a@elsewhere.example"}, ""},
		{"other case", map[string]any{"groups": []string{"Staff", "STAFF", "staff "}, "email": "a@elsewhere.example"}, ""},
		{"lists in lists", map[string]any{"groups": []any{[]any{"staff"}}, "email": "a@elsewhere.example"}, ""},
		{"another domain", map[string]any{"groups": nil, "email": "a@evil-corp.example"}, ""},
		{"a subdomain", map[string]any{"groups": nil, "email": "a@x.corp.example"}, ""},
		{"a domain that goes on", map[string]any{"groups": nil, "email": "a@corp.example.evil.tld"}, ""},
		{"two at signs", map[string]any{"groups": nil, "email": "a@evil@corp.example"}, ""},
		{"a quoted at sign", map[string]any{"groups": nil, "email": `"a@evil"@corp.example`}, ""},
		{"a trailing dot", map[string]any{"groups": nil, "email": "a@corp.example."}, ""},
		{"the Kelvin sign", map[string]any{"groups": nil, "email": "a@corp.example\u212a"}, ""},
		{"a list", map[string]any{"groups": nil, "email": []string{"boss@corp.example"}}, ""},
		{"not verified", map[string]any{"groups": nil, "email": "boss@corp.example", "email_verified": false}, ""},
		{"verified by a word", map[string]any{"groups": nil, "email": "boss@corp.example", "email_verified": "true"}, ""},
		{"control characters", map[string]any{"groups": []string{"a\r\nX-Forwarded-Email: boss@corp.example", "b\x00"}, "email": "a@elsewhere.example", "name": "Ana\r\nX-Admin: 1"}, ""},
		{"a line end in the address", map[string]any{"groups": nil, "email": "a@elsewhere.example\r\nX-Admin: 1"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := start(t, file, playing(rogue.Script{
				IDToken: func(claims, _ map[string]any) {
					for name, v := range c.claims {
						claims[name] = v
						if v == nil {
							delete(claims, name)
						}
					}
				},
				Userinfo: func(claims map[string]any) {
					for name, v := range c.claims {
						claims[name] = v
					}
				},
			}))
			b := h.browser()
			b.open(home + "/x").fromApp()
			got := h.app.only(t)
			for name, values := range got.Header {
				if len(values) != 1 || looksLike(name, "X-Admin") || strings.ContainsAny(values[0], "\r\n\x00") {
					t.Errorf("the app sees %s: %q", name, values)
				}
			}
			for _, path := range []string{"/groups", "/domain", "/address"} {
				want := http.StatusForbidden
				if path == c.allowed {
					want = http.StatusOK
				}
				if a := b.fetch("GET", home+path, ""); a.StatusCode != want {
					t.Errorf("%s answers %d, want %d", path, a.StatusCode, want)
				}
			}
		})
	}
}

// TestChosenAddressesOfOneProviderOpenNothing: of two providers one lets its
// users choose their address. It is shown to the app, and no selector of
// addresses believes it.
func TestChosenAddressesOfOneProviderOpenNothing(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(strings.TrimSpace(fromRogue), "providers:")+`
routes:
  - {name: any, from: "https://app.example.test/any", to: "${APP}", policy: [{allow: everyone}]}
  - {name: staff, from: "https://app.example.test/staff", to: "${APP}", policy: [{allow: {email_domain: example.com}}, {allow: {email: ana.kovacs@example.com}}]}
`)
	for provider, want := range map[string]int{"ping": 200, "rogue": 403} {
		b := h.browserFor(t)
		b.open(home + "/.auth/login?rd=/any&provider=" + provider).fromApp()
		if got := h.app.only(t); got.Header.Get("X-Forwarded-Email") != "ana.kovacs@example.com" {
			t.Errorf("%s: the app sees %q", provider, got.Header.Get("X-Forwarded-Email"))
		}
		b.fetch("GET", home+"/staff", "").wants(want)
		h.app.take()
		if verified := b.me()["email_verified"]; verified != (want == 200) {
			t.Errorf("%s: email_verified is %v", provider, verified)
		}
	}
}

// TestMeTellsNoToken: the shape of /me, and what is not in it.
func TestMeTellsNoToken(t *testing.T) {
	t.Parallel()
	h := start(t, mistrusting)
	if a := h.browser().fetch("GET", home+"/.auth/me", "").wants(http.StatusUnauthorized).noCookie(); a.json()["error"] != "login_required" {
		t.Errorf("an anonymous caller is told %s", a.text)
	}
	b := h.signIn("")
	a := b.fetch("GET", home+"/.auth/me", "").wants(http.StatusOK)
	me := a.json()
	for name, want := range map[string]any{
		"provider": "rogue", "issuer": h.rogue.Issuer(), "sub": rogue.Subject, "email": "ana.kovacs@example.com",
		"email_verified": true, "name": "Ana Kovacs", "username": "ana.kovacs",
	} {
		if me[name] != want {
			t.Errorf("%s is %v, want %v", name, me[name], want)
		}
	}
	session := me["session"].(map[string]any)
	for _, name := range []string{"created", "seen", "idle_expires", "expires"} {
		if _, err := time.Parse(time.RFC3339, fmt.Sprint(session[name])); err != nil {
			t.Errorf("session.%s: %v", name, err)
		}
	}
	if id := fmt.Sprint(session["id"]); id == "" || strings.Contains(b.sessionCookie(), id) {
		t.Errorf("session.id %q is empty or the secret", id)
	}
	if strings.Contains(a.text, "eyJ") || strings.Contains(a.text, "token") {
		t.Errorf("a token is told:\n%s", a.text)
	}
	if a.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("headers are %v", a.Header)
	}
}
