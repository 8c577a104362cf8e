package attack

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// claimRoutes guard one path by each kind of selector. The rogue is one of two
// providers, so that an address counts only if it is said to be verified.
const claimRoutes = `
routes:
  - {name: who, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
  - {name: email, from: "https://app.example.test/email", to: "${APP}", policy: [{allow: {email: ana.kovacs@example.com}}]}
  - {name: domain, from: "https://app.example.test/domain", to: "${APP}", policy: [{allow: {email_domain: corp.example}}]}
  - {name: group, from: "https://app.example.test/group", to: "${APP}", policy: [{allow: {group: administrators}}]}
  - name: exclude
    from: https://app.example.test/exclude
    to: "${APP}"
    policy: [{action: allow, include: [everyone], exclude: [{email_domain: evil.example}, {group: suspended}]}]
`

const manyProviders = onLoopback + "providers:" + honest + liar + claimRoutes

// TestOddClaimsNeverWidenAccess [CVE-2026-40574]: a claim in another shape than
// expected is no right that was not given, and never a way round an exclude.
func TestOddClaimsNeverWidenAccess(t *testing.T) {
	a := begin(t, "claims")
	type claims = map[string]any
	verified := func(email any) claims { return claims{"email": email, "email_verified": true} }
	many := make([]any, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("group-%04d", i)
	}
	for _, c := range []struct {
		name   string
		claims claims
		opens  string // the paths that open, besides /
	}{
		{"benign: a verified address", verified("ana.kovacs@example.com"), "email exclude"},
		{"benign: oddly cased", verified("Ana.Kovacs@EXAMPLE.com"), "email exclude"},
		{"benign: a domain", verified("x@corp.example"), "domain exclude"},
		{"benign: a domain oddly cased", verified("x@CORP.Example"), "domain exclude"},
		{"benign: groups", claims{"email": "x@b.example", "email_verified": true, "groups": []any{"staff", "administrators"}}, "group exclude"},
		{"benign: one group as a string", claims{"email": "x@b.example", "email_verified": true, "groups": "administrators"}, "group exclude"},

		{"an address that is not said to be verified", claims{"email": "ana.kovacs@example.com"}, "exclude"},
		{"an address that is unverified", claims{"email": "ana.kovacs@example.com", "email_verified": false}, "exclude"},
		{"email_verified as a string", claims{"email": "ana.kovacs@example.com", "email_verified": "true"}, "exclude"},
		{"email_verified as a number", claims{"email": "ana.kovacs@example.com", "email_verified": 1}, "exclude"},
		{"email_verified as a list", claims{"email": "ana.kovacs@example.com", "email_verified": []any{true}}, "exclude"},
		{"email_verified in other letters", claims{"email": "ana.kovacs@example.com", "Email_Verified": true}, "exclude"},
		{"a look-alike domain", verified("a@evil-corp.example"), "exclude"},
		{"a longer domain", verified("a@corp.example.evil.tld"), "exclude"},
		{"a subdomain", verified("a@x.corp.example"), "exclude"},
		{"two at signs", verified("a@evil@corp.example"), ""},
		{"an at sign in quotes", verified(`"a@corp.example"@evil.tld`), ""},
		{"two addresses", verified("a@evil.tld,b@corp.example"), ""},
		{"a comment", verified("a@corp.example(@evil.tld)"), ""},
		{"a name before it", verified("A <a@corp.example>"), ""},
		{"a blank behind it", verified("a@corp.example "), ""},
		{"a line end behind it", verified("a@corp.example\n"), ""},
		{"a NUL in it", verified("a@corp.example\x00.evil.tld"), ""},
		{"a dot behind it", verified("a@corp.example."), "exclude"},
		{"no local part", verified("@corp.example"), ""},
		{"the domain alone", verified("corp.example"), ""},
		{"a dotless i", verified("\u0131@corp.example"), "domain exclude"}, // another mailbox of the domain
		{"a Kelvin sign in the domain", verified("a@\u212aorp.example"), "exclude"},
		{"a full-width domain", verified("a@\uff43orp.example"), "exclude"},
		{"an address in a list", verified([]any{"ana.kovacs@example.com"}), "exclude"},
		{"an address in an object", verified(claims{"value": "ana.kovacs@example.com"}), "exclude"},
		{"an address that is a number", verified(7), "exclude"},
		{"no address", claims{"email": nil}, "exclude"},
		{"groups as an object", claims{"email": "x@b.example", "email_verified": true, "groups": claims{"administrators": true}}, ""},
		{"groups as null", claims{"email": "x@b.example", "email_verified": true, "groups": nil}, "exclude"},
		{"groups as a number", claims{"email": "x@b.example", "email_verified": true, "groups": 7}, "exclude"},
		{"groups in one string", claims{"email": "x@b.example", "email_verified": true, "groups": "staff,administrators"}, "exclude"},
		{"groups with blanks", claims{"email": "x@b.example", "email_verified": true, "groups": []any{" administrators"}}, "exclude"},
		{"groups in other letters", claims{"email": "x@b.example", "email_verified": true, "groups": []any{"Administrators"}}, "exclude"},
		{"groups in lists", claims{"email": "x@b.example", "email_verified": true, "groups": []any{[]any{"administrators"}}}, ""},
		{"groups under another case", claims{"email": "x@b.example", "email_verified": true, "groups": []any{}, "Groups": []any{"administrators"}}, "exclude"},
		{"an excluded domain", verified("a@evil.example"), ""},
		{"an excluded domain behind two at signs", verified("a@x@evil.example"), ""},
		{"an excluded domain behind a blank", verified(" a@evil.example"), ""},
		{"an excluded domain, unverified", claims{"email": "a@evil.example"}, ""},
		{"an excluded group", claims{"email": "x@b.example", "email_verified": true, "groups": []any{"suspended"}}, ""},
		{"an excluded group in an object", claims{"email": "x@b.example", "email_verified": true, "groups": claims{"suspended": true}}, ""},
		{"groups left out for their number", claims{"email": "x@b.example", "email_verified": true, "groups": nil, "_claim_names": claims{"groups": "src1"}, "_claim_sources": claims{"src1": claims{"endpoint": "https://graph.example/x"}}}, ""},
	} {
		a.try(c.name, func(t *testing.T) {
			w := open(t, manyProviders, claiming(c.claims))
			p := w.person(t)
			p.follow(home + "/.auth/login?provider=rogue")
			if p.me() == "" {
				t.Fatal("nobody is signed in; the claim was not tried")
			}
			w.app.take()
			for _, path := range []string{"email", "domain", "group", "exclude"} {
				want := forbid
				if slices.Contains(strings.Fields(c.opens), path) {
					want = pass
				}
				w.judge(t, want, inTheClear.ask(w, t, request{target: "/" + path, fields: []string{"Cookie: " + p.cookie()}}))
			}
		})
	}
	for name, c := range map[string]claims{
		"CR LF in a name":      {"name": "Ana\r\nX-Forwarded-Groups: administrators"},
		"NUL in a name":        {"preferred_username": "ana\x00" + forger},
		"a comma in a group":   {"groups": []any{"staff,administrators"}},
		"CR LF in a group":     {"groups": []any{"staff\r\nX-Forwarded-User: root"}},
		"CR LF in an address":  {"email": "a@b.example\r\nX-Forwarded-User: root"},
		"a C1 in a name":       {"preferred_username": "ana\u0085"},
		"an address of 20 KB":  {"email": strings.Repeat("a", 20_000) + "@b.example"},
		"a name of 20 KB":      {"preferred_username": strings.Repeat("a", 20_000)},
		"5,000 groups":         {"groups": many},
		"a group of 20 KB":     {"groups": []any{strings.Repeat("a", 20_000)}},
		"a percent in a group": {"groups": []any{"a%2Cadministrators"}},
	} {
		a.try(name, func(t *testing.T) {
			w := open(t, manyProviders, claiming(c))
			p := w.person(t)
			r := p.step(p.until(home+"/.auth/callback/", home+"/.auth/login?provider=rogue").String())
			if r.status == http.StatusForbidden && p.me() == "" {
				return // too large for cookies
			}
			if r.status != http.StatusSeeOther {
				t.Fatalf("%d: %.300s", r.status, r.body)
			}
			r = inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + p.cookie()}})
			if r.status != http.StatusOK {
				t.Fatalf("%d", r.status)
			}
			_, raw := w.app.only(t)
			if len(raw) > 64<<10 || strings.Contains(raw, "\x00") || strings.Contains(raw, "\u0085") {
				t.Errorf("the app received %d bytes: %.300q", len(raw), raw)
			}
			for _, name := range []string{"X-Forwarded-User", "X-Forwarded-Groups", "X-Forwarded-Email"} {
				values := linesOf(raw, name)
				if len(values) > 1 || len(values) == 1 && (values[0] == "root" || slices.Contains(strings.Split(values[0], ","), "administrators")) {
					t.Errorf("%s is %.200q", name, values)
				}
			}
		})
	}
}

// claiming is a rogue that says these claims, and nothing in userinfo.
func claiming(claims map[string]any) rogue.Script {
	return rogue.Script{
		IDToken: func(all, _ map[string]any) {
			delete(all, "email_verified")
			for name, value := range claims {
				all[name] = value
			}
		},
		Userinfo: func(all map[string]any) {
			for name := range all {
				if name != "sub" {
					delete(all, name)
				}
			}
		},
	}
}
