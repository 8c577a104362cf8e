package gateway_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// pingWith is simple with more in its provider, and without the secret.
func pingWith(more string) string {
	return onLoopback + oneKey + strings.Replace(fromPing, `    client_secret: "${PING_SECRET}"`+"\n", more, 1) + threeRoutes
}

// changed alters how the honest provider knows us.
func changed(change func(c *devidp.Client)) func(*house) {
	return func(h *house) {
		c := devidp.Client{
			ID: "gatehouse", Secret: pingSecret, RequirePKCE: true,
			RedirectURIs: []string{home + "/.auth/callback/ping"}, PostLogoutRedirectURIs: []string{home + "/.auth/signed-out"},
		}
		change(&c)
		if err := h.idp.SetClient(c); err != nil {
			h.t.Fatal(err)
		}
	}
}

// clientKey is a private key in PEM form, and the key.
func clientKey(t testing.TB) (string, crypto.Signer) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), key
}

// TestClientAssertionsSignIn: by a key that the provider fetched from us, and
// by a shared secret, with a provider that checks every claim of them.
func TestClientAssertionsSignIn(t *testing.T) {
	t.Parallel()
	text, _ := clientKey(t)
	h := start(t, pingWith("    client_auth: private_key_jwt\n    private_key: \"${RP_KEY}\"\n"), with("RP_KEY", text))
	a := h.browser().fetch("GET", home+"/.auth/client-jwks.json", "").wants(http.StatusOK)
	if !strings.HasPrefix(a.Header.Get("Cache-Control"), "public") || strings.Contains(a.text, `"d"`) {
		t.Errorf("%v\n%s", a.Header, a.text)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(a.text), &set); err != nil || len(set.Keys) != 1 {
		t.Fatalf("%v: %s", err, a.text)
	}
	changed(func(c *devidp.Client) { c.Secret, c.Auth, c.Key = "", "private_key_jwt", set.Keys[0].Key })(h)
	for range 2 {
		h.browser().open(home + "/x").fromApp()
	}

	long := strings.Repeat("a-shared-secret-", 3)
	h = start(t, pingWith("    client_auth: client_secret_jwt\n    client_secret: \"${LONG}\"\n"), with("LONG", long))
	h.log.secret(long)
	changed(func(c *devidp.Client) { c.Secret, c.Auth = long, "client_secret_jwt" })(h)
	h.browser().open(home + "/x").fromApp()
	if a := h.browser().fetch("GET", home+"/.auth/client-jwks.json", "").wants(http.StatusOK); strings.TrimSpace(a.text) != `{"keys":[]}` {
		t.Errorf("without a key: %s", a.text)
	}
}

// TestPushedRequestsSignIn: nothing of the request is in the browser's hands,
// and its name is good once.
func TestPushedRequestsSignIn(t *testing.T) {
	t.Parallel()
	h := start(t, pingWith("    client_secret: \"${PING_SECRET}\"\n    par: required\n"))
	changed(func(c *devidp.Client) { c.RequirePAR = true })(h)
	b := h.browser()
	to, err := b.once(home + "/x").wants(http.StatusFound).Location()
	if err != nil {
		t.Fatal(err)
	}
	if q := to.Query(); len(q) != 2 || q.Get("client_id") != "gatehouse" || q.Get("request_uri") == "" {
		t.Errorf("the browser carries %v", q)
	}
	b.open(to.String()).fromApp()
	if a := h.browser().open(to.String()); a.StatusCode != http.StatusBadRequest {
		t.Errorf("the name is good twice: %d", a.StatusCode)
	}
	if n := h.idp.Count(devidp.PAR); n != 1 {
		t.Errorf("%d pushes", n)
	}
	// Whoever is no navigation costs the provider nothing.
	h.browser().fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	if n := h.idp.Count(devidp.PAR); n != 1 {
		t.Errorf("%d pushes after a script's request", n)
	}
	h.idp.Fault(devidp.PAR, devidp.Broken())
	h.browser().open(home + "/x").wants(http.StatusServiceUnavailable).says("provider_failing").noCookie()
	h.idp.Heal()
	h.browser().open(home + "/x").fromApp()
}

// TestVisitorsPushNoMoreThanTheDoorAllows: the limiter comes before the push.
func TestVisitorsPushNoMoreThanTheDoorAllows(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(pingWith("    client_secret: \"${PING_SECRET}\"\n    par: required\n"),
		"listen: 127.0.0.1:0\n", "listen: 127.0.0.1:0\n  trusted_proxies: 127.0.0.1\n", 1))
	refused := 0
	for range 320 {
		a := h.browser().once(home+"/x", "X-Forwarded-For", "192.0.2.7", "X-Forwarded-Proto", "https")
		if a.StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if n := h.idp.Count(devidp.PAR); refused == 0 || n > 320-refused {
		t.Errorf("%d refused, %d pushed", refused, n)
	}
}

// formOf reads a page that posts itself.
func formOf(t testing.TB, text string) (action string, values url.Values) {
	t.Helper()
	m := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no form in\n%s", text)
	}
	values = url.Values{}
	for _, input := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		values.Set(input[1], html.UnescapeString(input[2]))
	}
	return html.UnescapeString(m[1]), values
}

// TestFormPostSignsIn: the answer is posted across sites, which brings the
// attempt's cookie and not the session's.
func TestFormPostSignsIn(t *testing.T) {
	t.Parallel()
	h := start(t, pingWith("    client_secret: \"${PING_SECRET}\"\n    response_mode: form_post\n"))
	b := h.browser()
	begin := b.once(home + "/x?y=1").wants(http.StatusFound)
	for _, c := range begin.Cookies() {
		if c.SameSite != http.SameSiteNoneMode || !c.Secure || !c.HttpOnly {
			t.Errorf("attempt cookie %v", c)
		}
	}
	form := b.open(begin.Header.Get("Location")).wants(http.StatusOK)
	action, values := formOf(t, form.text)
	h.log.secret(values.Get("code"))
	posted := []string{
		"Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html", "Origin", "http://127.0.0.1",
		"Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "cross-site",
	}
	a := b.send(stay, "POST", action, values.Encode(), posted...).wants(http.StatusSeeOther)
	if to := a.Header.Get("Location"); to != "/x?y=1" {
		t.Errorf("leads to %s", to)
	}
	b.open(home + "/x?y=1").fromApp()
	h.app.take()

	// The form comes twice. Another site's POST brings no session, so it is
	// sent on as a GET, which does.
	twice := h.browser()
	a = twice.send(stay, "POST", action, values.Encode(), posted...).wants(http.StatusSeeOther).noSession()
	again := a.Header.Get("Location")
	if strings.Contains(again, "code") || !strings.HasPrefix(again, "/.auth/callback/ping?state=") {
		t.Fatalf("sent on to %s", again)
	}
	if to := b.once(home + again).wants(http.StatusSeeOther).Header.Get("Location"); to != "/x?y=1" {
		t.Errorf("the session's owner is sent on to %s", to)
	}
	twice.once(home + again).wants(http.StatusBadRequest).noSession()
	if n := h.idp.Count(devidp.Token); n != 1 {
		t.Errorf("the token endpoint was asked %d times", n)
	}
}

// signsInByForm goes from an address to the provider, whose answer is posted
// across sites: with the attempt's cookie alone.
func (b *browser) signsInByForm(address string) *answer {
	b.t.Helper()
	return b.finishesByForm(b.once(address).wants(http.StatusFound))
}

// finishesByForm is signsInByForm after the answer that began it.
func (b *browser) finishesByForm(begin *answer) *answer {
	b.t.Helper()
	action, values := formOf(b.t, b.open(begin.Header.Get("Location")).text)
	b.h.log.secret(values.Get("code"))
	across := b.h.browserFor(b.t)
	for _, c := range begin.Cookies() {
		across.sends(c.Name, c.Value)
	}
	a := across.send(stay, "POST", action, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Mode", "navigate").wants(http.StatusSeeOther)
	for _, c := range a.Cookies() {
		if isSession(c.Name) {
			b.sends(c.Name, c.Value)
		}
	}
	return a
}

// TestFormPostReplacesTheSessionBefore: though its cookie does not come along, a
// copy of it is dead afterwards.
func TestFormPostReplacesTheSessionBefore(t *testing.T) {
	t.Parallel()
	h := start(t, pingWith("    client_secret: \"${PING_SECRET}\"\n    response_mode: form_post\n"))
	b := h.browser()
	b.signsInByForm(home + "/x")
	thief := h.browser()
	for _, c := range b.cookies(home) {
		thief.sends(c.Name, c.Value)
	}
	if thief.me() == nil {
		t.Fatal("the copy does not work to begin with")
	}
	b.signsInByForm(home + "/.auth/login?prompt=login&rd=/x")
	if thief.me() != nil {
		t.Error("the copy of the replaced session is alive")
	}
	if b.me() == nil {
		t.Error("nobody is signed in")
	}
}

// TestOfflineAccessIsLeftOutWhenRefused: one retry, in the same breath.
func TestOfflineAccessIsLeftOutWhenRefused(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		var scopes []string
		h := start(t, strings.Replace(rogueWith(""), "client_id: rogue-client", "client_id: rogue-client\n    scopes: [openid, offline_access]", 1), playing(rogue.Script{
			Authorize: func(asked, answer url.Values) {
				scopes = append(scopes, asked.Get("scope"))
				if always || strings.Contains(asked.Get("scope"), "offline") {
					answer.Del("code")
					answer.Set("error", "invalid_scope")
				}
			},
		}))
		a := h.browser().open(home + "/x")
		if always {
			a.wants(http.StatusBadRequest).says("provider_configuration").noSession()
		} else {
			a.fromApp()
		}
		if len(scopes) != 2 || scopes[0] != "openid offline_access" || scopes[1] != "openid" {
			t.Errorf("asked for %q", scopes)
		}
	}
}

// TestLoginHintIsPassedOnUnlessTheOperatorHasOne.
func TestLoginHintIsPassedOnUnlessTheOperatorHasOne(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{"": "ada@example.com", "\n    authorization_params: {login_hint: team}": "team"} {
		h := start(t, rogueWith(options))
		for hint, expect := range map[string]string{"ada@example.com": want, "a\r\nb": "", strings.Repeat("x", 300): ""} {
			if expect == "" && options != "" {
				expect = "team"
			}
			to, err := h.browser().once(home + "/.auth/login?rd=/x&login_hint=" + url.QueryEscape(hint)).wants(http.StatusFound).Location()
			if err != nil {
				t.Fatal(err)
			}
			if got := to.Query().Get("login_hint"); got != expect {
				t.Errorf("%q: login_hint is %q, want %q", hint, got, expect)
			}
		}
	}
}

// TestTheLastChoiceIsRemembered in this browser, as a mark on the page that
// offers several, whatever somebody else wrote into the cookie.
func TestTheLastChoiceIsRemembered(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+strings.TrimPrefix(strings.TrimSpace(fromRogue), "providers:")+`
routes:
  - {name: both, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
`)
	const mark = "used last time in this browser"
	b := h.browser()
	if a := b.open(home + "/x").wants(http.StatusOK); strings.Contains(a.text, mark) {
		t.Error("something is marked before any choice")
	}
	b.open(home + "/.auth/login?rd=%2Fx&provider=rogue").fromApp()
	if h.app.only(t).Header.Get("Cookie") != "" {
		t.Error("the app got our cookies")
	}
	b.open(home + "/.auth/logout?local=1")
	a := b.open(home + "/x").wants(http.StatusOK)
	if i := strings.Index(a.text, mark); i < strings.Index(a.text, ">rogue") || strings.Count(a.text, mark) != 1 {
		t.Errorf("the page does not mark the last choice:\n%s", a.text)
	}
	if first := strings.Index(a.text, "Company account"); first < 0 || first > strings.Index(a.text, ">rogue") {
		t.Error("the order is not the file's")
	}
	odd := h.browser()
	odd.sends("__Host-gatehouse-provider", "<script>")
	odd.open(home + "/x").wants(http.StatusOK)
}

// TestPingProductsAreFound: each type builds issuer and discovery from its own
// words, and signs in.
func TestPingProductsAreFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ provider, path string }{
		"enterprise":               {"type: pingone_enterprise", "/rogue-client"},
		"advanced identity cloud":  {"type: pingone_aic\n    tenant: example.forgeblocks.com\n    realm: bravo", "/am/oauth2/realms/root/realms/bravo"},
		"pingfederate":             {"type: pingfederate\n    policy_id: staff", ""},
		"pingone by custom domain": {"type: pingone\n    custom_domain: auth.example.com", "/as"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := strings.Replace(rogueWith(""), "type: oidc\n    issuer: \"${ROGUE}\"", c.provider+"\n    base_url: \"${BASE}\"", 1)
			var asked string
			h := start(t, file+"\n# ${ROGUE}\n", func(h *house, env map[string]string) {
				env["BASE"] = h.rogue.At(c.path)
			}, playing(rogue.Script{Discovery: func(d map[string]any) { asked = d["issuer"].(string) }}))
			h.browser().open(home + "/x").fromApp()
			if asked != h.rogue.Issuer() || !strings.HasSuffix(asked, c.path) {
				t.Errorf("issuer %s", asked)
			}
		})
	}
}

// TestOperatorsTestASignIn: the whole way of a sign-in, its claims for the
// operator and nobody else, and no session.
func TestOperatorsTestASignIn(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(rogueWith(""), "listen: \"127.0.0.1:0\"}", "listen: \"127.0.0.1:0\", token: \"${ADMIN}\"}", 1),
		with("ADMIN", "admin-token-55d1"), playing(rogue.Script{
			IDToken: func(claims, _ map[string]any) { delete(claims, "groups") },
			Userinfo: func(claims map[string]any) {
				delete(claims, "groups")
				claims["shoe"] = "42"
			},
		}))
	page := "http://" + h.at("admin") + "/providers/rogue/test"
	b := h.browser()
	ask := func(method, address, token string) *answer {
		header := []string{"Accept", "application/json"}
		if token != "" {
			header = append(header, "Authorization", "Bearer "+token)
		}
		return b.send(stay, method, address, "", header...)
	}
	ask("POST", page, "").wants(http.StatusUnauthorized)
	opened := ask("POST", page, "admin-token-55d1").wants(http.StatusOK).json()
	id, _ := opened["id"].(string)
	urls, _ := opened["sign_in_urls"].([]any)
	if opened["state"] != "waiting" || len(urls) != 1 || !strings.HasPrefix(urls[0].(string), home+"/.auth/login?") {
		t.Fatalf("opened %v", opened)
	}
	a := b.open(urls[0].(string)).wants(http.StatusOK).noSession().says("Test finished")
	if strings.Contains(a.text, "ana.kovacs") || b.me() != nil {
		t.Errorf("the browser learns or gets something:\n%s", a.text)
	}
	h.app.untouched(t)
	done := ask("GET", page+"?id="+id, "admin-token-55d1").wants(http.StatusOK)
	got := done.json()
	if got["state"] != "done" || got["reason"] != nil ||
		got["id_token_claims"].(map[string]any)["acr"] != "Single_Factor" ||
		got["userinfo"].(map[string]any)["shoe"] != "42" ||
		got["identity"].(map[string]any)["email"] != "ana.kovacs@example.com" {
		t.Errorf("the result is %s", done.text)
	}
	missing := done.text
	for _, want := range []string{`"claim": "groups"`, `"claim": "department"`, "a mapper"} {
		if !strings.Contains(missing, want) {
			t.Errorf("%s is not told as missing:\n%s", want, missing)
		}
	}
	for _, token := range []string{"rogue-access-token", "rogue-refresh-token", "eyJ"} {
		if strings.Contains(done.text, token) {
			t.Errorf("the result holds %s", token)
		}
	}
	// Used up, foreign, made up.
	b.open(urls[0].(string)).wants(http.StatusNotFound)
	b.open(home + "/.auth/login?provider=rogue&test=" + strings.Repeat("A", 26)).wants(http.StatusNotFound)
	ask("GET", page+"?id="+id, "").wants(http.StatusUnauthorized)
	if other := ask("GET", page+"?id=AAAA", "admin-token-55d1").json(); other["state"] != "" {
		t.Errorf("a made-up test is %v", other)
	}
	ask("GET", strings.Replace(page, "rogue", "nobody", 1), "admin-token-55d1").wants(http.StatusNotFound)

	// What fails is told as well.
	h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) { claims["aud"] = "another-client" }})
	opened = ask("POST", page, "admin-token-55d1").json()
	b.open(opened["sign_in_urls"].([]any)[0].(string)).wants(http.StatusOK).noSession()
	if got := ask("GET", page+"?id="+opened["id"].(string), "admin-token-55d1").json(); got["reason"] != "id_token_audience" {
		t.Errorf("the result is %v", got)
	}
}

// TestBothIssuersSignInWhileMoving: a list of issuers, and its tokens each by
// their own keys.
func TestBothIssuersSignInWhileMoving(t *testing.T) {
	t.Parallel()
	old := rogue.Start(t, nil)
	file := strings.Replace(rogueWith(""), `issuer: "${ROGUE}"`, `issuer: ["${ROGUE}", "${OLD}"]`, 1)
	h := start(t, file, with("OLD", old.Issuer()))
	b := h.browser()
	b.open(home + "/x").fromApp()
	h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) { claims["iss"] = old.Issuer() }})
	h.browser().open(home + "/x").fromApp() // rogues share their keys
	h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) { claims["iss"] = old.Issuer() + "/" }})
	h.browser().open(home + "/x").wants(http.StatusBadRequest).noSession()
	if old.Count("token")+old.Count("authorize") > 0 {
		t.Error("the old address was asked to sign in")
	}
	if b.me() == nil {
		t.Error("the first session is gone")
	}
}

// TestEitherIssuerSignsOffWhileMoving: a session that began under one address
// ends by the word of the other, and by nobody else's.
func TestEitherIssuerSignsOffWhileMoving(t *testing.T) {
	t.Parallel()
	old := rogue.Start(t, nil)
	file := strings.Replace(rogueWith(""), `issuer: "${ROGUE}"`, `issuer: ["${ROGUE}", "${OLD}"]`, 1)
	h := start(t, file, with("OLD", old.Issuer()))
	front := home + "/.auth/frontchannel-logout/rogue?"
	for _, by := range []string{h.rogue.Issuer(), old.Issuer()} {
		for _, begun := range []string{h.rogue.Issuer(), old.Issuer()} {
			h.rogue.Play(rogue.Script{IDToken: func(claims, _ map[string]any) { claims["iss"] = begun }})
			b := h.browser()
			b.open(home + "/x").fromApp()
			h.browser().once(front + form("iss", "https://attacker.example/as", "sid", rogueSID)).wants(http.StatusBadRequest)
			if b.me() == nil {
				t.Fatal("signed out by another issuer")
			}
			now := h.clock.now().Unix()
			token := mustSign(t, pairs{"alg": "RS256", "kid": rogue.KeyID}, pairs{
				"iss": by, "aud": rogue.ClientID, "iat": now, "exp": now + 120, "jti": by + begun, "sid": rogueSID,
				"events": pairs{"http://schemas.openid.net/event/backchannel-logout": pairs{}},
			}, h.rogue.Keys().Published)
			h.browser().send(stay, "POST", home+"/.auth/backchannel-logout/rogue", form("logout_token", token), "Content-Type", "application/x-www-form-urlencoded").wants(http.StatusOK)
			if b.me() != nil {
				t.Errorf("back-channel: begun under %s and signed off under %s, and it lives", begun, by)
			}
			b.open(home + "/x").fromApp()
			h.browser().once(front + form("iss", by, "sid", rogueSID)).wants(http.StatusOK)
			if b.me() != nil {
				t.Errorf("front-channel: begun under %s and signed off under %s, and it lives", begun, by)
			}
		}
	}
}
