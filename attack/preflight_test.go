package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// preflighted: /open lets preflights through to an application that answers
// them, and nothing else.
const preflighted = onLoopback + "providers:" + honest + threeRoutes + `
  - {name: open, from: "https://app.example.test/open", to: "${APP}", policy: [{allow: {group: staff}}], cors_preflight: forward}
  - {name: ajar, from: "https://app.example.test/open/admin", to: "${APP}", policy: [{allow: {group: administrators}}]}
`

// TestPreflightsAreNothingElse [Fetch 4.8]: what a route forwards for anybody
// is a question about rights, without anything of anybody's in it.
func TestPreflightsAreNothingElse(t *testing.T) {
	a := begin(t, "preflight")
	w := open(t, preflighted)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	cleo := "Cookie: " + w.signIn(t, "cleo.marsh").cookie()
	w.plant(secretOfCI)
	const origin, method = "Origin: https://web.example", "Access-Control-Request-Method: PUT"
	for _, c := range []struct {
		name, method, target string
		want                 verdict
		fields               []string
		body                 string
	}{
		{"benign", "OPTIONS", "/open/x", pass, []string{origin, method}, ""},
		{"benign: headers", "OPTIONS", "/open/x?y=1", pass, []string{origin, method, "Access-Control-Request-Headers: authorization"}, ""},
		{"benign: null origin", "OPTIONS", "/open/x", pass, []string{"Origin: null", method}, ""},
		{"benign: a token is left out", "OPTIONS", "/open/x", pass, []string{origin, method, "X-Gatehouse-Token: " + serviceToken("ci", secretOfCI)}, ""},
		{"benign: identity is left out", "OPTIONS", "/open/x", pass, []string{origin, method, "X-Forwarded-User: " + forger, "X_Forwarded_Email: " + forger, "X-Gatehouse-Assertion: " + forger}, ""},
		{"benign: another method's name", "OPTIONS", "/open/x", pass, []string{origin, method, "X-Http-Method-Override: DELETE"}, ""},
		{"no Origin", "OPTIONS", "/open/x", signIn, []string{method}, ""},
		{"an empty Origin", "OPTIONS", "/open/x", signIn, []string{"Origin: ", method}, ""},
		{"no method asked for", "OPTIONS", "/open/x", signIn, []string{origin}, ""},
		{"an empty method asked for", "OPTIONS", "/open/x", signIn, []string{origin, "Access-Control-Request-Method: "}, ""},
		{"with underscores", "OPTIONS", "/open/x", signIn, []string{origin, "Access_Control_Request_Method: PUT"}, ""},
		{"neither", "OPTIONS", "/open/x", signIn, nil, ""},
		{"GET", "GET", "/open/x", signIn, []string{origin, method}, ""},
		{"HEAD", "HEAD", "/open/x", signIn, []string{origin, method}, ""},
		{"POST", "POST", "/open/x", signIn, []string{origin, method}, ""},
		{"POST that calls itself OPTIONS", "POST", "/open/x", signIn, []string{origin, method, "X-HTTP-Method-Override: OPTIONS", "X-Method-Override: OPTIONS", "X-HTTP-Method: OPTIONS"}, ""},
		{"POST that calls itself OPTIONS in the query", "POST", "/open/x?_method=OPTIONS", signIn, []string{origin, method}, ""},
		{"options in lower case", "options", "/open/x", refuse, []string{origin, method}, ""},
		{"OPTIONS and more", "OPTIONSX", "/open/x", refuse, []string{origin, method}, ""},
		{"a body", "OPTIONS", "/open/x", refuse, []string{origin, method}, "x=y"},
		{"a body and a cookie", "OPTIONS", "/open/admin/x", refuse, []string{origin, method, ana}, "x=y"},
		{"any cookie", "OPTIONS", "/open/x", signIn, []string{origin, method, "Cookie: a=b"}, ""},
		{"somebody's dead cookie", "OPTIONS", "/open/x", signIn, []string{origin, method, "Cookie: __Host-gatehouse=1~AAAA"}, ""},
		{"somebody who may not", "OPTIONS", "/open/x", forbid, []string{origin, method, cleo}, ""},
		{"a stricter route below", "OPTIONS", "/open/admin/x", signIn, []string{origin, method}, ""},
		{"a stricter route below, signed in", "OPTIONS", "/open/admin/x", forbid, []string{origin, method, ana}, ""},
		{"a way below", "OPTIONS", "/open/../admin/x", ambiguous, []string{origin, method}, ""},
		{"an encoded way below", "OPTIONS", "/open/%2e%2e/admin/x", ambiguous, []string{origin, method}, ""},
		{"another way below", "OPTIONS", "/open/..%2fadmin/x", ambiguous, []string{origin, method}, ""},
		{"a neighbour", "OPTIONS", "/openx", signIn, []string{origin, method}, ""},
		{"a route that denies", "OPTIONS", "/x", signIn, []string{origin, method}, ""},
		{"a route that denies, signed in by its own rule", "OPTIONS", "/admin/x", forbid, []string{origin, method, ana}, ""},
		{"the gateway's own addresses", "OPTIONS", "/.auth/me", refuse, []string{origin, method}, ""},
		{"the gateway's sign-out", "OPTIONS", "/.auth/logout", refuse, []string{origin, method, ana}, ""},
		{"an upgrade", "OPTIONS", "/open/x", refuse, []string{origin, method, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="}, ""},
	} {
		for _, v := range ways {
			if v.h2 && strings.Contains(strings.Join(c.fields, "\n"), "Connection:") || v.h2 && c.method == "options" {
				continue
			}
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, request{method: c.method, target: c.target, fields: c.fields, body: c.body})
				if c.want != pass {
					if c.want == signIn && r.status != http.StatusUnauthorized {
						t.Errorf("%d, want 401", r.status)
					}
					w.judge(t, c.want, r)
					return
				}
				if r.status != http.StatusOK {
					t.Fatalf("%d: %.300s", r.status, r.body)
				}
				got, raw := w.app.only(t)
				w.search(t, "what the app received", raw)
				for _, name := range []string{"Cookie", "X-Forwarded-User", "X-Forwarded-Email", "X-Gatehouse-Assertion", "X-Http-Method-Override"} {
					if lines := linesOf(raw, name); lines != nil {
						t.Errorf("the app got %s: %q", name, lines)
					}
				}
				if got.Method != "OPTIONS" || strings.Contains(raw, forger) || got.ContentLength > 0 {
					t.Errorf("the app got %.500q", raw)
				}
			})
		}
	}
	a.try("what the application answers sets no cookie of ours", func(t *testing.T) {
		w.app.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "https://web.example")
			w.Header().Add("Set-Cookie", "__Host-gatehouse=1~AAAA; Path=/; Secure")
			w.WriteHeader(http.StatusNoContent)
		})
		defer w.app.answers(nil)
		r := inTheClear.ask(w, t, request{method: "OPTIONS", target: "/open/x", fields: []string{origin, method}})
		w.app.take()
		if r.status != http.StatusNoContent || r.header.Get("Access-Control-Allow-Origin") != "https://web.example" || r.setsSession() {
			t.Errorf("%d %v", r.status, r.header)
		}
	})
	for _, target := range []string{"/.auth/me", "/.auth/", "/.auth/logout", "/.auth/jwks.json"} {
		a.try("no other site reads "+target, func(t *testing.T) {
			r := inTheClear.ask(w, t, request{target: target, fields: []string{origin, ana, "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: cross-site"}})
			if slices.Contains([]string{"*", "https://web.example"}, r.header.Get("Access-Control-Allow-Origin")) && target != "/.auth/jwks.json" || r.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%v", r.header)
			}
		})
	}
}
