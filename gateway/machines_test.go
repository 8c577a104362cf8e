package gateway_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-proxy/gatehouse/machine"
)

const machineRoutes = `
service_tokens:
  - {name: ci, secret_sha256: "${CI_HASH}"}
  - {name: deploy, secret_sha256: "${DEPLOY_HASH}", expires: 2099-06-01T00:00:00Z}
  - {name: old, secret_sha256: "${OLD_HASH}", expires: 2020-06-01T00:00:00Z}
bearer:
  - {name: backend, issuer: "${ISSUER}", audiences: [api, "${ISSUER}/api"], algs: [RS256]}
  - {name: people, issuer: "${ISSUER}", audiences: [cli], algs: [RS256], as: user}
  - {name: opaque, provider: ping, introspect: true, audiences: [api]}
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - name: staff
    from: https://app.example.test
    to: "${APP}"
    policy:
      - service_auth: {service_token: ci}
      - allow: {group: staff}
  - name: api
    from: https://app.example.test/api
    to: "${APP}"
    bearer: [backend, people]
    policy:
      - {action: service_auth, include: [{bearer: backend}], require: [{group: builders}]}
      - allow: [{group: staff}, {email: ana@example.com}]
  - name: asked
    from: https://app.example.test/asked
    to: "${APP}"
    bearer: [opaque]
    policy: [{service_auth: {bearer: opaque}}]
`

// machines is a gateway for programs, with the tokens that it knows.
type machines struct {
	*house
	issuer          *issuer
	file            string
	ci, deploy, old string
}

func startMachines(t *testing.T, more ...string) *machines {
	t.Helper()
	m := &machines{issuer: newIssuer(t)}
	hashes := map[string]string{}
	for name, token := range map[string]*string{"CI": &m.ci, "DEPLOY": &m.deploy, "OLD": &m.old} {
		*token, hashes[name] = machine.Mint(strings.ToLower(name))
	}
	file := strings.Replace(fromPing, "    client_secret:", "    endpoints: {introspection: \"${ISSUER}/introspect\"}\n    client_secret:", 1)
	m.file = onLoopback + oneKey + file + strings.Join(more, "") + machineRoutes
	m.house = start(t, m.file, reloadable,
		with("CI_HASH", hashes["CI"]), with("DEPLOY_HASH", hashes["DEPLOY"]), with("OLD_HASH", hashes["OLD"]), with("ISSUER", m.issuer.url))
	m.issuer.clock = m.clock
	m.log.secret(m.ci, m.deploy, m.old)
	return m
}

// TestWithdrawnServiceTokensStopAtOnce: also what they opened before.
func TestWithdrawnServiceTokensStopAtOnce(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	conn := m.webSocket(t, "/x", "a=b\nX-Gatehouse-Token: "+m.ci)
	conn.echoes("before")
	m.app.take()
	m.reload(strings.Replace(m.file, `"${CI_HASH}"`, "0000000000000000000000000000000000000000000000000000000000000001", 1))
	m.refuses(t, m.ask("/x", "X-Gatehouse-Token", m.ci), 401, "service_token_unknown")
	conn.saysGoodbye(1008)
	m.reload(m.file)
	m.app.answers(nil)
	m.ask("/x", "X-Gatehouse-Token", m.ci).fromApp()
}

// ask sends a request with these headers and no cookie.
func (m *machines) ask(path string, header ...string) *answer {
	m.t.Helper()
	return m.browser().fetch("GET", home+path, "", header...)
}

// refuses wants a status and a reason, a challenge with a 401, and an
// untouched application.
func (m *machines) refuses(t *testing.T, a *answer, status int, reason string) {
	t.Helper()
	var body struct{ Reason string }
	json.Unmarshal([]byte(a.text), &body)
	if a.StatusCode != status || body.Reason != reason {
		t.Errorf("answered %d %s, want %d %s", a.StatusCode, body.Reason, status, reason)
	}
	if challenge := a.Header.Get("WWW-Authenticate"); status == http.StatusUnauthorized && !strings.HasPrefix(challenge, `Bearer realm="gatehouse"`) {
		t.Errorf("WWW-Authenticate is %q", challenge)
	}
	m.app.untouched(t)
}

// TestServiceTokensAreProgramsOfTheFile: in either header, known by name to
// application, policy, log and metrics; the token itself goes no further.
func TestServiceTokensAreProgramsOfTheFile(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	set, _ := m.published(t, home+"/.auth/jwks.json")
	for _, header := range [][]string{
		{"X-Gatehouse-Token", m.ci}, {"Authorization", "Bearer " + m.ci}, {"Authorization", "bearer  " + m.ci}, {"Authorization", "Bearer\t" + m.ci},
	} {
		m.app.take()
		m.ask("/x", header...).fromApp()
		got := m.app.only(t)
		if user := got.Header.Get("X-Forwarded-User"); user != "ci" {
			t.Errorf("%s: X-Forwarded-User is %q", header[0], user)
		}
		for _, name := range []string{"X-Forwarded-Email", "X-Forwarded-Groups", "X-Gatehouse-Provider", "X-Gatehouse-Token", "Authorization"} {
			if values := got.named(name); values != nil {
				t.Errorf("%s: %s arrives: %q", header[0], name, values)
			}
		}
		claims := m.verified(t, got.Header.Get("X-Gatehouse-Assertion"), home, home, set, "ES256")
		if claims["sub"] != "ci" || claims["machine"] != "ci" || claims["provider"] != nil {
			t.Errorf("%s: the assertion says %v", header[0], claims)
		}
	}
	m.log.last(t, "request", func(r map[string]any) bool {
		return r["subject"] == "ci" && r["decision"] == "allow" && r["route"] == "staff"
	})
	if used := m.metric(`gatehouse_service_token_last_used_timestamp_seconds{service_token="ci"}`); used == "" {
		t.Error("the last use is not counted")
	}
}

// TestServiceTokensThatDoNotHold: 401 whatever cookie comes along and on every
// route, 403 for one that holds and that no rule admits.
func TestServiceTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	ana := m.signIn("ana.kovacs")
	ana.open(home + "/x").fromApp()
	m.app.take()
	unknown, _ := machine.Mint("ci")
	for _, path := range []string{"/x", "/public/x"} {
		for _, tt := range []struct{ token, reason string }{
			{m.ci[:len(m.ci)-1] + "x", "service_token_malformed"},
			{m.ci + "0", "service_token_malformed"},
			{"gh_", "service_token_malformed"},
			{"gh_ci", "service_token_malformed"},
			{"gh_" + strings.Repeat("a", 20000), "service_token_malformed"},
			{unknown, "service_token_unknown"},
			{m.old, "service_token_expired"},
		} {
			m.refuses(t, ana.fetch("GET", home+path, "", "X-Gatehouse-Token", tt.token), 401, tt.reason)
			m.refuses(t, ana.fetch("GET", home+path, "", "Authorization", "Bearer "+tt.token), 401, tt.reason)
		}
		m.refuses(t, ana.fetch("GET", home+path, "", "X-Gatehouse-Token", "anything"), 401, "service_token_malformed")
		m.refuses(t, ana.fetch("GET", home+path, "", "X-Gatehouse-Token", ""), 401, "service_token_malformed")
	}
	m.refuses(t, ana.fetch("GET", home+"/x", "", "X-Gatehouse-Token", m.deploy), 403, "no_rule_matched")
	ana.fetch("GET", home+"/public/x", "", "X-Gatehouse-Token", m.deploy).fromApp()
	if got := m.app.only(t).Header.Get("X-Forwarded-User"); got != "deploy" {
		t.Errorf("on a public route the token's name is %q", got)
	}
	m.ask("/x", "Authorization", "Basic YTpi").wants(http.StatusUnauthorized) // no token at all: sign in
	// The application's own keys pass, for whoever is signed in.
	ana.fetch("GET", home+"/x", "", "Authorization", "Bearer the-apps-own-key").fromApp()
	if got := m.app.only(t).Header.Get("Authorization"); got != "Bearer the-apps-own-key" {
		t.Errorf("the application's own Authorization arrives as %q", got)
	}
}

// TestCredentialsThatCanBeReadInTwoWays are no credentials.
func TestCredentialsThatCanBeReadInTwoWays(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	good := m.issuer.token(nil)
	for _, lines := range []string{
		"X-Gatehouse-Token: " + m.ci + "\nX-Gatehouse-Token: " + m.ci,
		"X-Gatehouse-Token: " + m.ci + "\nAuthorization: Bearer " + m.deploy,
		"X-Gatehouse-Token: " + m.ci + "\nx_gatehouse_token: " + m.deploy,
		"x_gatehouse_token: " + m.ci,
		"X.Gatehouse.Token: " + m.ci,
		"Authorization: Bearer " + m.ci + "\nAuthorization: Bearer other",
		"Authorization: Basic YTpi\nAuthorization: Bearer " + m.ci,
		"Authorization: Bearer " + good + "\nAuthorization: Bearer " + good,
		"Authorization: Bearer " + good + "\nX-Gatehouse-Token: " + m.ci,
	} {
		a := m.raw(t, "GET /api/x HTTP/1.1\nHost: app.example.test\nAccept: application/json\n"+lines+"\n\n")
		m.refuses(t, a, 401, "credentials_ambiguous")
	}
	m.raw(t, "GET /api/x HTTP/1.1\nHost: app.example.test\nAuthorization: Bearer "+good+"\n\n").fromApp()
}

// TestBearerTokensOfAnIssuer decide alone where the route says so, and are not
// passed on.
func TestBearerTokensOfAnIssuer(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	for name, token := range map[string]string{
		"at+jwt":             m.issuer.token(nil),
		"plain JWT":          m.issuer.sign(m.issuer.claims(nil), map[jose.HeaderKey]any{"typ": "JWT"}),
		"without typ":        m.issuer.sign(m.issuer.claims(nil), map[jose.HeaderKey]any{"typ": nil}),
		"without kid":        m.issuer.sign(m.issuer.claims(nil), map[jose.HeaderKey]any{"kid": nil}),
		"several audiences":  m.issuer.token(object{"aud": []string{"other", "api"}}),
		"jku is not read":    m.issuer.sign(m.issuer.claims(nil), map[jose.HeaderKey]any{"jku": "https://evil.example/keys", "x5u": "https://evil.example/c"}),
		"client_credentials": m.issuer.token(object{"sub": nil, "client_id": "robot-7"}),
	} {
		m.app.take()
		m.ask("/api/x", "Authorization", "Bearer "+token).fromApp()
		got := m.app.only(t)
		if got.Header.Get("X-Forwarded-User") != "robot-7" || got.Header.Get("X-Forwarded-Groups") != "builders" || got.Header.Get("Authorization") != "" {
			t.Errorf("%s: the application sees %v", name, got.Header)
		}
	}
	m.refuses(t, m.ask("/api/x", "Authorization", "Bearer "+m.issuer.token(object{"groups": []string{"guests"}})), 403, "no_rule_matched")
	// A token that speaks of a person is read by the rules for people.
	person := object{"aud": "cli", "sub": "p1", "email": "ana@example.com", "email_verified": true}
	m.ask("/api/x", "Authorization", "Bearer "+m.issuer.token(person)).fromApp()
	if got := m.app.only(t); got.Header.Get("X-Forwarded-Email") != "ana@example.com" || got.Header.Get("X-Gatehouse-Provider") != "people" {
		t.Errorf("the person arrives as %v", got.Header)
	}
	for _, flag := range []any{false, "true", nil} {
		person["email_verified"] = flag
		m.refuses(t, m.ask("/api/x", "Authorization", "Bearer "+m.issuer.token(person)), 403, "no_rule_matched")
	}
}

// TestBearerTokensThatDoNotHold [CVE-2022-29226, GHSA-wcvh-g65p-v576]: 401,
// nothing forwarded, also with somebody's cookie.
func TestBearerTokensThatDoNotHold(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	ana := m.signIn("ana.kovacs")
	i, now := m.issuer, m.clock.now().Unix()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := i.token(nil)
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	modulus := jose.SigningKey{Algorithm: jose.HS256, Key: i.private.N.Bytes()}
	typed := func(typ any) string { return i.sign(i.claims(nil), map[jose.HeaderKey]any{"typ": typ}) }
	for name, tt := range map[string]struct{ token, reason string }{
		"garbage":           {"garbage", "bearer_malformed"},
		"empty":             {"", "bearer_malformed"},
		"five parts":        {good + ".a.b", "bearer_malformed"},
		"1 MB":              {strings.Repeat("a", 40<<10), "bearer_malformed"},
		"none":              {encode([]byte(`{"alg":"none"}`)) + "." + parts[1] + ".", "bearer_algorithm"},
		"nOnE":              {encode([]byte(`{"alg":"nOnE"}`)) + "." + parts[1] + "." + parts[2], "bearer_algorithm"},
		"HS256 by RSA key":  {signWith(t, modulus, i.claims(nil), nil), "bearer_algorithm"},
		"stranger":          {signWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: stranger}, i.claims(nil), nil), "bearer_signature"},
		"stranger's jwk":    {signWith(t, jose.SigningKey{Algorithm: jose.RS256, Key: stranger}, i.claims(nil), map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: stranger.Public()}}), "bearer_signature"},
		"changed":           {parts[0] + "." + encode([]byte(`{"iss":"`+i.url+`","aud":"api","sub":"root","exp":9999999999}`)) + "." + parts[2], "bearer_signature"},
		"crit":              {i.sign(i.claims(nil), map[jose.HeaderKey]any{"crit": []string{"x"}, "x": 1}), "bearer_malformed"},
		"ID token by typ":   {typed("id_token+jwt"), "bearer_type"},
		"logout by typ":     {typed("logout+jwt"), "bearer_type"},
		"ID token by nonce": {i.token(object{"nonce": "n"}), "bearer_type"},
		"ID token by hash":  {i.token(object{"at_hash": "h"}), "bearer_type"},
		"ID token by name":  {i.token(object{"token_use": "id"}), "bearer_type"},
		"refresh token":     {i.token(object{"typ": "Refresh"}), "bearer_type"},
		"logout by events":  {i.token(object{"events": object{"http://schemas.openid.net/event/backchannel-logout": object{}}}), "bearer_type"},
		"bound to a key":    {i.token(object{"cnf": object{"jkt": "x"}}), "bearer_type"},
		"other issuer":      {i.token(object{"iss": "https://evil.example"}), "bearer_issuer"},
		"issuer and slash":  {i.token(object{"iss": i.url + "/"}), "bearer_issuer"},
		"other audience":    {i.token(object{"aud": "other"}), "bearer_audience"},
		"no audience":       {i.token(object{"aud": nil}), "bearer_audience"},
		"audience object":   {i.token(object{"aud": object{"api": true}}), "bearer_audience"},
		"no exp":            {i.token(object{"exp": nil}), "bearer_times"},
		"exp is text":       {i.token(object{"exp": fmt.Sprint(now + 600)}), "bearer_times"},
		"expired":           {i.token(object{"exp": now - 61}), "bearer_expired"},
		"not yet":           {i.token(object{"nbf": now + 120}), "bearer_not_yet_valid"},
		"nobody":            {i.token(object{"sub": nil}), "bearer_subject"},
		"empty sub":         {i.token(object{"sub": ""}), "bearer_subject"},
		"person without":    {i.token(object{"aud": "cli", "sub": nil, "client_id": "x"}), "bearer_subject"},
		"sub twice": {signBytes(t, jose.SigningKey{Algorithm: jose.RS256, Key: i.private},
			[]byte(fmt.Sprintf(`{"iss":%q,"aud":"api","sub":"a","sub":"root","exp":%d}`, i.url, now+600)), nil), "bearer_issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			m.refuses(t, ana.fetch("GET", home+"/api/x", "", "Authorization", "Bearer "+tt.token), 401, tt.reason)
		})
	}
	ana.fetch("GET", home+"/api/x", "", "Authorization", "Bearer "+good).fromApp()
	if got := m.app.only(t).Header.Get("X-Forwarded-User"); got != "robot-7" {
		t.Errorf("beside a cookie the good token makes the caller %q", got)
	}
}

// TestUnknownKidsFetchNoKeys: whoever makes up key ids does not make us ask.
func TestUnknownKidsFetchNoKeys(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	m.ask("/api/x", "Authorization", "Bearer "+m.issuer.token(nil)).fromApp()
	var crowd sync.WaitGroup
	b := m.browser()
	for n := range 200 {
		token := m.issuer.sign(m.issuer.claims(nil), map[jose.HeaderKey]any{"kid": fmt.Sprint("made-up-", n)})
		crowd.Go(func() { b.fetch("GET", home+"/api/x", "", "Authorization", "Bearer "+token) })
	}
	crowd.Wait()
	m.issuer.lock(func() {
		if m.issuer.keysAsked > 3 { // at start, perhaps by the first token, and once for all of these
			t.Errorf("the keys were fetched %d times", m.issuer.keysAsked)
		}
	})
}

// TestIntrospectionIsAskedOnceAMinute: of a token that the provider calls
// active, by the client of the file, and never for longer than the token lasts.
func TestIntrospectionIsAskedOnceAMinute(t *testing.T) {
	t.Parallel()
	m := startMachines(t)
	now := m.clock.now().Unix()
	m.issuer.introspect = func(token string) map[string]any {
		switch token {
		case "good-token-0123456789":
			return object{"active": true, "aud": "api", "sub": "robot-9", "exp": now + 90, "groups": "builders"}
		case "elsewhere":
			return object{"active": true, "aud": "other", "sub": "robot-9"}
		case "nowhere":
			return object{"active": true, "sub": "robot-9"}
		case "refresh":
			return object{"active": true, "aud": "api", "sub": "robot-9", "token_type": "refresh_token"}
		case "strange":
			return object{"active": "true"}
		}
		return object{"active": false}
	}
	m.log.secret("good-token-0123456789")
	asked := func() (n int) {
		m.issuer.lock(func() { n = len(m.issuer.asked) })
		return n
	}
	good := []string{"Authorization", "Bearer good-token-0123456789"}
	var crowd sync.WaitGroup
	b := m.browser()
	for range 20 {
		crowd.Go(func() { b.fetch("GET", home+"/asked/x", "", good...).fromApp() })
	}
	crowd.Wait()
	if n := asked(); n != 1 {
		t.Errorf("twenty requests asked %d times", n)
	}
	if who := m.app.take()[0].Header.Get("X-Forwarded-User"); who != "robot-9" {
		t.Errorf("the caller is %q", who)
	}
	m.issuer.lock(func() {
		if h := m.issuer.asked[0].Get("Authorization"); !strings.HasPrefix(h, "Basic ") {
			t.Errorf("the client authenticates with %q", h)
		}
	})
	m.clock.advance(61 * time.Second)
	m.ask("/asked/x", good...).fromApp()
	if n := asked(); n != 2 {
		t.Errorf("after a minute it was asked %d times", n)
	}
	m.clock.advance(10 * time.Minute)
	m.app.take()
	m.refuses(t, m.ask("/asked/x", good...), 401, "bearer_expired")

	for token, reason := range map[string]string{
		"bad": "bearer_inactive", "elsewhere": "bearer_audience", "nowhere": "bearer_audience", "refresh": "bearer_type",
	} {
		before := asked()
		for range 3 {
			m.refuses(t, m.ask("/asked/x", "Authorization", "Bearer "+token), 401, reason)
		}
		if n := asked() - before; n != 1 {
			t.Errorf("%s: asked %d times", token, n)
		}
	}
	// What cannot be known lets nobody in, and is not remembered.
	m.refuses(t, m.ask("/asked/x", "Authorization", "Bearer strange"), 503, "bearer_unavailable")
	m.issuer.lock(func() { m.issuer.down = true })
	a := m.ask("/asked/x", "Authorization", "Bearer fresh")
	m.refuses(t, a, 503, "bearer_unavailable")
	if a.Header.Get("Retry-After") == "" {
		t.Error("a 503 without Retry-After")
	}
	m.issuer.lock(func() { m.issuer.down = false })
	m.refuses(t, m.ask("/asked/x", "Authorization", "Bearer fresh"), 401, "bearer_inactive")
}

// TestCloudflareServiceTokenHeaders: id and secret, or both in one header as JSON.
func TestCloudflareServiceTokenHeaders(t *testing.T) {
	t.Parallel()
	m := startMachines(t, "compat: [cloudflare]\nassertion: {keys: [\"${file:"+rsaFile(t)+"}\"]}\n")
	single := func(id, secret string) string {
		return `{"cf-access-client-id": "` + id + `", "cf-access-client-secret": "` + secret + `"}`
	}
	for _, header := range [][]string{
		{"CF-Access-Client-Id", "ci", "CF-Access-Client-Secret", m.ci},
		{"Authorization", single("ci", m.ci)},
	} {
		m.app.take()
		m.ask("/x", header...).fromApp()
		got := m.app.only(t)
		if strings.Contains(fmt.Sprint(got.Header), m.ci) || got.Header.Get("Authorization") != "" {
			t.Errorf("%s: the token arrives", header[0])
		}
		set, _ := m.published(t, home+"/cdn-cgi/access/certs")
		claims := m.verified(t, got.Header.Get("Cf-Access-Jwt-Assertion"), home, home, set, "RS256")
		if claims["common_name"] != "ci" || claims["sub"] != "" || claims["type"] != "app" || claims["email"] != nil {
			t.Errorf("%s: the assertion says %v", header[0], claims)
		}
	}
	for _, tt := range []struct {
		header []string
		reason string
	}{
		{[]string{"CF-Access-Client-Id", "deploy", "CF-Access-Client-Secret", m.ci}, "service_token_unknown"},
		{[]string{"CF-Access-Client-Secret", m.ci}, "credentials_ambiguous"},
		{[]string{"CF-Access-Client-Id", "ci"}, "credentials_ambiguous"},
		{[]string{"CF-Access-Client-Id", "ci", "CF-Access-Client-Secret", m.ci, "X-Gatehouse-Token", m.ci}, "credentials_ambiguous"},
		{[]string{"Authorization", single("deploy", m.ci)}, "service_token_unknown"},
		{[]string{"Authorization", single("ci", m.ci[:len(m.ci)-1])}, "service_token_malformed"},
		{[]string{"Authorization", strings.Replace(single("ci", m.ci), "}", `, "more": 1}`, 1)}, "service_token_malformed"},
		{[]string{"Authorization", strings.Replace(single("ci", m.ci), "{", `{"cf-access-client-id": "deploy", `, 1)}, "service_token_malformed"},
		{[]string{"Authorization", `{"cf-access-client-secret": "` + m.ci + `"`}, "service_token_malformed"},
		{[]string{"Authorization", "{" + strings.Repeat(" ", 5000) + "}"}, "service_token_malformed"},
	} {
		m.refuses(t, m.ask("/x", tt.header...), 401, tt.reason)
	}
	// JSON that is the application's own stays so.
	m.signIn("ana.kovacs").fetch("GET", home+"/x", "", "Authorization", `{"key": "theirs"}`).fromApp()
	all := m.app.take()
	if got := all[len(all)-1].Header.Get("Authorization"); got != `{"key": "theirs"}` {
		t.Errorf("the application's own header arrives as %q", got)
	}
}
