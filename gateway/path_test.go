package gateway_test

import (
	"testing"
)

// TestPermitInPath lifts single rules where an upstream needs the form: for
// that route alone, and nothing else with it.
func TestPermitInPath(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: plain, from: "https://app.example.test", to: "${APP}", policy: public}
  - {name: slash, from: "https://app.example.test/slash", to: "${APP}", policy: public, permit_in_path: encoded_slash}
  - {name: double, from: "https://app.example.test/double", to: "${APP}", policy: public, permit_in_path: [double_slash]}
  - {name: semicolon, from: "https://app.example.test/semicolon", to: "${APP}", policy: public, permit_in_path: [semicolon]}
  - {name: secret, from: "https://app.example.test/secret", to: "${APP}", policy: [{allow: everyone}], permit_in_path: [encoded_slash, double_slash, semicolon]}
`)
	for _, c := range []struct {
		target string
		want   int
	}{
		{"/slash/a%2fb", 200}, {"/slash/a//b", 400}, {"/slash/a;b", 400}, {"/slash/..%2fsecret", 400}, {"/slash/a%252fb", 400},
		{"/slash%2f..%2fsecret", 400},
		{"/slash%2fx", 400}, // of another route to whoever does not decode it
		{"/double//a", 200}, {"/double/a%2fb", 400}, {"/double/..//secret", 400},
		{"/semicolon/a;b=c", 200}, {"/semicolon/a%3bb", 200}, {"/semicolon/..;/secret", 400}, {"/semicolon/a%253bb", 400},
		{"/a%2fb", 400}, {"//a", 400}, {"/a;b", 400},
		{"/secret%2fx", 400}, {"/secret;x", 400}, {"/secret/;x", 401},
		{"//secret", 400}, {"/x//secret", 400},
	} {
		a := h.raw(t, "GET "+c.target+" HTTP/1.1\nHost: app.example.test\nConnection: close\n\n")
		got := h.app.take()
		if a.StatusCode != c.want || (len(got) == 1) != (c.want == 200) {
			t.Errorf("%s: %d and %d requests at the app, want %d", c.target, a.StatusCode, len(got), c.want)
		} else if len(got) == 1 && got[0].Target != c.target {
			t.Errorf("%s arrives as %s", c.target, got[0].Target)
		}
	}
}
