package attack

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// TestASignOutReachesEveryCopy: wherever it came from, the session's copies
// are dead in every place that it opened, and other people's live.
func TestASignOutReachesEveryCopy(t *testing.T) {
	a := begin(t, "sign-out")
	server := redistest.Start(t)
	cloudflare := "compat: cloudflare\nassertion: {keys: [\"${RSA}\"]}\n"
	worlds := map[string]*world{
		"cookies":      openWith(t, cloudflare+simple, map[string]string{"RSA": rsaKey(t)}),
		"Redis":        openWith(t, cloudflare+stored, map[string]string{"RSA": rsaKey(t), "REDIS": server.Address, "PREFIX": "stored:"}),
		"sign-in host": openWith(t, cloudflare+oneSignInHost, map[string]string{"RSA": rsaKey(t), "REDIS": server.Address}),
	}
	ends := map[string]func(t *testing.T, w *world, p *person){
		"a link": func(t *testing.T, w *world, p *person) { p.follow(home+"/.auth/logout", "Sec-Fetch-Site: same-origin") },
		"a link, only here": func(t *testing.T, w *world, p *person) {
			p.follow(home+"/.auth/logout?local=1", "Sec-Fetch-Site: same-origin")
		},
		"a link, without the end": func(t *testing.T, w *world, p *person) { p.step(home+"/.auth/logout", "Sec-Fetch-Site: same-origin") },
		"Cloudflare's address": func(t *testing.T, w *world, p *person) {
			p.follow(home+"/cdn-cgi/access/logout", "Sec-Fetch-Site: same-origin")
		},
		"the provider's token":     func(t *testing.T, w *world, p *person) { w.backChannel(t, "ana.kovacs") },
		"the provider, by subject": func(t *testing.T, w *world, p *person) { w.logoutBy(t, "sid") },
		"the provider, by session": func(t *testing.T, w *world, p *person) { w.logoutBy(t, "sub") },
	}
	for store, w := range worlds {
		for name, end := range ends {
			a.try(store+": "+name, func(t *testing.T) {
				ben := w.signIn(t, "ben.osei")
				p := w.signIn(t, "ana.kovacs")
				cookie := p.cookie()
				at := []string{"/x", "/public/../x", "/.auth/me", "/.auth/", "/cdn-cgi/access/get-identity"}
				w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}}))
				end(t, w, p)
				w.app.take()
				versions := []way{inTheClear, framesPlain} // the process that heard of it
				if store != "cookies" {
					versions = ways
				}
				for _, v := range versions {
					redistest.Eventually(t, v.name+" has heard", func() bool {
						r := v.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}})
						w.app.take()
						return r.status == http.StatusUnauthorized
					})
					for _, target := range at {
						r := v.ask(w, t, request{target: target, fields: []string{"Cookie: " + cookie}})
						if strings.Contains(r.body, subject) || strings.Contains(r.body, address) {
							t.Errorf("%s tells of Ana: %d", target, r.status)
						}
						w.app.untouched(t)
					}
				}
				w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ben.cookie()}}))
				if store == "sign-in host" && name != "a link, without the end" {
					w.idp.AutoLogin("") // nobody is signed in without being asked
					if r := p.follow(home + "/x"); strings.Contains(r.body, greeting) {
						t.Error("the sign-in host signs in again without the provider")
					}
					w.app.untouched(t)
				}
			})
		}
		p := w.signIn(t, "ana.kovacs")
		for _, target := range []string{"/.auth/logout", "/.auth/logout?local=1", "/cdn-cgi/access/logout", "/cdn-cgi/access/logout?local=1", "/.auth/signed-out", "/.auth/logout/", "/.auth/initiate/ping?iss=x", "/.auth/frontchannel-logout/ping", "/.auth/backchannel-logout/ping", "/.auth/callback/ping?error=access_denied", "/.auth/login?rd=/x", "/.auth/ticket?state=x&ticket=x", "/public/x"} {
			for _, c := range []struct {
				name, method string
				fields       []string
			}{
				{"another site's link", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Referer: https://evil.example/"}},
				{"a sibling's link", "GET", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate"}},
				{"another site's picture", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}},
				{"another site's form", "POST", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Content-Type: application/x-www-form-urlencoded"}},
				{"a form of nowhere", "POST", []string{"Origin: null", "Content-Type: application/x-www-form-urlencoded"}},
				{"a prefetch", "GET", []string{"Sec-Fetch-Site: same-origin", "Sec-Purpose: prefetch"}},
				{"HEAD", "HEAD", []string{"Sec-Fetch-Site: same-origin"}},
			} {
				if c.name == "a prefetch" && strings.HasPrefix(target, "/.auth/frontchannel") {
					continue
				}
				a.try(store+": "+c.name+" at "+target, func(t *testing.T) {
					r := inTheClear.ask(w, t, request{method: c.method, target: target, fields: append([]string{"Cookie: " + p.cookie()}, c.fields...)})
					w.app.take()
					for _, line := range r.header.Values("Set-Cookie") {
						if name, _, _ := strings.Cut(line, "="); isSession(name) && strings.Contains(line, "Max-Age=0") {
							t.Errorf("%d, and the cookie is taken away: %s", r.status, line)
						}
					}
					w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + p.cookie()}}))
				})
			}
		}
		for _, rd := range []string{"/.auth/logout", "/cdn-cgi/access/logout", "/%63dn-cgi/access/logout", home + "/cdn-cgi/access/logout?local=1"} {
			a.try(store+": signed in, and out again by "+rd, func(t *testing.T) {
				w.idp.AutoLogin("ana.kovacs")
				p := w.person(t)
				p.follow(home + "/.auth/login?rd=" + url.QueryEscape(rd))
				w.app.take()
				if r := p.step(p.until(home, home+"/.auth/login?rd="+url.QueryEscape(rd)).String()); strings.Contains(r.header.Get("Location"), "logout") || p.me() == "" {
					t.Errorf("%d to %s, and the person is %q", r.status, r.header.Get("Location"), p.me())
				}
				w.app.take()
			})
		}
		for _, rd := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "https://app.example.test.evil.example/", "https://app.example.test@evil.example/", "javascript:alert(1)", "http://app.example.test/", "data:text/html,x", "/%09/evil.example", "https:evil.example", "https:///evil.example", "\thttps://evil.example"} {
			if store == "Redis" {
				break // as with cookies
			}
			for _, target := range []string{"/.auth/logout?local=1&rd=", "/.auth/logout?rd=", "/cdn-cgi/access/logout?rd=", "/cdn-cgi/access/logout?local=1&rd=", "/cdn-cgi/access/logout?returnTo=", "/cdn-cgi/access/logout?redirect_url=", "/.auth/signed-out?rd=", "/.auth/signed-out?post_logout_redirect_uri=", "/.auth/signed-out?state="} {
				a.try(store+": to "+rd+" by "+target, func(t *testing.T) {
					p := w.signIn(t, "ana.kovacs")
					at, err := url.Parse(home + target + url.QueryEscape(rd))
					if err != nil {
						t.Fatal(err)
					}
					for range 8 {
						r := p.step(at.String(), "Sec-Fetch-Site: same-origin")
						location := r.header.Get("Location")
						if location == "" {
							break
						}
						to, err := at.Parse(location)
						if err != nil {
							t.Fatalf("sent to %q", location)
						}
						origin := to.Scheme + "://" + to.Host
						if !slices.Contains([]string{home, signInHost}, origin) && !strings.HasPrefix(w.idp.Issuer(), origin+"/") {
							t.Fatalf("sent to %s", to)
						}
						at = to
					}
					w.app.take()
				})
			}
		}
	}
}

// logoutBy ends Ana's sessions by the provider's token, without one of the two
// claims that may say whose.
func (w *world) logoutBy(t *testing.T, without string) {
	t.Helper()
	token := w.idp.LogoutToken("gatehouse", "ana.kovacs", func(claims map[string]any) { delete(claims, without) })
	r := inTheClear.ask(w, t, request{
		method: "POST", target: "/.auth/backchannel-logout/ping", body: "logout_token=" + token,
		fields: []string{"Content-Type: application/x-www-form-urlencoded"},
	})
	if r.status != http.StatusOK && r.status != http.StatusNoContent {
		t.Errorf("%d: %.200s", r.status, r.body)
	}
}
