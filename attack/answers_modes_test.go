package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// modes: what becomes of strangers is the route's to say.
const modes = onLoopback + "providers:" + honest + `
routes:
  - {name: always, from: "https://app.example.test/always", to: "${APP}", policy: [{allow: {group: staff}}], unauthenticated: redirect}
  - {name: never, from: "https://app.example.test/never", to: "${APP}", policy: [{allow: {group: staff}}], unauthenticated: deny}
  - {name: bare, from: "https://app.example.test/bare", to: "${APP}", policy: [{deny: {not_ip: 127.0.0.0/8}}, {allow: {group: staff}}]}
  - {name: shut, from: "https://app.example.test/shut", to: "${APP}", policy: [{deny: {group: contractors}}, {service_auth: everyone}]}
  - {name: half, from: "https://app.example.test/half", to: "${APP}", policy: [{allow: {group: staff}}, {action: bypass, include: [{method: GET}]}]}
`

// TestWhateverARouteAnswersStrangers [RFC 9700 4.12]: it is nothing of the
// application's, and never asks a browser to send a body once more.
func TestWhateverARouteAnswersStrangers(t *testing.T) {
	a := begin(t, "flow")
	w := open(t, modes)
	for _, c := range []struct {
		name, method, target string
		fields               []string
		body                 string
		status               int
	}{
		{"a navigation", "GET", "/always/x", navigation, "", 302},
		{"a program", "GET", "/always/x", []string{"Accept: application/json"}, "", 302},
		{"a POST", "POST", "/always/x", navigation, "a=b", 303},
		{"a PUT", "PUT", "/always/x", nil, "a=b", 303},
		{"an upload that waits to be asked for", "POST", "/always/x", []string{"Expect: 100-continue"}, "a=b", 303},
		{"a navigation", "GET", "/never/x", navigation, "", 401},
		{"a program", "GET", "/never/x", nil, "", 401},
		{"a POST", "POST", "/never/x", navigation, "a=b", 401},
		{"a navigation", "GET", "/shut/x", navigation, "", 302},
		{"a program", "GET", "/shut/x", nil, "", 401},
		{"a POST where GET is public", "POST", "/half/x", nil, "a=b", 401},
		{"a POST that calls itself GET where GET is public", "POST", "/half/x", []string{"X-HTTP-Method-Override: GET", "X-Http-Method: GET"}, "a=b", 401},
		{"HEAD where GET is public", "HEAD", "/half/x", nil, "", 401},
		{"get in lower case where GET is public", "get", "/half/x", nil, "", 401},
		{"benign: GET where it is public", "GET", "/half/x", nil, "", 200},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.target+" "+c.name, func(t *testing.T) {
				r := v.ask(w, t, request{method: c.method, target: c.target, fields: slices.Clone(c.fields), body: c.body})
				if r.status != c.status && !(c.status == 303 && r.status == 302) && !(c.method == "get" && r.status < 500 && r.status >= 400 || c.method == "get" && r.status == 0) {
					t.Fatalf("%d, want %d: %.200s", r.status, c.status, r.body)
				}
				if c.status == 200 {
					w.app.only(t)
					return
				}
				if r.status == http.StatusTemporaryRedirect || r.status == http.StatusPermanentRedirect || strings.Contains(r.body, greeting) || r.setsSession() {
					t.Errorf("%d: %.200s", r.status, r.body)
				}
				if r.status == http.StatusUnauthorized && r.header.Get("Set-Cookie") != "" {
					t.Error("a cookie is set")
				}
				w.app.untouched(t)
			})
		}
	}
}
