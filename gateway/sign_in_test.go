package gateway_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSignInReachesTheAppWithClaims is the main job, from the first address to
// the headers that the application gets.
func TestSignInReachesTheAppWithClaims(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, file, provider string
	}{
		{"PingOne", simple, "ping"},
		{"any OpenID provider", mistrusting, "rogue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := start(t, c.file)
			b := h.browser()
			b.open(home + "/reports/7?year=2026&q=%2F").fromApp()
			got := h.app.only(t)
			if got.Target != "/reports/7?year=2026&q=%2F" || got.Host != "app.example.test" {
				t.Errorf("the app was asked for %s at %s", got.Target, got.Host)
			}
			for name, want := range map[string][]string{
				"X-Forwarded-User":               {"0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11"},
				"X-Forwarded-Email":              {"ana.kovacs@example.com"},
				"X-Forwarded-Preferred-Username": {"ana.kovacs"},
				"X-Forwarded-Groups":             {"staff,engineering"},
				"X-Gatehouse-Provider":           {c.provider},
				"X-Forwarded-For":                {"127.0.0.1"},
				"X-Forwarded-Proto":              {"https"},
				"X-Forwarded-Host":               {"app.example.test"},
				"Cookie":                         nil,
				"Authorization":                  nil,
			} {
				if diff := cmp.Diff(want, got.named(name)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if id := got.named("X-Request-Id"); len(id) != 1 || len(id[0]) < 16 {
				t.Errorf("X-Request-Id is %q", id)
			}
			b.open(home + "/again").fromApp()
			h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "sign_in" && r["outcome"] == "success" })
		})
	}
}

// TestAuthorizationRequestIsFresh: S256, state and nonce, none of them twice.
func TestAuthorizationRequestIsFresh(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	seen := map[string]bool{}
	for range 3 {
		a := h.browser().once(home + "/").wants(http.StatusFound)
		to, err := a.Location()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(to.String(), h.idp.Issuer()+"/authorize?") {
			t.Fatalf("sent to %s", to)
		}
		q := to.Query()
		for name, want := range map[string]string{
			"response_type": "code", "client_id": "gatehouse", "scope": "openid email profile",
			"redirect_uri": home + "/.auth/callback/ping", "code_challenge_method": "S256",
		} {
			if q.Get(name) != want || len(q[name]) != 1 {
				t.Errorf("%s is %q, want %q", name, q[name], want)
			}
		}
		for _, name := range []string{"state", "nonce", "code_challenge"} {
			if v := q.Get(name); len(v) < 43 || seen[v] {
				t.Errorf("%s is %q: too short, or not fresh", name, v)
			}
			seen[q.Get(name)] = true
		}
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Error("the redirect may be stored")
		}
	}
}

// TestReturnsToTheExactAddress: after the callback 303 to exactly the path and
// query asked for first.
func TestReturnsToTheExactAddress(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	for _, target := range []string{
		"/", "/a?x=1&y=%2F", "/a%20b/c?", "/%61bc?a=1;b=2", "/a?u=https://elsewhere.example/&v=//x", "/caf%C3%A9?q=%c3%a9", "/100%25?a=%00", "/a+b?c+d",
		"/" + strings.Repeat("long/", 300) + "?q=1",
	} {
		b := h.browser()
		callback := b.until(home+"/.auth/callback/", home+target)
		a := b.once(callback.String()).wants(http.StatusSeeOther)
		if got := a.Header.Get("Location"); got != target {
			t.Errorf("returned to %q, want %q", got, target)
		}
		if a.Header.Get("Cache-Control") != "no-store" {
			t.Error("the callback's answer may be stored")
		}
		b.open(home + target).fromApp()
		if got := h.app.only(t); got.Target != target {
			t.Errorf("the app was asked for %q, want %q", got.Target, target)
		}
	}
}

// TestUnauthenticated: browsers are sent to sign in, everything else is told
// that it must, and a route may say otherwise.
func TestUnauthenticated(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {from: "https://always.example.test", to: "${APP}", policy: [{allow: everyone}], unauthenticated: redirect}
  - {from: "https://never.example.test", to: "${APP}", policy: [{allow: everyone}], unauthenticated: deny}
`)
	const always, never = "https://always.example.test/x", "https://never.example.test/x"
	html := []string{"Accept", "text/html"}
	script := []string{"Sec-Fetch-Mode", "cors", "Accept", "text/html"}
	for _, c := range []struct {
		name, method, address string
		header                []string
		want                  int
	}{
		{"navigation", "GET", home + "/x", navigate, 302},
		{"HEAD navigation", "HEAD", home + "/x", navigate, 302},
		{"old browser", "GET", home + "/x", html, 302},
		{"fetch", "GET", home + "/x", script, 401},
		{"picture", "GET", home + "/x", []string{"Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 401},
		{"fetch metadata without a mode", "GET", home + "/x", []string{"Sec-Fetch-Site", "cross-site", "Accept", "text/html"}, 401},
		{"curl", "GET", home + "/x", []string{"Accept", "*/*"}, 401},
		{"no Accept", "GET", home + "/x", []string{"Accept", ""}, 401},
		{"POST of a form", "POST", home + "/x", navigate, 401},
		{"PUT", "PUT", home + "/x", html, 401},
		{"preflight", "OPTIONS", home + "/x", []string{"Origin", "https://a.example", "Access-Control-Request-Method", "PUT"}, 401},
		{"redirect: fetch", "GET", always, script, 302},
		{"redirect: POST", "POST", always, script, 302},
		{"deny: navigation", "GET", never, navigate, 401},
		{"deny: fetch", "GET", never, script, 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.browserFor(t).send(stay, c.method, c.address, "", c.header...).wants(c.want)
			if a.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be stored")
			}
			if c.want == http.StatusUnauthorized {
				a.noCookie()
				if a.Header.Get("WWW-Authenticate") == "" {
					t.Error("401 without WWW-Authenticate")
				}
			} else if status := a.StatusCode; status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect {
				t.Errorf("%d would take a POST along", status)
			}
		})
	}
	h.app.untouched(t)
}

// TestLoginRequiredTellsScriptsWhereToGo: the shape of the 401.
func TestLoginRequiredTellsScriptsWhereToGo(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	a := h.browser().fetch("GET", home+"/data?x=1&y=%2F", "").wants(http.StatusUnauthorized).noCookie()
	body := a.json()
	if body["error"] != "login_required" || body["reason"] == "" || body["request_id"] == "" {
		t.Errorf("the body is %v", body)
	}
	want := home + "/.auth/login?rd=" + url.QueryEscape("/data?x=1&y=%2F")
	if body["login_url"] != want {
		t.Errorf("login_url is %v, want %v", body["login_url"], want)
	}
	b := h.browser()
	b.open(body["login_url"].(string)).fromApp()
	if got := h.app.only(t); got.Target != "/data?x=1&y=%2F" {
		t.Errorf("login_url leads to %s", got.Target)
	}
}

// TestSeveralProvidersAreChosenFrom: a page with one provider each, in the
// file's order; a route's own list narrows it, and a session of another
// provider does not count there.
func TestSeveralProvidersAreChosenFrom(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(strings.TrimSpace(fromRogue), "providers:")+`
routes:
  - {name: both, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {name: only ping, from: "https://app.example.test/ping", to: "${APP}", policy: [{allow: everyone}], providers: [ping]}
  - {name: only rogue, from: "https://app.example.test/rogue", to: "${APP}", policy: [{allow: everyone}], providers: rogue}
`)
	b := h.browser()
	page := b.open(home + "/x").wants(http.StatusOK)
	if first, second := strings.Index(page.text, "Company account"), strings.Index(page.text, ">rogue<"); first < 0 || second < first {
		t.Fatalf("the page does not offer both in order:\n%s", page.text)
	}
	h.app.untouched(t)

	login := home + "/.auth/login?rd=%2Fx&provider="
	b.open(login + "rogue").fromApp()
	if got := h.app.only(t); got.Header.Get("X-Gatehouse-Provider") != "rogue" {
		t.Errorf("signed in through %s", got.Header.Get("X-Gatehouse-Provider"))
	}
	b.open(home + "/rogue").fromApp()
	h.app.take()

	if a := b.fetch("GET", home+"/ping", "").wants(http.StatusUnauthorized); a.json()["error"] != "login_required" {
		t.Errorf("a session of another provider is answered %s", a.text)
	}
	h.app.untouched(t)
	b.open(home + "/ping/z").fromApp() // straight through the only provider, without a page
	if got := h.app.only(t); got.Target != "/ping/z" || got.Header.Get("X-Gatehouse-Provider") != "ping" {
		t.Errorf("%s came through %s", got.Target, got.Header.Get("X-Gatehouse-Provider"))
	}
	b.open(login + "nobody").wants(http.StatusNotFound)
}
