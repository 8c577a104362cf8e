package attack

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const adminToken = "operators-token-4hV9sQ2mXr7pLk"

// operated has an admin listener with a token and rights to write.
var operated = strings.Replace(simple, `admin: {listen: "127.0.0.1:0"}`, `admin: {listen: "127.0.0.1:0", token: "`+adminToken+`", write: true, hosts: [ops.example.test]}`, 1)

// toOperators is the way to the admin listener.
var toOperators = way{"admin", func(w *world, t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", w.plain.Address("admin").String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(replyTimeout))
	return c
}, false}

// TestTheAdminListenerKnowsItsOperator: the token, whole, in its one place, at
// a name that is its own; and no other site's page acts through a browser.
func TestTheAdminListenerKnowsItsOperator(t *testing.T) {
	a := begin(t, "admin")
	w := open(t, operated)
	w.plant(adminToken)
	own := w.plain.Address("admin").String()
	_, port, _ := net.SplitHostPort(own)
	const bearer = "Authorization: Bearer " + adminToken
	form := "Content-Type: application/x-www-form-urlencoded"
	js := "Content-Type: application/json"
	ana := w.signIn(t, "ana.kovacs")

	type admin struct {
		name, method, target, host string
		fields                     []string
		body                       string
		held                       func(status int) bool
	}
	good := func(status int) bool { return status == 200 || status == 204 }
	bad := func(status int) bool { return status >= 400 && status < 500 }
	noBearer := func(status int) bool { return status == 401 }
	var cases []admin
	for _, target := range []string{"/api/state", "/api/sessions", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=1", "/debug/pprof/symbol", "/debug/vars"} {
		for _, c := range []admin{
			{name: "no token", held: bad},
			{name: "an empty token", fields: []string{"Authorization: Bearer "}, held: bad},
			{name: "another token", fields: []string{"Authorization: Bearer " + flip(adminToken, 4)}, held: bad},
			{name: "a token cut short", fields: []string{"Authorization: Bearer " + adminToken[:len(adminToken)-1]}, held: bad},
			{name: "a byte more", fields: []string{bearer + "x"}, held: bad},
			{name: "a token in upper case", fields: []string{"Authorization: Bearer " + strings.ToUpper(adminToken)}, held: bad},
			{name: "Basic", fields: []string{"Authorization: Basic " + adminToken}, held: bad},
			{name: "no scheme", fields: []string{"Authorization: " + adminToken}, held: bad},
			{name: "two, good and bad", fields: []string{bearer, "Authorization: Bearer x"}, held: bad},
			{name: "two, bad and good", fields: []string{"Authorization: Bearer x", bearer}, held: bad},
			{name: "with an underscore", fields: []string{"Authorization_: Bearer " + adminToken}, held: bad},
			{name: "a cookie of that value", fields: []string{"Cookie: token=" + adminToken + "; gatehouse-admin=" + adminToken + "; __Host-gatehouse-admin=" + adminToken + "; gatehouse_admin=" + adminToken}, held: bad},
			{name: "in the query", target: "?token=" + adminToken + "&access_token=" + adminToken, held: bad},
			{name: "in our other header", fields: []string{"X-Gatehouse-Token: " + adminToken}, held: bad},
			{name: "a user's session", fields: []string{"Cookie: " + ana.cookie()}, held: bad},
			{name: "a proxy's word", fields: []string{"X-Forwarded-For: 127.0.0.1", "X-Forwarded-User: admin"}, held: bad},
			{name: "another method", method: "DELETE", held: bad},
			{name: "HEAD", method: "HEAD", held: bad},
		} {
			if c.target = target + c.target; strings.Count(c.target, "?") > 1 {
				c.target = strings.Replace(c.target, "?token", "&token", 1)
			}
			c.name += " at " + target
			cases = append(cases, c)
		}
	}
	for _, name := range []string{"evil.example", host, "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "evil.example:" + port, "ops.example.test.evil.example", "xops.example.test", "127.0.0.1, evil.example", "0.0.0.0.evil.example", "[::1].evil.example", "localhost%00.evil.example", "localhost#", "169.254.169.254", "10.0.0.1", "128.0.0.1", "evil.example#127.0.0.1"} {
		for _, target := range []string{"/", "/api/state", "/api/sessions"} {
			cases = append(cases, admin{name: "at " + name + target, target: target, host: name, fields: []string{bearer}, held: bad})
		}
	}
	for _, name := range []string{own, "localhost:" + port, "127.0.0.1", "LOCALHOST", "[::1]:" + port, "ops.example.test", "OPS.example.test:" + port} {
		cases = append(cases, admin{name: "benign: at " + name, target: "/api/state", host: name, fields: []string{bearer}, held: good})
	}
	for _, target := range []string{"/healthz", "/readyz", "/metrics"} {
		cases = append(cases, admin{name: "benign: " + target, target: target, held: func(status int) bool { return status == 200 || status == 503 }})
	}
	for _, c := range []admin{
		{name: "benign: revoke somebody's", method: "POST", target: "/api/sessions/revoke", fields: []string{bearer, js}, body: `{"user":"nobody"}`, held: good},
		{name: "benign: from its own page", method: "POST", target: "/api/sessions/revoke", fields: []string{bearer, js, "Origin: http://" + own, "Sec-Fetch-Site: same-origin"}, body: `{"user":"nobody"}`, held: good},
	} {
		cases = append(cases, c)
	}
	for _, target := range []string{"/api/sessions/revoke", "/api/reload"} {
		for _, c := range []admin{
			{name: "no token", method: "POST", fields: []string{js}, body: `{"all":true}`, held: noBearer},
			{name: "another token", method: "POST", fields: []string{js, "Authorization: Bearer x"}, body: `{"all":true}`, held: noBearer},
			{name: "GET", method: "GET", fields: []string{bearer}, held: bad},
			{name: "HEAD", method: "HEAD", fields: []string{bearer}, held: bad},
			{name: "PUT", method: "PUT", fields: []string{bearer, js}, body: `{"all":true}`, held: bad},
			{name: "GET with a body", method: "GET", fields: []string{bearer, js}, body: `{"all":true}`, held: bad},
			{name: "a method's other name", method: "GET", fields: []string{bearer, js, "X-HTTP-Method-Override: POST"}, held: bad},
			{name: "another site's page", method: "POST", fields: []string{bearer, js, "Origin: https://evil.example"}, body: `{"all":true}`, held: bad},
			{name: "another site's page, by fetch metadata", method: "POST", fields: []string{bearer, js, "Sec-Fetch-Site: cross-site"}, body: `{"all":true}`, held: bad},
			{name: "a neighbouring site's page", method: "POST", fields: []string{bearer, js, "Sec-Fetch-Site: same-site", "Origin: http://127.0.0.1:1"}, body: `{"all":true}`, held: bad},
			{name: "a page of nowhere", method: "POST", fields: []string{bearer, js, "Origin: null"}, body: `{"all":true}`, held: bad},
			{name: "another port's page", method: "POST", fields: []string{bearer, js, "Origin: http://127.0.0.1:1"}, body: `{"all":true}`, held: bad},
			{name: "a form of another site, without a token", method: "POST", fields: []string{form, "Origin: https://evil.example"}, body: "all=true", held: bad},
			{name: "text of another site, without a token", method: "POST", fields: []string{"Content-Type: text/plain", "Origin: https://evil.example"}, body: `{"all":true}`, held: bad},
			{name: "a user's session", method: "POST", fields: []string{js, "Cookie: " + ana.cookie()}, body: `{"all":true}`, held: bad},
			{name: "another host", method: "POST", host: "evil.example", fields: []string{bearer, js}, body: `{"all":true}`, held: bad},
			{name: "another host and its own page", method: "POST", host: "evil.example", fields: []string{bearer, js, "Origin: http://evil.example", "Sec-Fetch-Site: same-origin"}, body: `{"all":true}`, held: bad},
		} {
			c.target = target
			c.name += " at " + target
			cases = append(cases, c)
		}
	}
	for _, body := range []string{"", "{", "null", "[]", `"all"`, `{}`, `{"ALL":true}`, `{"all":"yes"}`, `{"all":true,"all":false}`, `{"user":""}`, `{"user":7}`, `{"sid":["x"]}`, `{"unknown":true}`, `{"all":true}{}`, `{"user":"x","all":true,"extra":1}`, strings.Repeat("[", 5000), `{"user":"` + strings.Repeat("x", 2<<20) + `"}`} {
		cases = append(cases, admin{name: "an odd body: " + body[:min(30, len(body))], method: "POST", target: "/api/sessions/revoke", fields: []string{bearer, js}, body: body, held: bad})
	}
	for _, target := range []string{"/../api/state", "/%2e%2e/api/state", "//api/state", "/api//state", "/api/state/", "/api/./state", "/API/state", "/api/state%00", "/healthz/../api/state", "/metrics/../api/sessions", "/healthz/api/state", "/debug/pprof/../../api/state", "/healthz;/api/state", `/healthz\..\api\state`} {
		cases = append(cases, admin{name: "around it by " + target, target: target, held: func(status int) bool { return status != 200 }})
	}
	for _, c := range cases {
		a.try(c.name, func(t *testing.T) {
			r := request{method: c.method, target: c.target, host: c.host, fields: c.fields, body: c.body}
			if r.host == "" {
				r.host = own
			}
			got := toOperators.ask(w, t, r)
			if !c.held(got.status) {
				t.Errorf("%d: %.200s", got.status, got.body)
			}
			for _, text := range []string{address, "ana.kovacs", "goroutine ", "heap profile"} {
				if strings.Contains(got.body, text) {
					t.Errorf("tells %q", text)
				}
			}
			if !slices.Contains([]string{"", "no-store"}, got.header.Get("Cache-Control")) || got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%v", got.header)
			}
		})
	}
	a.try("benign: nobody was signed out by all this", func(t *testing.T) {
		if ana.me() != subject {
			t.Error("Ana is signed out")
		}
	})
	a.try("benign: an operator ends a session", func(t *testing.T) {
		r := toOperators.ask(w, t, request{method: "POST", target: "/api/sessions/revoke", host: own, fields: []string{bearer, js}, body: `{"user":"` + subject + `"}`})
		if r.status != http.StatusOK || ana.me() != "" {
			t.Errorf("%d: %.200s, and Ana is %q", r.status, r.body, ana.me())
		}
	})
	for _, c := range []struct {
		name, body string
		fields     []string
	}{
		{"no token", "", nil}, {"an empty token", "token=", nil}, {"another token", "token=x", nil}, {"two tokens", "token=x&token=" + adminToken, nil},
		{"another site's page", "token=" + adminToken, []string{"Origin: https://evil.example"}}, {"another site's page, by fetch metadata", "token=" + adminToken, []string{"Sec-Fetch-Site: cross-site"}},
		{"a page of nowhere", "token=" + adminToken, []string{"Origin: null"}}, {"another host", "token=" + adminToken, []string{"Host2: x"}},
	} {
		for _, target := range []string{"/", "/login", "/?token=" + adminToken} {
			a.try("the page's form: "+c.name+" at "+target, func(t *testing.T) {
				r := request{method: "POST", target: target, host: own, fields: append([]string{form}, c.fields...), body: c.body}
				if c.name == "another host" {
					r.host = "evil.example"
				}
				got := toOperators.ask(w, t, r)
				if got.header.Get("Set-Cookie") != "" && !strings.Contains(got.header.Get("Set-Cookie"), "Max-Age=0") {
					t.Errorf("%d, and a cookie: %q", got.status, got.header.Get("Set-Cookie"))
				}
			})
		}
	}
}

// TestAnAdminListenerWithoutRightsChangesNothing: `write` is off by default.
func TestAnAdminListenerWithoutRightsChangesNothing(t *testing.T) {
	a := begin(t, "admin")
	for name, file := range map[string]string{"with a token": strings.Replace(operated, ", write: true", "", 1), "without a token": simple} {
		w := open(t, file)
		p := w.signIn(t, "ana.kovacs")
		own := w.plain.Address("admin").String()
		for _, target := range []string{"/api/sessions/revoke", "/api/reload"} {
			for _, fields := range [][]string{nil, {"Authorization: Bearer " + adminToken}, {"Authorization: Bearer " + adminToken, "Origin: http://" + own, "Sec-Fetch-Site: same-origin"}} {
				a.try(name+" "+target+" "+strings.Join(fields, " "), func(t *testing.T) {
					r := toOperators.ask(w, t, request{method: "POST", target: target, host: own, fields: append([]string{"Content-Type: application/json"}, fields...), body: `{"all":true}`})
					if r.status < 400 || r.status > 499 {
						t.Errorf("%d: %.200s", r.status, r.body)
					}
					if p.me() != subject {
						t.Error("Ana is signed out")
					}
				})
			}
		}
	}
}
