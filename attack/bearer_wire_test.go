package attack

import (
	"strings"
	"testing"
)

// TestBearerTokensOnTheWire: one token, in one Authorization.
func TestBearerTokensOnTheWire(t *testing.T) {
	a := begin(t, "bearer")
	w := openToMachines(t, "https://partner.example")
	good := w.accessToken(t, nil, nil, nil)
	expired := w.accessToken(t, object{"exp": 1}, nil, nil)
	w.plant(good, expired)
	part := strings.Split(good, ".")
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	const bearer = "Authorization: Bearer "
	for _, c := range []struct {
		name, target string
		want         verdict
		fields       []string
	}{
		{"benign", "/jwt/x", pass, []string{bearer + good}},
		{"benign: a scheme in lower case", "/jwt/x", pass, []string{"authorization: bearer " + good}},
		{"benign: a scheme in upper case", "/jwt/x", pass, []string{"AUTHORIZATION: BEARER " + good}},
		{"benign: a cookie beside it", "/jwt/x", pass, []string{bearer + good, ana}},
		{"benign: a navigation", "/jwt/x", pass, append([]string{bearer + good}, navigation...)},
		{"as another", "/jwt/x", pass, []string{bearer + good, "X-Forwarded-User: " + forger, "X_Forwarded_User: " + forger}},
		{"none", "/jwt/x", noToken, nil},
		{"a cookie where a token is asked for", "/jwt/x", forbid, []string{ana}},
		{"expired, and a cookie", "/jwt/x", noToken, []string{bearer + expired, ana}},
		{"expired, and a navigation", "/jwt/x", noToken, append([]string{bearer + expired}, navigation...)},
		{"twice the same", "/jwt/x", refuse, []string{bearer + good, bearer + good}},
		{"good and bad", "/jwt/x", refuse, []string{bearer + good, bearer + expired}},
		{"bad and good", "/jwt/x", refuse, []string{bearer + expired, bearer + good}},
		{"good and Basic", "/jwt/x", refuse, []string{bearer + good, "Authorization: Basic eDp5"}},
		{"Basic and good", "/jwt/x", refuse, []string{"Authorization: Basic eDp5", bearer + good}},
		{"good and empty", "/jwt/x", refuse, []string{bearer + good, "Authorization: "}},
		{"two in one line", "/jwt/x", noToken, []string{bearer + good + ", Bearer " + good}},
		{"two tokens", "/jwt/x", noToken, []string{bearer + good + " " + good}},
		{"another scheme", "/jwt/x", noToken, []string{"Authorization: Token " + good}},
		{"DPoP", "/jwt/x", noToken, []string{"Authorization: DPoP " + good}},
		{"no scheme", "/jwt/x", noToken, []string{"Authorization: " + good}},
		{"the scheme alone", "/jwt/x", noToken, []string{"Authorization: Bearer"}},
		{"an empty token", "/jwt/x", noToken, []string{bearer}},
		{"a parameter", "/jwt/x", noToken, []string{`Authorization: Bearer token="` + good + `"`}},
		{"quoted", "/jwt/x", noToken, []string{`Authorization: Bearer "` + good + `"`}},
		{"a NUL", "/jwt/x", refuse, []string{bearer + good + "\x00"}},
		{"with an underscore", "/jwt/x", noToken, []string{"Authorization_: Bearer " + good}},
		{"in another header", "/jwt/x", noToken, []string{"X-Authorization: Bearer " + good, "Proxy-Authorization: Bearer " + good}},
		{"in our own header", "/jwt/x", noToken, []string{"X-Gatehouse-Token: " + good}},
		{"in the query", "/jwt/x?access_token=" + good, noToken, nil},
		{"in a cookie", "/jwt/x", noToken, []string{"Cookie: access_token=" + good + "; CF_Authorization=" + good}},
		{"in Cloudflare's header", "/jwt/x", noToken, []string{"Cf-Access-Jwt-Assertion: " + good, "Cf-Access-Token: " + good}},
		{"a body", "/jwt/x", noToken, []string{"Content-Type: application/x-www-form-urlencoded"}},
		{"two parts", "/jwt/x", noToken, []string{bearer + part[0] + "." + part[1]}},
		{"an empty signature", "/jwt/x", noToken, []string{bearer + part[0] + "." + part[1] + "."}},
		{"four parts", "/jwt/x", noToken, []string{bearer + good + "." + part[2]}},
		{"five parts, as encrypted", "/jwt/x", noToken, []string{bearer + good + "." + part[2] + "." + part[2]}},
		{"two signatures' worth", "/jwt/x", noToken, []string{bearer + good + part[2]}},
		{"a signature cut short", "/jwt/x", noToken, []string{bearer + good[:len(good)-1]}},
		{"a signature with a byte changed", "/jwt/x", noToken, []string{bearer + part[0] + "." + part[1] + "." + flip(part[2], 10)}},
		{"claims with a byte changed", "/jwt/x", noToken, []string{bearer + part[0] + "." + flip(part[1], 30) + "." + part[2]}},
		{"a head with a byte changed", "/jwt/x", noToken, []string{bearer + flip(part[0], 12) + "." + part[1] + "." + part[2]}},
		{"padding", "/jwt/x", noToken, []string{bearer + good + "=="}},
		{"JSON serialization", "/jwt/x", noToken, []string{bearer + `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`}},
		{"only dots", "/jwt/x", noToken, []string{bearer + ".."}},
		{"ten thousand dots", "/jwt/x", noToken, []string{bearer + strings.Repeat(".", 10_000)}},
		{"thirty kilobytes", "/jwt/x", noToken, []string{bearer + part[0] + "." + strings.Repeat("A", 30_000) + "." + part[2]}},
		{"a megabyte", "/jwt/x", refuse, []string{bearer + part[0] + "." + strings.Repeat("A", 1<<20) + "." + part[2]}},
		{"a service token for it", "/jwt/x", forbid, []string{bearer + serviceToken("ci", secretOfCI)}},
		{"both kinds, good ones", "/jwt/x", noToken, []string{bearer + good, "X-Gatehouse-Token: " + serviceToken("ci", secretOfCI)}},
		{"a bad service token beside it", "/jwt/x", noToken, []string{bearer + good, "X-Gatehouse-Token: " + serviceToken("past", secretOfPast)}},
		{"at a route for service tokens", "/api/x", noToken, []string{bearer + good}},
		{"at a route for people", "/x", noToken, []string{bearer + good}},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := request{target: c.target, fields: c.fields}
				if c.name == "a body" {
					r.method, r.body = "POST", "access_token="+good
				}
				w.machine(t, c.want, robot, v.ask(w, t, r))
			})
		}
	}
}

// TestWhoABearerTokenIs: with `as: user` it is a person like any other, and
// its claims are worth what a sign-in's would be; without, it is a machine and
// no rule about people is true of it.
func TestWhoABearerTokenIs(t *testing.T) {
	a := begin(t, "bearer")
	w := open(t, onLoopback+`
bearer:
  - {name: people, issuer: "${ROGUE}", audiences: [api], algs: [RS256], as: user}
  - {name: robots, issuer: "${ROGUE}", audiences: [robots], algs: [RS256]}
providers:`+honest+`
routes:
  - {name: staff, from: "https://app.example.test/staff", to: "${APP}", bearer: [people, robots], policy: [{allow: {group: staff}}]}
  - {name: mail, from: "https://app.example.test/mail", to: "${APP}", bearer: [people, robots], policy: [{allow: {email_domain: example.com}}]}
  - {name: machines, from: "https://app.example.test/machines", to: "${APP}", bearer: [people, robots], policy: [{service_auth: everyone}]}
  - {name: group, from: "https://app.example.test/group", to: "${APP}", bearer: [people, robots], policy: [{service_auth: {group: staff}}]}
  - {name: ping, from: "https://app.example.test/ping", to: "${APP}", bearer: [people, robots], policy: [{allow: {provider: ping}}]}
`)
	for _, c := range []struct {
		name, target string
		want         verdict
		claims       object
	}{
		{"benign: a person of the group", "/staff", pass, object{"groups": []string{"staff"}}},
		{"benign: a machine", "/machines", pass, object{"aud": "robots"}},
		{"benign: a machine of a group", "/group", pass, object{"aud": "robots", "groups": []string{"staff"}}},
		{"benign: a proven address", "/mail", pass, object{"email": address, "email_verified": true}},
		{"a machine of the group where people go", "/staff", forbid, object{"aud": "robots", "groups": []string{"staff"}}},
		{"a person where machines go", "/machines", forbid, object{"groups": []string{"staff"}}},
		{"a person of the group where machines go", "/group", forbid, object{"groups": []string{"staff"}}},
		{"without the group", "/staff", forbid, nil},
		{"another group", "/staff", forbid, object{"groups": []string{"staffing", "STAFF", " staff"}}},
		{"groups in one string", "/staff", forbid, object{"groups": "guests staff"}},
		{"groups as an object", "/staff", forbid, object{"groups": object{"staff": true}}},
		{"Groups", "/staff", forbid, object{"Groups": []string{"staff"}}},
		{"an address that is not verified", "/mail", forbid, object{"email": address, "email_verified": false}},
		{"an address verified by a word", "/mail", forbid, object{"email": address, "email_verified": "true"}},
		{"an address with two @", "/mail", forbid, object{"email": "a@evil.example@example.com", "email_verified": true}},
		{"an address of a subdomain", "/mail", forbid, object{"email": "a@x.example.com", "email_verified": true}},
		{"addresses in a list", "/mail", forbid, object{"email": []any{1, address}, "email_verified": true}},
		{"a machine with an address", "/mail", forbid, object{"aud": "robots", "email": address, "email_verified": true}},
		{"a claim about the provider", "/ping", forbid, object{"provider": "ping"}},
		{"both audiences", "/machines", forbid, object{"aud": []string{"api", "robots"}}},
	} {
		a.try(c.name, func(t *testing.T) {
			w.machine(t, c.want, robot, inTheClear.ask(w, t, request{target: c.target, fields: []string{"Authorization: Bearer " + w.accessToken(t, c.claims, nil, nil)}}))
		})
	}
}
