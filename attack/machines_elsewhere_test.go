package attack

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestMachinesAreHeldToTheirRoutes: a token is no way round what a route asks
// of everybody: the level of a sign-in, a WebSocket's origin, one length.
func TestMachinesAreHeldToTheirRoutes(t *testing.T) {
	a := begin(t, "machines")
	w := openWith(t, strings.Replace(onLoopback, "server:\n", "server:\n  trusted_proxies: 127.0.0.1/32\n", 1)+`
service_tokens:
  - {name: ci, secret_sha256: "${CI}"}
bearer:
  - {name: people, issuer: "${ROGUE}", audiences: [api], algs: [RS256], as: user}
providers:`+honest+`
routes:
  - {name: api, from: "https://app.example.test/api", to: "${APP}", bearer: people, policy: [{service_auth: everyone}, {allow: {email_domain: example.com}}]}
  - {name: vault, from: "https://app.example.test/vault", to: "${APP}", bearer: people, policy: [{allow: everyone}], step_up: {acr_values: mfa, max_age: 15m}}
  - {name: bare, from: "https://app.example.test/bare", to: "${APP}", bearer: people, policy: [{allow: everyone}], headers: {X-Forwarded-User: null}}
`, map[string]string{"CI": hash(serviceToken("ci", secretOfCI))})
	w.plant(secretOfCI)
	good := "X-Gatehouse-Token: " + serviceToken("ci", secretOfCI)
	now := w.clock.now().Unix()
	person := func(claims object) string {
		return "Authorization: Bearer " + w.accessToken(t, over(object{"email": address, "email_verified": true}, claims), nil, nil)
	}
	for _, c := range []struct {
		name string
		request
		want verdict
	}{
		{"benign: a machine", request{target: "/api/x", fields: []string{good}}, pass},
		{"benign: a person by a token", request{target: "/api/x", fields: []string{person(nil)}}, pass},
		{"benign: a person by a token, with the level", request{target: "/vault/x", fields: []string{person(object{"acr": "mfa", "auth_time": now})}}, pass},
		{"a person by a token, in the future", request{target: "/vault/x", fields: []string{person(object{"acr": "mfa", "auth_time": now + 600})}}, refuse},
		{"a person by a token, a list of levels", request{target: "/vault/x", fields: []string{person(object{"acr": []string{"mfa"}, "auth_time": now})}}, refuse},
		{"a person by a token, a time as a word", request{target: "/vault/x", fields: []string{person(object{"acr": "mfa", "auth_time": "now"})}}, refuse},
		{"a person by a token, without the level", request{target: "/vault/x", fields: []string{person(nil)}}, refuse},
		{"a person by a token, another level", request{target: "/vault/x", fields: []string{person(object{"acr": "pwd", "auth_time": now})}}, refuse},
		{"a person by a token, long ago", request{target: "/vault/x", fields: []string{person(object{"acr": "mfa", "auth_time": now - 7200})}}, refuse},
		{"a person by a token, no time", request{target: "/vault/x", fields: []string{person(object{"acr": "mfa"})}}, refuse},
		{"a person by a token, navigating", request{target: "/vault/x", fields: append([]string{person(nil)}, navigation...)}, refuse},
		{"a machine where people go", request{target: "/vault/x", fields: []string{good}}, forbid},
		{"benign: a header switched off", request{target: "/bare/x", fields: []string{person(nil), "X-Forwarded-User: " + forger, "X_Forwarded_User: " + forger}}, pass},
		{"a POST with a token and a body", request{method: "POST", target: "/api/x", fields: []string{"X-Gatehouse-Token: gh_ci_x_000000"}, body: "a=b"}, noToken},
		{"an upload that waits to be asked for", request{method: "POST", target: "/api/x", fields: []string{"X-Gatehouse-Token: gh_ci_x_000000", "Expect: 100-continue"}, body: "a=b"}, noToken},
		{"a token at /me", request{target: "/.auth/me", fields: []string{good}}, noToken},
		{"a person's token at /me", request{target: "/.auth/me", fields: []string{person(nil)}}, noToken},
		{"a token at the sign-out", request{method: "POST", target: "/.auth/logout", fields: []string{good, "Origin: " + home}}, elsewhere},
		{"a way out of its route", request{target: "/api/../vault/x", fields: []string{good}}, ambiguous},
		{"another host", request{host: "evil.example", target: "/api/x", fields: []string{good}}, unknown},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, c.request)
				if c.want == pass {
					if r.status != http.StatusOK {
						t.Fatalf("%d: %.200s", r.status, r.body)
					}
					_, raw := w.app.only(t)
					if w.search(t, "what the app received", raw); strings.Contains(raw, forger) || strings.Contains(raw, "eyJhbGciOiJSUzI1NiIsImtpZCI6InJvZ3VlL") {
						t.Errorf("the app received %.600q", raw)
					}
					return
				}
				w.judge(t, c.want, r)
			})
		}
	}
	for _, d := range dialects {
		for _, c := range []struct {
			name string
			want verdict
			with object
		}{
			{"benign: with the level", let, object{"acr": "mfa", "auth_time": now}},
			{"without the level", noToken, nil},
			{"without the level, navigating", noToken, object{"acr": "pwd", "auth_time": now}},
		} {
			for _, v := range ways {
				a.try(v.name+" "+d.name+" a person by a token, "+c.name, func(t *testing.T) {
					r := d.say(asked{"GET", "https", host, "/vault/x"})
					r.fields = append(slices.Clone(r.fields), person(c.with))
					if strings.HasSuffix(c.name, "navigating") {
						r.fields = append(r.fields, navigation...)
					}
					got := v.ask(w, t, r)
					if c.want == let {
						w.told(t, let, got)
						return
					}
					w.judge(t, c.want, got)
				})
			}
		}
	}
	socket := []string{"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="}
	w.app.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			return
		}
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n")
		_ = rw.Flush()
	})
	for _, c := range []struct {
		name   string
		fields []string
		status int
	}{
		{"benign: of a program", []string{good}, 101},
		{"benign: of our page", []string{good, "Origin: " + home}, 101},
		{"of another site's page", []string{good, "Origin: https://evil.example"}, 403},
		{"of a sibling's page", []string{good, "Origin: https://sibling.example.test"}, 403},
		{"of a page of nowhere", []string{good, "Origin: null"}, 403},
		{"with a bad token", []string{"X-Gatehouse-Token: gh_ci_x_000000"}, 401},
		{"without a token", nil, 401},
		{"with a token as the protocol", []string{"Sec-WebSocket-Protocol: bearer, " + serviceToken("ci", secretOfCI)}, 401},
		{"with two tokens", []string{good, good}, 401},
	} {
		for _, v := range versionOne {
			a.try(v.name+" a WebSocket "+c.name, func(t *testing.T) {
				con := v.dial(w, t)
				defer con.Close()
				send(t, con, "GET /api/x HTTP/1.1\r\nHost: "+host+"\r\n"+strings.Join(slices.Concat(socket, c.fields), "\r\n")+"\r\n\r\n")
				res, err := http.ReadResponse(bufio.NewReader(con), nil)
				if err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != c.status {
					t.Errorf("%d, want %d", res.StatusCode, c.status)
				}
				if c.status != 101 {
					w.app.untouched(t)
					return
				}
				_, raw := w.app.only(t)
				w.search(t, "what the app received", raw)
			})
		}
	}
}
