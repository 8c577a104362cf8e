package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// answering lets an application answer preflights.
const answering = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
  trusted_proxies: [127.0.0.1]
` + oneKey + fromPing + `
routes:
  - name: api
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: {group: staff}}]
    cors_preflight: forward
    headers: {X-Department: {claim: department}}
  - name: closed
    from: https://app.example.test/closed
    to: "${APP}"
    policy: [{allow: {group: staff}}]
  - name: writes
    from: https://app.example.test/writes
    to: "${APP}"
    policy: [{action: allow, include: {group: staff}, require: {method: PUT}}]
    cors_preflight: forward
  - name: from inside
    from: https://app.example.test/inside
    to: "${APP}"
    policy: [{deny: {not_ip: 10.0.0.0/8}}, {allow: {group: staff}}]
    cors_preflight: forward
`

// TestOnlyPreflightsPassWithoutASignIn: the application answers the question,
// and nothing that merely looks like one reaches it.
func TestOnlyPreflightsPassWithoutASignIn(t *testing.T) {
	t.Parallel()
	h := start(t, answering)
	staff := "Cookie: " + h.visitorCookie("ana.kovacs")
	origin, method := "Origin: https://spa.example", "Access-Control-Request-Method: PUT"
	ask := func(method, path string, lines ...string) int {
		t.Helper()
		head := append([]string{"Host: app.example.test", "X-Forwarded-For: 192.0.2.7"}, lines...)
		return askHouse(t, h, method, path, head...).StatusCode
	}
	for _, c := range []struct {
		name, method, path string
		lines              []string
		want               int
	}{
		{"a preflight", "OPTIONS", "/x?y=1", []string{origin, method}, 200},
		{"with the headers asked for", "OPTIONS", "/x", []string{origin, method, "Access-Control-Request-Headers: authorization"}, 200},
		{"for a method that the policy admits", "OPTIONS", "/writes", []string{origin, method}, 200},
		{"an opaque origin", "OPTIONS", "/x", []string{"Origin: null", method}, 200},
		{"for a method that nobody may use", "OPTIONS", "/writes", []string{origin, "Access-Control-Request-Method: DELETE"}, 403},
		{"an address that a rule denies", "OPTIONS", "/inside", []string{origin, method}, 403},
		{"a route that does not forward them", "OPTIONS", "/closed/x", []string{origin, method}, 401},
		{"no origin", "OPTIONS", "/x", []string{method}, 401},
		{"no method", "OPTIONS", "/x", []string{origin}, 401},
		{"an empty method", "OPTIONS", "/x", []string{origin, "Access-Control-Request-Method:"}, 401},
		{"two methods", "OPTIONS", "/x", []string{origin, method, "Access-Control-Request-Method: GET"}, 401},
		{"two origins", "OPTIONS", "/x", []string{origin, "Origin: https://other.example", method}, 401},
		{"a method that is no word", "OPTIONS", "/x", []string{origin, "Access-Control-Request-Method: P UT"}, 401},
		{"a GET", "GET", "/x", []string{origin, method}, 401},
		{"a POST", "POST", "/x", []string{origin, method, "Content-Length: 0"}, 401},
		{"another spelling", "options", "/x", []string{origin, method}, 401},
		{"by override", "DELETE", "/x", []string{origin, method, "X-HTTP-Method-Override: OPTIONS"}, 401},
		{"a cookie", "OPTIONS", "/x", []string{origin, method, "Cookie: a=b"}, 401},
		{"an empty cookie header", "OPTIONS", "/x", []string{origin, method, "Cookie:"}, 401},
		{"Authorization", "OPTIONS", "/x", []string{origin, method, "Authorization: Basic eDp5"}, 401},
		{"a body", "OPTIONS", "/x", []string{origin, method, "Content-Length: 0", "Transfer-Encoding: chunked"}, 400},
		{"an upgrade", "OPTIONS", "/x", []string{origin, method, "Connection: upgrade", "Upgrade: websocket"}, 401},
		{"an ambiguous path", "OPTIONS", "/x/..%2fclosed", []string{origin, method}, 400},
		{"somebody's own OPTIONS", "OPTIONS", "/x", []string{origin, method, staff}, 200},
	} {
		h.app.take()
		if got := ask(c.method, c.path, c.lines...); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		if reached := len(h.app.take()); (reached > 0) != (c.want == 200) {
			t.Errorf("%s: the application saw %d requests", c.name, reached)
		}
	}
}

func TestPreflightsTellTheAppOfNobody(t *testing.T) {
	t.Parallel()
	h := start(t, answering)
	askHouse(t, h, "OPTIONS", "/x", "Host: app.example.test", "Origin: https://spa.example", "Access-Control-Request-Method: PUT",
		"X-Forwarded-Email: boss@example.com", "X-Forwarded-User: boss", "X-Department: board", "X-Gatehouse-Assertion: x.y.z")
	seen := h.app.take()
	if len(seen) != 1 {
		t.Fatalf("the application saw %d requests", len(seen))
	}
	for _, name := range []string{"X-Forwarded-Email", "X-Forwarded-User", "X-Forwarded-Groups", "X-Department", "X-Gatehouse-Assertion", "X-Gatehouse-Provider", "Cookie"} {
		if value, there := seen[0].Header[name]; there {
			t.Errorf("%s: %q", name, value)
		}
	}
}

// TestForwardAuthKnowsPreflights by the same words.
func TestForwardAuthKnowsPreflights(t *testing.T) {
	t.Parallel()
	h := start(t, answering)
	preflight := []string{"Origin: https://spa.example", "Access-Control-Request-Method: PUT"}
	for _, dialect := range everyDialect {
		method := "GET"
		if dialect == "envoy" {
			method = "OPTIONS"
		}
		target, lines := described(dialect, "OPTIONS", home+"/x")
		lines = append(lines, preflight...)
		res := askHouse(t, h, method, target, append(lines, "X-Forwarded-Email: boss@example.com")...)
		if email, there := res.Header["X-Forwarded-Email"]; res.StatusCode != 200 || !there || email[0] != "" {
			t.Errorf("%s: %d %q", dialect, res.StatusCode, email)
		}
		if res := askHouse(t, h, method, target, append(lines, "Cookie: a=b")...); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, with a cookie: %d", dialect, res.StatusCode)
		}
		target, lines = described(dialect, "OPTIONS", home+"/closed")
		if res := askHouse(t, h, method, target, append(lines, preflight...)...); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, not forwarded: %d", dialect, res.StatusCode)
		}
	}
}

// TestForwardAuthDoesNotTakeTheProxyForItsClient: a rule for inner addresses
// would let everybody pass.
func TestForwardAuthDoesNotTakeTheProxyForItsClient(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(asking, "policy: public", "policy: [{bypass: {ip: 127.0.0.0/8}}]", 1))
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/public/x")
		for client, passes := range map[string]bool{"": false, "X-Forwarded-For: 192.0.2.7": false, "X-Forwarded-For: what": false, "X-Forwarded-For: 127.0.0.9": true} {
			ask := lines[:len(lines):len(lines)]
			if client != "" {
				ask = append(ask, client)
			}
			if res := askHouse(t, h, "GET", target, ask...); (res.StatusCode == 200) != passes {
				t.Errorf("%s, %q: %d", dialect, client, res.StatusCode)
			}
		}
	}
}

// TestForwardAuthClearsOurTokens: the proxy that asks passes on what the client
// sent unless it is told of another value.
func TestForwardAuthClearsOurTokens(t *testing.T) {
	t.Parallel()
	h := start(t, asking)
	staff := "Cookie: " + h.visitorCookie("ana.kovacs")
	for _, dialect := range everyDialect {
		target, lines := described(dialect, "GET", home+"/wiki")
		res := askHouse(t, h, "GET", target, append(lines, staff)...)
		for _, name := range []string{"X-Gatehouse-Token", "Cf-Access-Client-Id", "Cf-Access-Client-Secret"} {
			if value, there := res.Header[name]; !there || value[0] != "" {
				t.Errorf("%s: %s is %q, want it there and empty", dialect, name, value)
			}
		}
	}
}

func TestForwardAuthDoesAsTheRouteSaysToStrangers(t *testing.T) {
	t.Parallel()
	h := start(t, asking+`
  - {name: always, from: https://app.example.test/always, policy: [{allow: everyone}], unauthenticated: redirect}
  - {name: never, from: https://app.example.test/never, policy: [{allow: everyone}], unauthenticated: deny}
`)
	for path, want := range map[string]int{"/always": 302, "/never": 401} {
		for _, dialect := range everyDialect {
			status := want
			if dialect == "nginx" {
				status = 401
			}
			target, lines := described(dialect, "GET", home+path)
			for _, mode := range []string{"navigate", "cors"} {
				if res := askHouse(t, h, "GET", target, append(lines, "Sec-Fetch-Mode: "+mode)...); res.StatusCode != status {
					t.Errorf("%s, %s, %s: %d, want %d", path, dialect, mode, res.StatusCode, status)
				}
			}
		}
	}
}
