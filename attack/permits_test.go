package attack

import (
	"strings"
	"testing"
)

// permitting lets some odd paths through where a route asks for that; stricter
// routes lie beside it, before and behind a prefix that is dropped.
const permitting = onLoopback + "providers:" + honest + `
routes:
  - {name: repo, from: "https://app.example.test/repo", to: "${APP}", policy: public, permit_in_path: [encoded_slash, double_slash, semicolon], strip_prefix: true}
  - {name: files, from: "https://app.example.test/files", to: "${APP}", policy: public, permit_in_path: encoded_slash, strip_prefix: true, add_prefix: /v1}
  - {name: keep, from: "https://app.example.test/keep", to: "${APP}", policy: public, permit_in_path: [double_slash, semicolon]}
  - {name: secret, from: "https://app.example.test/repo/secret", to: "${APP}", policy: [{allow: {group: administrators}}]}
  - {name: inner, from: "https://app.example.test/keep/inner", to: "${APP}", policy: [{allow: {group: administrators}}]}
  - {name: root, from: "https://app.example.test", to: "${APP}", policy: [{allow: {group: administrators}}]}
`

// TestAPermitIsNoWayRound: what a route lets through in its own paths leads to
// no other route, out of no prefix, and to no other host.
func TestAPermitIsNoWayRound(t *testing.T) {
	a := begin(t, "path")
	w := open(t, permitting)
	for _, c := range []struct{ target, arrives string }{ // "" does not
		{"/repo", "/"}, {"/repo/", "/"}, {"/repo/x", "/x"}, {"/repo/a%2Fb", "/a%2Fb"}, {"/repo/a%2fb?c=%2f", "/a%2fb?c=%2f"}, {"/repo/a//b", "/a//b"}, {"/repo/a;v=1/b", "/a;v=1/b"},
		{"/files/x", "/v1/x"}, {"/files/a%2Fb", "/v1/a%2Fb"}, {"/keep/a//b;c", "/keep/a//b;c"}, {"/repo/x?y=//z;%00", "/x?y=//z;%00"},
		{"/repo/secret", ""}, {"/repo/secret/x", ""}, {"/repo//secret", ""}, {"/repo/secret;x", ""}, {"/repo/secret;x/y", ""}, {"/repo;x/secret", ""}, {"/repo/%73ecret", ""},
		{"/repo/secret%2fx", ""}, {"/repo%2fsecret", ""}, {"/repo/a%2f..%2fsecret", ""}, {"/repo/..%2fadmin", ""}, {"/repo/%2e%2e%2fadmin", ""}, {"/repo/..;/admin", ""}, {"/repo/a/..;x/secret", ""},
		{"/repo//", "//"}, {"/repo//evil.example/x", ""}, {"/repo/%2fevil.example/x", ""}, {"/repo/;x", ""}, {"/repo/./x", ""}, {"/repo/%2e/x", ""}, {"/repo/a/../secret", ""},
		{"/repo/%5c..%5csecret", ""}, {`/repo/..\secret`, ""}, {"/repo/%252e%252e/secret", ""}, {"/repo/..%252fadmin", ""}, {"/repo/%00", ""}, {"/repo/a%2f%2e%2e%2fb", ""}, {"/repo/a%2f.%2fb", ""},
		{"//repo/x", ""}, {"/repo%2f/x", ""}, {"/repo%2F%2Fx", ""}, {"/;/repo/x", ""}, {"/keep//inner", ""}, {"/keep/inner;x", ""}, {"/keep/;/inner", ""}, {"/keep;x/inner", ""}, {"/keep//inner/x", ""}, {"/keep/a%2fb", ""},
		{"/files//x", ""}, {"/files/a;b", ""}, {"/files/..%2f..%2fadmin", ""}, {"/files/%2f..%2fx", ""}, {"/repo/.auth/me", "/.auth/me"}, {"/repo/..%2f.auth/me", ""}, {"/.auth%2fme", ""}, {"/.auth//me", ""}, {"/.auth;x/me", ""},
		{"/repository", ""}, {"/repo.x", ""}, {"/Repo/x", ""}, {"/files%2fx", ""}, {"/filesx", ""},
	} {
		for _, v := range ways {
			a.try(v.name+" with a permit: "+c.target, func(t *testing.T) {
				r := v.ask(w, t, request{target: c.target})
				seen, raw := w.app.take()
				if c.arrives == "" {
					for _, got := range seen {
						// What the route's own application gets is its own to
						// read, if it cannot be taken for more than a path.
						if r.status == 200 && strings.HasPrefix(c.target, "/repo//evil") || r.status == 200 && strings.HasPrefix(c.target, "/repo/;x") || r.status == 200 && strings.HasPrefix(c.target, "/repo/%2fevil") {
							if got.Host != host || !strings.HasPrefix(raw, "GET /") {
								t.Errorf("arrived as %.200q", raw)
							}
							continue
						}
						t.Errorf("%d, arrived as %s", r.status, got.RequestURI)
					}
					return
				}
				if r.status != 200 || len(seen) != 1 || seen[0].RequestURI != c.arrives || seen[0].Host != host {
					t.Errorf("%d, arrived as %.120q, want %s", r.status, raw, c.arrives)
				}
			})
		}
	}
}
