package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// steps has routes of different levels besides the three.
const steps = `
service_tokens:
  - {name: ci, secret_sha256: "${CI_HASH}"}
` + threeRoutes + `
  - name: strong
    from: https://app.example.test/strong
    to: "${APP}"
    policy: [{bypass: {path: /strong/open}}, {allow: everyone}, {service_auth: {service_token: ci}}]
    step_up: {acr_values: Multi_Factor}
  - name: weak
    from: https://app.example.test/weak
    to: "${APP}"
    policy: [{allow: everyone}]
    step_up: {acr_values: Single_Factor}
  - name: recent
    from: https://app.example.test/recent
    to: "${APP}"
    policy: [{allow: everyone}]
    step_up: {max_age: 5m}
  - name: both
    from: https://app.example.test/both
    to: "${APP}"
    policy: [{allow: everyone}]
    step_up: {acr_values: [Multi_Factor, Hardware], max_age: 15m}
  - name: told
    from: https://app.example.test/told
    to: "${APP}"
    policy: [{allow: everyone}]
    unauthenticated: deny
    step_up: {acr_values: Multi_Factor}
`

const (
	stepping      = onLoopback + oneKey + fromPing + steps
	steppingRogue = onLoopback + oneKey + fromRogue + steps
	anyHash       = "0000000000000000000000000000000000000000000000000000000000000001"
)

// askedOf is where a navigation is sent, with what is asked there.
func (b *browser) askedOf(address string) url.Values {
	b.t.Helper()
	to, err := b.once(address).wants(http.StatusFound).Location()
	if err != nil || !strings.HasPrefix(to.String(), "http://127.0.0.1") {
		b.t.Fatalf("sent to %v: %v", to, err)
	}
	return to.Query()
}

func TestStepUpSendsPeopleToSignInAgain(t *testing.T) {
	t.Parallel()
	h := start(t, stepping, with("CI_HASH", anyHash))
	b := h.signIn("ana.kovacs")
	b.open(home + "/x").fromApp()
	b.open(home + "/strong/open").fromApp() // bypass asks for nothing
	h.app.take()
	if q := b.askedOf(home + "/strong/a?b=%2F"); q.Get("acr_values") != "Multi_Factor" || q.Has("max_age") || q.Has("prompt") {
		t.Errorf("asked for %v", q)
	}
	if q := b.askedOf(home + "/both"); q.Get("acr_values") != "Multi_Factor Hardware" || q.Get("max_age") != "900" {
		t.Errorf("asked for %v", q)
	}
	h.log.last(t, "request", func(r map[string]any) bool { return r["reason"] == "step_up_required" && r["route"] == "both" })

	a := b.fetch("POST", home+"/both/a?b=1", "x=y").wants(http.StatusUnauthorized).noCookie()
	said := a.json()
	if said["error"] != "step_up_required" || said["reason"] != "step_up_required" || said["login_url"] != home+"/.auth/login?provider=ping&rd=%2Fboth%2Fa%3Fb%3D1" {
		t.Errorf("told %v", said)
	}
	if got := a.Header.Get("WWW-Authenticate"); !strings.Contains(got, `error="insufficient_user_authentication"`) ||
		!strings.Contains(got, `acr_values="Multi_Factor Hardware", max_age="900"`) {
		t.Errorf("challenge %s", got)
	}
	b.once(home + "/told").wants(http.StatusUnauthorized).says("step_up_required")
	h.app.untouched(t)

	if got := b.open(home + "/strong/a?b=%2F").fromApp().Request.URL.String(); got != home+"/strong/a?b=%2F" {
		t.Errorf("came back to %s", got)
	}
	b.fetch("POST", home+"/both", "x=y").wants(http.StatusOK) // the same sign-in is recent, too
	b.once(home + "/told").fromApp()
	b.open(said["login_url"].(string)).fromApp() // which scripts send people to
}

// TestStepUpGoesByThePersonsSignIn: neither the clock nor another level that
// was reached in between sends people round.
func TestStepUpGoesByThePersonsSignIn(t *testing.T) {
	t.Parallel()
	h := start(t, stepping, with("CI_HASH", anyHash))
	b := h.signIn("ana.kovacs")
	b.once(home + "/weak").fromApp()
	b.once(home + "/recent").fromApp()
	b.open(home + "/strong").fromApp()
	b.open(home + "/.auth/login?rd=/weak").fromApp() // a weaker sign-in afterwards
	for range 2 {
		for _, path := range []string{"/weak", "/strong", "/recent", "/both"} {
			b.once(home + path).fromApp()
		}
	}
	h.clock.advance(6 * time.Minute)
	b.fetch("GET", home+"/recent", "").wants(http.StatusUnauthorized).says("step_up_required")
	b.once(home + "/both").fromApp()
	b.open(home + "/recent").fromApp()
	h.clock.advance(16 * time.Minute)
	b.fetch("GET", home+"/both", "").wants(http.StatusUnauthorized)
	b.once(home + "/strong").fromApp() // no max_age
	b.open(home + "/both").fromApp()
	b.once(home + "/both").fromApp()
}

// TestAFirstSignInAsksForTheLevelAtOnce: one way to the provider, not two.
func TestAFirstSignInAsksForTheLevelAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, stepping, with("CI_HASH", anyHash))
	before := h.idp.Count(devidp.Token)
	h.browser().open(home + "/both").fromApp()
	if n := h.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("%d sign-ins", n)
	}
	// What a link asks for besides is not asked of the provider.
	if q := h.browser().askedOf(home + "/.auth/login?provider=ping&rd=/strong&acr_values=Single_Factor&max_age=99999999"); q.Get("acr_values") != "Multi_Factor" || q.Has("max_age") {
		t.Errorf("a link chose %v", q)
	}
	if q := h.browser().askedOf(home + "/strong?acr_values=Single_Factor"); q.Get("acr_values") != "Multi_Factor" {
		t.Errorf("a link chose %v", q)
	}
}

// TestStepUpIsNotSatisfied: what a provider must not get away with, and the
// twins that it may.
func TestStepUpIsNotSatisfied(t *testing.T) {
	t.Parallel()
	const no, yes = http.StatusForbidden, http.StatusOK
	for _, c := range []struct {
		name, path string
		acr        any
		age        any // seconds since auth_time, nil for none
		want       int
	}{
		{"another acr", "/strong", "Single_Factor", 0, no},
		{"no acr", "/strong", nil, 0, no},
		{"an acr that is a list", "/strong", []string{"Multi_Factor"}, 0, no},
		{"both acr in one", "/both", "Multi_Factor Hardware", 0, no},
		{"acr by another case", "/strong", "multi_factor", 0, no},
		{"the acr", "/strong", "Multi_Factor", 0, yes},
		{"the acr, whenever", "/strong", "Multi_Factor", nil, yes},
		{"the other acr", "/both", "Hardware", 60, yes},
		{"stale", "/both", "Multi_Factor", 3600, no},
		{"just stale, within the clocks' skew", "/both", "Multi_Factor", 905, no},
		{"no auth_time", "/both", "Multi_Factor", nil, no},
		{"stale, without an acr asked", "/recent", "Multi_Factor", 400, no},
		{"unknown, without an acr asked", "/recent", "Multi_Factor", nil, no},
		{"recent, without an acr asked", "/recent", nil, 200, yes},
		{"in the future", "/both", "Multi_Factor", -3600, http.StatusBadRequest},
		{"a clock slightly ahead", "/both", "Multi_Factor", -5, yes},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := start(t, steppingRogue, with("CI_HASH", anyHash), playing(rogue.Script{IDToken: func(claims, _ map[string]any) {
				delete(claims, "acr")
				delete(claims, "auth_time")
			}}))
			b := h.signIn("")
			session := b.sessionCookie()
			h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) {
				delete(claims, "acr")
				delete(claims, "auth_time")
				if c.acr != nil {
					claims["acr"] = c.acr
				}
				if age, known := c.age.(int); known {
					claims["auth_time"] = claims["iat"].(int64) - int64(age)
				}
			}})
			a := b.open(home + c.path).wants(c.want)
			if c.want == yes {
				a.fromApp()
				b.once(home + c.path).fromApp()
				return
			}
			if c.want == no {
				a.says("step_up_not_satisfied").says("/.auth/login?provider=rogue&amp;rd=%2F" + c.path[1:] + "&amp;prompt=login")
			}
			if a.noSession(); b.sessionCookie() != session || a.Header.Get("Refresh") != "" {
				t.Error("the session before did not stay, or the page goes on by itself")
			}
			b.fetch("GET", home+c.path, "").wants(http.StatusUnauthorized)
			h.app.untouched(t)
			b.open(home + "/x").fromApp() // benign: the rest goes on
		})
	}
}

// TestALevelWithoutADateIsNotRecent: a provider may know somebody by a sign-in
// of hours ago. Where no max_age was asked for it need not say so.
func TestALevelWithoutADateIsNotRecent(t *testing.T) {
	t.Parallel()
	h := start(t, steppingRogue, with("CI_HASH", anyHash))
	dated := false
	h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) {
		claims["acr"] = "Multi_Factor"
		if delete(claims, "auth_time"); dated {
			claims["auth_time"] = claims["iat"]
		}
	}})
	b := h.signIn("")
	for range 2 { // also as the session before another
		b.fetch("GET", home+"/both", "").wants(http.StatusUnauthorized)
		b.once(home + "/strong").fromApp() // benign: it asks for no time
		b.open(home + "/.auth/login?rd=/public").fromApp()
	}
	dated = true
	b.open(home + "/both").fromApp()
	dated = false
	b.open(home + "/.auth/login?rd=/public").fromApp()
	b.once(home + "/both").fromApp() // benign: what was known stays known
}

// TestTheProvidersOwnWordForIt: an error instead of a code.
func TestTheProvidersOwnWordForIt(t *testing.T) {
	t.Parallel()
	h := start(t, steppingRogue, with("CI_HASH", anyHash), playing(rogue.Script{Authorize: func(request, answer url.Values) {
		if request.Has("acr_values") {
			answer.Del("code")
			answer.Set("error", "unmet_authentication_requirements")
		}
	}}))
	b := h.browser()
	b.open(home + "/strong").wants(http.StatusForbidden).says("step_up_not_satisfied").noSession()
	b.open(home + "/x").fromApp()
}

// TestALevelIsThePersons: a sign-in by somebody else, or at another provider,
// brings nothing of what was reached before.
func TestALevelIsThePersons(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(fromRogue, "\nproviders:\n")+steps, with("CI_HASH", anyHash))
	b := h.signInAt("ping")
	b.open(home + "/strong").fromApp()
	b.open(home + "/.auth/login?provider=rogue&rd=/public").fromApp()
	b.fetch("GET", home+"/strong", "").wants(http.StatusUnauthorized).says("provider=rogue")
	// Past the page to choose, to the session's own.
	if to, _ := b.once(home + "/strong").wants(http.StatusFound).Location(); !strings.HasPrefix(to.String(), h.rogue.Issuer()) {
		t.Errorf("sent to %s", to)
	}

	other := start(t, steppingRogue, with("CI_HASH", anyHash))
	sub := "ana"
	other.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) {
		if claims["sub"] = sub; sub == "ana" {
			claims["acr"] = "Multi_Factor"
		}
	}, Userinfo: func(claims map[string]any) { claims["sub"] = sub }})
	b = other.browser()
	b.open(home + "/strong").fromApp()
	b.open(home + "/.auth/login?rd=/public").fromApp() // benign: the same person, once more
	b.once(home + "/strong").fromApp()
	sub = "eve"
	b.open(home + "/.auth/login?rd=/public").fromApp()
	b.fetch("GET", home+"/strong", "").wants(http.StatusUnauthorized)
}

// TestALevelSurvivesAPostedAnswer: the session before does not come along with
// it, and what was reached there counts all the same, if it lives and is the
// same person's.
func TestALevelSurvivesAPostedAnswer(t *testing.T) {
	t.Parallel()
	for _, on := range []string{oneKey, onRedis} {
		server := redistest.Start(t)
		posting := strings.TrimRight(fromPing, "\n") + "\n    response_mode: form_post\n"
		h := start(t, onLoopback+on+posting+steps, with("CI_HASH", anyHash), with("REDIS", server.Address))
		const again = home + "/.auth/login?prompt=login&rd=/weak"
		h.idp.AutoLogin("ana.kovacs")
		b := h.browser()
		b.signsInByForm(home + "/strong")
		for range 2 {
			b.signsInByForm(again)
			for _, path := range []string{"/weak", "/strong"} {
				b.once(home + path).fromApp()
			}
		}
		h.clock.advance(16 * time.Minute) // and no younger than it is
		b.signsInByForm(again)
		b.once(home + "/strong").fromApp()
		b.fetch("GET", home+"/both", "").wants(http.StatusUnauthorized).says("step_up_required")

		begin := b.once(again).wants(http.StatusFound)
		h.idp.AutoLogin("ben.osei")
		b.finishesByForm(begin)
		b.fetch("GET", home+"/strong", "").wants(http.StatusUnauthorized).says("step_up_required")

		h.idp.AutoLogin("ana.kovacs")
		b = h.browser()
		b.signsInByForm(home + "/strong")
		begin = b.once(again).wants(http.StatusFound)
		b.open(home+"/.auth/logout?local=1", "Sec-Fetch-Site", "same-origin")
		b.finishesByForm(begin)
		b.once(home + "/weak").fromApp()
		b.fetch("GET", home+"/strong", "").wants(http.StatusUnauthorized).says("step_up_required")
	}
}

// signInAt is a browser with a session of that provider, among several.
func (h *house) signInAt(provider string) *browser {
	h.t.Helper()
	b := h.browser()
	b.open(home + "/.auth/login?rd=/public&provider=" + provider).fromApp()
	return b
}

func TestForwardAuthAsksForTheLevel(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(asking, threeRoutes, steps, 1), with("CI_HASH", anyHash))
	cookie := "Cookie: " + h.visitorCookie("ana.kovacs")
	const again = home + "/.auth/login?provider=ping&rd=%2Fstrong%3Fx%3D1"
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/strong?x=1")
		page := askHouse(t, h, "GET", target, append(lines, cookie, "Sec-Fetch-Mode: navigate")...)
		fetch := askHouse(t, h, "GET", target, append(lines, cookie, "Sec-Fetch-Mode: cors")...)
		want := http.StatusFound
		if dialect == "nginx" {
			want = http.StatusUnauthorized
		}
		if page.StatusCode != want || page.Header.Get("Location") != again {
			t.Errorf("%s, a navigation: %d to %q", dialect, page.StatusCode, page.Header.Get("Location"))
		}
		if fetch.StatusCode != http.StatusUnauthorized || !strings.Contains(fetch.Header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
			t.Errorf("%s, a fetch: %d %v", dialect, fetch.StatusCode, fetch.Header)
		}
		target, lines = described(dialect, "GET", home+"/weak")
		if res := askHouse(t, h, "GET", target, append(lines, cookie)...); res.StatusCode != http.StatusOK {
			t.Errorf("%s, a level that was reached: %d", dialect, res.StatusCode)
		}
	}
}

// TestStepUpOnTheSignInHost: a session there that is not enough is not handed
// over, and one that is costs nobody another sign-in.
func TestStepUpOnTheSignInHost(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, strings.Replace(oneHome, "  - name: wiki\n", "  - name: wiki\n    step_up: {acr_values: Multi_Factor, max_age: 15m}\n", 1), with("REDIS", server.Address))
	b := h.browser()
	b.open(home + "/x").fromApp()
	before := h.idp.Count(devidp.Token)
	if got := b.open(wiki + "/a?b=1").fromApp().Request.URL.String(); got != wiki+"/a?b=1" {
		t.Errorf("came to %s", got)
	}
	b.once(wiki + "/a").fromApp()
	b.open(home + "/x").fromApp()
	h.clock.advance(16 * time.Minute)
	b.fetch("GET", wiki+"/a", "").wants(http.StatusUnauthorized).says("step_up_required")
	b.open(wiki + "/a").fromApp()
	if n := h.idp.Count(devidp.Token) - before; n != 2 {
		t.Errorf("%d sign-ins, want 2", n)
	}
}

// TestStepUpLeavesOpenWebSocketsAlone: they were admitted, and their session lives.
func TestStepUpLeavesOpenWebSocketsAlone(t *testing.T) {
	t.Parallel()
	h := start(t, stepping, with("CI_HASH", anyHash))
	h.app.answers(echo)
	b := h.browser()
	b.open(home + "/recent")
	c := h.webSocket(t, "/recent/ws", b.sessionCookie())
	c.echoes("before")
	h.clock.advance(6 * time.Minute)
	b.fetch("GET", home+"/recent", "").wants(http.StatusUnauthorized)
	c.echoes("after")
}

// TestMachinesDoNotStepUp: they have not signed in. A person's cookie that comes
// along with a token changes nothing.
func TestMachinesDoNotStepUp(t *testing.T) {
	t.Parallel()
	token, hash := machine.Mint("ci")
	h := start(t, stepping, with("CI_HASH", hash))
	h.log.secret(token)
	h.browser().fetch("GET", home+"/strong", "", "X-Gatehouse-Token", token).fromApp()
	h.app.take()
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/strong", "", "X-Gatehouse-Token", token+"x").wants(http.StatusUnauthorized)
	b.fetch("GET", home+"/strong", "").wants(http.StatusUnauthorized).says("step_up_required")
	h.app.untouched(t)
}
