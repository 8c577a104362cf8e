package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// conformanceCase is one line of a certification plan.
type conformanceCase struct {
	plan, name string
	hold       func(t *testing.T, p party)
}

// pairs is a JSON object; nil stands for a member that is taken away.
type pairs = map[string]any

// party is Gatehouse as the relying party of one case.
type party struct {
	t      *testing.T
	posted bool // the provider's answers come by form_post
}

// open is a gateway at a provider that follows the script. Its sessions keep a
// refresh token, so that refreshing can be tried.
func (p party) open(script func(*rogue.Script)) *house {
	p.t.Helper()
	options := ""
	if p.posted {
		options = "\n    response_mode: form_post"
	}
	return start(p.t, withSession(rogueWith(options), "recheck: 5m"), playing(p.script(script)))
}

// script is the case's, besides a look at what was asked for.
func (p party) script(change func(*rogue.Script)) rogue.Script {
	var s rogue.Script
	if change != nil {
		change(&s)
	}
	s.Authorize = func(request, _ url.Values) {
		if mode := request.Get("response_mode"); p.posted != (mode == "form_post") {
			p.t.Errorf("response_mode %q was asked for", mode)
		}
	}
	return s
}

// signIn is a whole sign-in; the answer is what the person sees at its end.
func (p party) signIn(b *browser) *answer {
	p.t.Helper()
	if !p.posted {
		return b.open(home + "/x?a=1")
	}
	a := b.send(func(next *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(next.URL.String(), home+"/.auth/callback/") {
			return http.ErrUseLastResponse
		}
		return nil
	}, http.MethodGet, home+"/x?a=1", "", navigate...)
	to, err := a.Location()
	if err != nil {
		return a // it did not come so far
	}
	body := to.RawQuery
	to.RawQuery = ""
	foreign := []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", p.origin(b), "Sec-Fetch-Site", "cross-site"}
	return b.send(nil, http.MethodPost, to.String(), body, append(foreign, navigate...)...)
}

// origin is the provider's, which is never the gateway's own.
func (party) origin(b *browser) string {
	u, err := url.Parse(b.h.rogue.Issuer())
	if err != nil {
		b.t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}

// accepts: the sign-in ends where the person wanted to be.
func accepts(script func(*rogue.Script)) func(*testing.T, party) {
	return func(t *testing.T, p party) { p.signedIn(p.open(script)) }
}

func (p party) signedIn(h *house) *browser {
	p.t.Helper()
	b := h.browserFor(p.t)
	p.signIn(b).fromApp()
	if got := h.app.only(p.t); got.Target != "/x?a=1" || got.Header.Get("X-Forwarded-User") != rogue.Subject {
		p.t.Errorf("%s as %q", got.Target, got.Header.Get("X-Forwarded-User"))
	}
	return b
}

// refuses: no session, and the reason on the page; then the same gateway signs
// the person in at the provider made honest.
func refuses(reason string, script func(*rogue.Script)) func(*testing.T, party) {
	return func(t *testing.T, p party) {
		h := p.open(script)
		b := h.browserFor(t)
		a := p.signIn(b).noSession().says(reason)
		if a.StatusCode < 400 || b.me() != nil {
			t.Errorf("%d, signed in: %v", a.StatusCode, b.me() != nil)
		}
		h.app.untouched(t)
		h.rogue.Play(p.script(nil))
		eventually(t, "honest sign-in", func() bool {
			b := h.browserFor(t)
			p.signIn(b)
			return b.me() != nil
		})
	}
}

// holds is a case of its own kind.
func holds(do func(t *testing.T, p party)) func(*testing.T, party) { return do }

func userinfoFillsIn(t *testing.T, p party) {
	h := p.open(userinfoOf(rogue.Subject))
	b := p.signedIn(h)
	if me := b.me(); me["email"] != "ana.kovacs@example.com" {
		t.Errorf("email %v", me["email"])
	}
}

// userinfoByHeader: RFC 6750 section 2.1, and the token nowhere else.
func userinfoByHeader(t *testing.T, p party) {
	var good atomic.Int64
	h := p.open(func(s *rogue.Script) {
		userinfoOf(rogue.Subject)(s)
		s.Raw = func(endpoint string, _ http.ResponseWriter, r *http.Request) bool {
			if endpoint == "userinfo" && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") && r.URL.RawQuery == "" {
				good.Add(1)
			}
			return false
		}
	})
	p.signedIn(h)
	if good.Load() != 1 {
		t.Errorf("%d requests bore the token", good.Load())
	}
}

func secretByBasic(t *testing.T, p party) {
	h := p.open(func(s *rogue.Script) {
		s.Token = func(_ http.ResponseWriter, r *http.Request) bool {
			if id, secret, ok := r.BasicAuth(); !ok || id != rogue.ClientID || secret != rogue.ClientSecret || r.PostFormValue("client_secret") != "" {
				t.Error("not by client_secret_basic alone")
			}
			return false
		}
	})
	p.signedIn(h)
}

func readsDiscovery(t *testing.T, p party) {
	h := p.open(nil)
	p.signedIn(h)
	if h.rogue.Count("discovery") != 1 {
		t.Errorf("asked %d times", h.rogue.Count("discovery"))
	}
}

func readsKeys(t *testing.T, p party) {
	h := p.open(nil)
	p.signedIn(h)
	if h.rogue.Count("jwks") != 1 {
		t.Errorf("asked %d times", h.rogue.Count("jwks"))
	}
}

// rotated is a provider whose other key is now the published one.
func rotated(s *rogue.Script) {
	s.JWKS = func(set map[string]any, k rogue.Keys) { set["keys"] = []any{rogue.PublicJWK(k.Unpublished, "rogue-2")} }
	s.IDToken = func(_, header map[string]any) { header["kid"] = "rogue-2" }
	s.Key = unpublished
}

// keysRotated: between two sign-ins.
func keysRotated(t *testing.T, p party) {
	h := p.open(nil)
	p.signedIn(h)
	h.rogue.Play(p.script(rotated))
	p.signedIn(h)
}

// keysRotatedMeanwhile: while the person is at the provider, which signs with
// the new key and publishes it as the code is redeemed.
func keysRotatedMeanwhile(t *testing.T, p party) {
	h := p.open(nil)
	p.signedIn(h)
	h.rogue.Play(p.script(func(s *rogue.Script) {
		s.Token = func(http.ResponseWriter, *http.Request) bool {
			h.rogue.Play(p.script(rotated))
			return false
		}
		s.IDToken = func(_, header map[string]any) { header["kid"] = "rogue-2" }
		s.Key = unpublished
	}))
	p.signedIn(h)
}

// userinfoSigned: as a JWT, and not one of another key's.
func userinfoSigned(t *testing.T, p party) {
	h := p.open(nil)
	play := func(key any) {
		h.rogue.Play(p.script(func(s *rogue.Script) {
			userinfoOf(rogue.Subject)(s)
			s.Raw = func(endpoint string, w http.ResponseWriter, _ *http.Request) bool {
				if endpoint != "userinfo" {
					return false
				}
				w.Header().Set("Content-Type", "application/jwt")
				fmt.Fprint(w, mustSign(t, pairs{"alg": "RS256", "kid": rogue.KeyID}, pairs{
					"iss": h.rogue.Issuer(), "aud": rogue.ClientID, "sub": rogue.Subject, "email": "ana.kovacs@example.com", "groups": []string{"staff"},
				}, key))
				return true
			}
		}))
	}
	play(h.rogue.Keys().Unpublished)
	b := h.browser()
	p.signIn(b).wants(http.StatusBadRequest).noSession().says("userinfo_jwt_invalid")
	play(h.rogue.Keys().Published)
	p.signedIn(h)
}

// refreshed: a refreshed ID token keeps issuer and subject, or the session is
// over (Core section 12.2).
func refreshed(change func(*rogue.Script)) func(*testing.T, party) {
	return func(t *testing.T, p party) {
		h := p.open(nil)
		b := p.signedIn(h)
		h.rogue.Play(p.script(change))
		h.clock.advance(minutes(6))
		a := b.fetch("GET", home+"/x", "")
		if h.rogue.Count("token") != 2 {
			t.Errorf("the token endpoint was asked %d times", h.rogue.Count("token"))
		}
		if change == nil {
			a.fromApp()
			h.app.take()
			return
		}
		a.wants(http.StatusUnauthorized).says("session_ended")
		if h.app.untouched(t); b.me() != nil {
			t.Error("the session lives")
		}
	}
}

func thirdPartyBegins(t *testing.T, p party) {
	h := p.open(nil)
	b := h.browser()
	b.open(home + "/.auth/initiate/rogue?" + form("iss", h.rogue.Issuer(), "login_hint", "ana", "target_link_uri", home+"/tile?b=2")).fromApp()
	if got := h.app.only(t); got.Target != "/tile?b=2" {
		t.Errorf("landed at %s", got.Target)
	}
	h.browser().once(home + "/.auth/initiate/rogue?" + form("iss", "https://attacker.example/as")).wants(http.StatusBadRequest)
}

func mustSign(t *testing.T, header, claims pairs, key any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	token, err := rogue.Sign(header, payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
