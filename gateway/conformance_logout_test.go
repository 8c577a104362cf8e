package gateway_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// signsOut: the state that comes back is the one that was sent, or leads
// nowhere.
func signsOut(returned func(sent string) string, known bool) func(*testing.T, party) {
	return func(t *testing.T, p party) {
		h := p.open(nil)
		b := p.signedIn(h)
		q := b.until(p.origin(b), home+"/.auth/logout?rd=/x").Query()
		if q.Get("post_logout_redirect_uri") != home+"/.auth/signed-out" || q.Get("client_id") != rogue.ClientID && q.Get("id_token_hint") == "" || q.Get("state") == "" {
			t.Errorf("the provider is asked %v", q)
		}
		a := b.once(back(returned(q.Get("state"))))
		if led := a.Header.Get("Location") == "/x"; led != known || b.me() != nil {
			t.Errorf("%d to %q, signed in: %v", a.StatusCode, a.Header.Get("Location"), b.me() != nil)
		}
	}
}

// rogueSID is the sid of the rogue's ID tokens.
const rogueSID = "5d8a6c0f-2b14-4f39-8c7e-9a1d3e5b7f20"

// frontChannel: the provider's page frames our address, before anybody or
// while the person signs out here.
func frontChannel(fromHere bool) func(*testing.T, party) {
	return func(t *testing.T, p party) {
		h := p.open(nil)
		b := p.signedIn(h)
		frame := home + "/.auth/frontchannel-logout/rogue?"
		h.browser().once(frame + form("iss", "https://attacker.example/as", "sid", rogueSID)).wants(http.StatusBadRequest)
		if b.me() == nil {
			t.Fatal("another issuer's word counts")
		}
		if fromHere {
			b.until(p.origin(b), home+"/.auth/logout")
		}
		b.once(frame+form("iss", h.rogue.Issuer(), "sid", rogueSID), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe").wants(http.StatusOK)
		if b.me() != nil {
			t.Error("still signed in")
		}
	}
}

// backChannelLogout: 200 and the session is over, or 400 and it lives.
func backChannelLogout(claims, header pairs, key any, good bool) func(*testing.T, party) {
	return func(t *testing.T, p party) {
		h := p.open(nil)
		b := p.signedIn(h)
		now := h.clock.now().Unix()
		payload := pairs{
			"iss": h.rogue.Issuer(), "aud": rogue.ClientID, "iat": now, "exp": now + 120, "jti": t.Name(), "sub": rogue.Subject, "sid": rogueSID,
			"events": pairs{"http://schemas.openid.net/event/backchannel-logout": pairs{}},
		}
		head := pairs{"alg": "RS256", "kid": rogue.KeyID, "typ": "logout+jwt"}
		maps.Copy(payload, claims)
		maps.Copy(head, header)
		for name, value := range payload {
			if value == nil {
				delete(payload, name)
			}
		}
		if key == nil {
			key = h.rogue.Keys().Published
		}
		want := http.StatusBadRequest
		if good {
			want = http.StatusOK
		}
		a := h.browser().send(stay, "POST", home+"/.auth/backchannel-logout/rogue", form("logout_token", mustSign(t, head, payload, key)),
			"Content-Type", "application/x-www-form-urlencoded").wants(want)
		if a.Header.Get("Cache-Control") != "no-store" || (b.me() == nil) != good {
			t.Errorf("Cache-Control %q, signed in: %v", a.Header.Get("Cache-Control"), b.me() != nil)
		}
		h.app.take()
	}
}
