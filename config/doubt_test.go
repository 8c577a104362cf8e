package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// aroundPolicy is a file with policy `a` on line 16 and, unless text has its
// own, a route for it. Every provider maps groups but `bare`.
func aroundPolicy(text string) string {
	if !strings.Contains(text, "routes:") {
		text += "\nroutes: [{from: https://app.example.com/app, to: http://a, policy: a, bearer: [backend, people]}]"
	}
	return `session: {keys: "${GATEHOUSE_KEY}"}
server: {trusted_proxies: unix}
providers:
  - {name: ping, type: oidc, issuer: https://idp.example.com, client_id: a, client_secret: b}
  - {name: pong, type: oidc, issuer: https://pong.example.com, client_id: a, client_secret: b}
  - {name: bare, type: oidc, issuer: https://bare.example.com, client_id: a, client_secret: b, claims: {groups: [], username: []}}
service_tokens:
  - {name: ci, secret_sha256: 8f3c0a6e5d1b49728e6f0c3a9b7d5e1f2a4c6b8d0e1f3a5c7b9d2e4f6a8c0b1d}
  - {name: cron, secret_sha256: 9f3c0a6e5d1b49728e6f0c3a9b7d5e1f2a4c6b8d0e1f3a5c7b9d2e4f6a8c0b1d}
bearer:
  - {name: backend, issuer: https://api.example.com, audiences: api}
  - name: people
    issuer: https://api.example.com
    audiences: api
    as: user
` + text + "\n"
}

// doubts holds each text to the one warning it deserves, and its twin to none.
func doubts(t *testing.T, pairs [][3]string) {
	t.Helper()
	for _, pair := range pairs {
		text, want, twin := pair[0], pair[1], pair[2]
		got := strings.ReplaceAll(strings.Join(mustParse(t, aroundPolicy(text)).Warnings(), "\n"), "gatehouse.yaml:", "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in\n%s\n(-want +got)\n%s", text, diff)
		}
		if got := mustParse(t, aroundPolicy(twin)).Warnings(); len(got) > 0 {
			t.Errorf("in\n%s\nundeserved warning %q", twin, got)
		}
	}
}

func TestRulesBehindOneThatTakesAllAreNamedAndTheirTwinsAreNot(t *testing.T) {
	doubts(t, [][3]string{
		{`policies: {a: [{name: open, bypass: everyone}, {allow: {group: x}}]}`,
			`16:48: policies.a[1]: is never reached: policies.a[0] ("open") is true of every person before it; move this rule above`,
			`policies: {a: [{allow: {group: x}}, {name: open, bypass: everyone}]}`},
		{`policies: {a: [{bypass: everyone, shadow: true}, {deny: everyone}, {service_auth: everyone}]}`,
			`16:68: policies.a[2]: is never reached: policies.a[1] is true of every machine before it; move this rule above`,
			`policies: {a: [{deny: everyone, exclude: {group: x}}, {service_auth: everyone}, {allow: everyone}]}`},
		{`policies: {a: [{allow: everyone}, {allow: {group: x}}]}`,
			`16:35: policies.a[1]: is never reached: policies.a[0] is true of every person before it; move this rule above`,
			`policies: {a: [{allow: everyone, require: {group: x}}, {allow: {group: y}}]}`},
		{`policies: {a: [{allow: everyone}, {deny: {ip: 10.0.0.0/8}}]}`,
			`16:35: policies.a[1]: denies nobody who signed in: policies.a[0] is true of every person before it; move this rule above`,
			`policies: {a: [{allow: everyone}, {deny: {ip: 10.0.0.0/8}}, {service_auth: everyone}]}`},
		{`policies: {a: [{allow: everyone}, {deny: {email: a@example.com}}, {service_auth: everyone}]}`,
			`16:35: policies.a[1]: denies nobody who signed in: policies.a[0] is true of every person before it; move this rule above`,
			`policies: {a: [{deny: {email: a@example.com}}, {allow: everyone}, {service_auth: everyone}]}`},
		{`policies: {a: [{allow: everyone}, {bypass: {path: /app/health}}]}`,
			`16:35: policies.a[1]: opens nothing without a sign-in: policies.a[0] asks everybody for one before it; move this rule above`,
			`policies: {a: [{bypass: {path: /app/health}}, {allow: everyone}, {deny: everyone}]}`},
		{`policies: {a: [{allow: everyone}, {service_auth: everyone}, {deny: {group: x}}]}`,
			`16:61: policies.a[2]: is never reached: policies.a[0] is true of every person before it and policies.a[1] of every machine; move this rule above`,
			`policies: {a: [{service_auth: everyone}, {deny: {group: x}}, {allow: everyone}]}`},
		{`policies: {a: [{service_auth: {path: /}}, {service_auth: {service_token: ci}}]}`,
			`16:43: policies.a[1]: is never reached: policies.a[0] is true of every machine before it; move this rule above`,
			`policies: {a: [{service_auth: {path: /app}, shadow: true}, {service_auth: {service_token: ci}}]}`},
		{`policies: {a: {deny: {group: x}}}`,
			`16:15: policies.a: admits nobody: no rule of it that decides is allow, bypass or service_auth; add one, or write deny: everyone if that is meant`,
			`policies: {a: {deny: everyone}}`},
		{`policies: {a: [{deny: {group: x}}, {allow: {group: y}, shadow: true}]}`,
			`16:15: policies.a: admits nobody: no rule of it that decides is allow, bypass or service_auth; add one, or write deny: everyone if that is meant`,
			`policies: {a: [{deny: {group: x}}, {service_auth: {group: y}}]}`},
	})
}

func TestRulesThatAreNeverTrueAreNamedAndTheirTwinsAreNot(t *testing.T) {
	doubts(t, [][3]string{
		{`policies: {a: {allow: {service_token: [ci, cron]}}}`,
			`16:39: policies.a.allow.service_token: is never true in an allow rule, which is about people; use service_auth`,
			`policies: {a: {service_auth: {service_token: [ci, cron]}}}`},
		{`policies: {a: {allow: {bearer: backend}}}`,
			`16:32: policies.a.allow.bearer: is never true in an allow rule, which is about people; use service_auth, or write as: user in that item of bearer`,
			`policies: {a: {allow: {bearer: [backend, people]}}}`},
		{`policies: {a: {service_auth: {bearer: people}}}`,
			`16:39: policies.a.service_auth.bearer: is never true in a service_auth rule: as: user makes people of the callers; use allow`,
			`policies: {a: {service_auth: {bearer: backend}}}`},
		{`policies: {a: [{allow: {group: x}}, {service_auth: everyone, require: {email_domain: example.com}}]}`,
			`16:86: policies.a[1].require.email_domain: is never true in a service_auth rule: it is about people who signed in; use service_token, bearer, group or claim`,
			`policies: {a: [{allow: {group: x}}, {service_auth: everyone, exclude: {email_domain: example.com}}]}`},
		{`policies: {a: {allow: {expr: 'machine.name == "ci"'}}}`,
			`16:30: policies.a.allow.expr: reads machine, which is empty in an allow rule: it is about people; use service_auth`,
			`policies: {a: {service_auth: {expr: 'machine.name == "ci"'}}}`},
		{`policies: {a: {service_auth: {expr: '"ci" in user.groups'}}}`,
			`16:37: policies.a.service_auth.expr: reads user, which is empty in a service_auth rule: it is about machines; use machine.name or claims`,
			`policies: {a: [{service_auth: {expr: '"ci" in claims.groups'}}, {deny: {expr: 'user.name == machine.name'}}, {allow: everyone}]}`},
		{`policies: {a: {allow: everyone, require: [{provider: ping}, {provider: pong}]}}`,
			`16:61: policies.a.require[1]: is never true together with policies.a.require[0], so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: everyone, require: [{provider: [ping, pong]}, {provider: pong}]}}`},
		{`policies: {a: {allow: {email: a@example.com}, require: {email: B@example.com}}}`,
			`16:56: policies.a.require: is never true together with include, so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: [{email: a@example.com}, {group: x}], require: {email: A@example.com}}}`},
		{`policies: {a: {allow: {email: a@example.com}, require: {email_domain: example.org}}}`,
			`16:56: policies.a.require: is never true together with include, so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: {email: a@Example.com}, require: {email_domain: example.com}}}`},
		{`policies: {a: {allow: everyone, require: [{method: GET}, {method: [PUT, POST]}]}}`,
			`16:58: policies.a.require[1]: is never true together with policies.a.require[0], so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: everyone, require: [{method: [GET, PUT]}, {method: [PUT, POST]}]}}`},
		{`policies: {a: {allow: everyone, require: [{not_ip: 10.0.0.0/8}, {ip: [10.0.0.0/8, 10.1.0.0/16]}]}}`,
			`16:65: policies.a.require[1]: is never true together with policies.a.require[0], so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: everyone, require: [{not_ip: 10.1.0.0/16}, {ip: 10.0.0.0/8}]}}`},
		{`policies: {a: {allow: everyone, require: [{ip: 10.0.0.0/8}, {ip: "2001:db8::/32"}]}}`,
			`16:61: policies.a.require[1]: is never true together with policies.a.require[0], so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: everyone, require: [{ip: 10.0.0.0/8}, {ip: 10.2.0.0/16}]}}`},
		{`policies: {a: {allow: everyone, require: [{path: /app/a}, {path: /app/b}]}}`,
			`16:59: policies.a.require[1]: is never true together with policies.a.require[0], so the rule never is; where either is enough, write them as include`,
			`policies: {a: {allow: everyone, require: [{path: /app/a}, {path: /app/a/b}]}}`},
		{`policies: {a: [{allow: {group: x}}, {deny: {ip: 10.0.0.0/8}, exclude: everyone}]}`,
			`16:71: policies.a[1].exclude: takes out everybody whom include names, so the rule is never true`,
			`policies: {a: [{allow: {group: x}}, {deny: {ip: 10.0.0.0/8}, exclude: {ip: 10.1.0.0/16}}]}`},
		{`policies: {a: {allow: {group: x}, exclude: {group: [x, y]}}}`,
			`16:44: policies.a.exclude: takes out everybody whom include names, so the rule is never true`,
			`policies: {a: {allow: {group: [x, y]}, exclude: {group: x}}}`},
		{`policies: {a: {allow: everyone, require: {not_ip: 10.1.0.0/16}, exclude: {not_ip: 10.1.2.0/24}}}`,
			`16:42: policies.a.require: is what exclude takes out, so the rule is never true`,
			`policies: {a: {allow: everyone, require: {not_ip: 10.1.2.0/24}, exclude: {not_ip: 10.0.0.0/8}}}`},
		{`policies: {a: {allow: everyone, require: {claim: {path: x, is: 3}}, exclude: {claim: {path: x, is: 3}}}}`,
			`16:42: policies.a.require: is what exclude takes out, so the rule is never true`,
			`policies: {a: {allow: everyone, require: {claim: {path: x, is: 3}}, exclude: {claim: {path: x, is: "3"}}}}`},
		{`policies: {a: {allow: {path: [/app/x, /admin]}}}`,
			`16:39: policies.a.allow.path[1]: lies outside of routes[0].from, so no request has it; write the public path, before strip_prefix, like "/app/admin"`,
			`policies: {a: {allow: {path: [/app/x, /app, /]}}}`},
		{"policies: {a: {allow: {path: /admin}}}\nroutes: [{from: https://x.example.com/app, to: http://a, policy: a}, {from: https://x.example.com/b, to: http://a, policy: a}]",
			`16:30: policies.a.allow.path: lies outside of routes[0].from, so no request has it; write the public path, before strip_prefix, like "/app/admin"`,
			"policies: {a: {allow: {path: /admin}}}\nroutes: [{from: https://x.example.com/app, to: http://a, policy: a}, {from: https://x.example.com, to: http://a, policy: a}]"},
	})
}

func TestRulesForWhatNobodyMapsAreNamedAndTheirTwinsAreNot(t *testing.T) {
	doubts(t, [][3]string{
		{`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: {allow: {group: x}}}]`,
			`16:95: routes[0].policy.allow.group: is never true on routes[0]: no claim is mapped to groups for those who count there; set providers[2].claims.groups`,
			`routes: [{from: https://x.example.com, to: http://a, providers: [bare, ping], policy: {allow: {group: x}}}]`},
		{`routes: [{from: https://x.example.com, to: http://a, providers: bare, bearer: backend, policy: {allow: everyone, exclude: {group: x}}}]`,
			`16:131: routes[0].policy.exclude.group: is never true on routes[0]: no claim is mapped to groups for those who count there; set providers[2].claims.groups`,
			`routes: [{from: https://x.example.com, to: http://a, providers: bare, bearer: people, policy: {allow: everyone, exclude: {group: x}}}]`},
		{`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: {allow: {claim: {path: username, is: x}}}}]`,
			`16:95: routes[0].policy.allow.claim: is never true on routes[0]: no claim is mapped to username for those who count there; set providers[2].claims.username`,
			`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: {allow: [{claim: {path: username, exists: false}}, {claim: {path: name, is: x}}, {claim: {path: department, is: x}}]}}]`},
		{`routes: [{from: https://x.example.com, to: http://a, policy: {service_auth: {group: x}}}]`,
			`16:85: routes[0].policy.service_auth.group: is never true on routes[0]: no item of bearer for machines counts there, and service tokens have no groups; set routes[0].bearer`,
			`routes: [{from: https://x.example.com, to: http://a, bearer: backend, policy: {service_auth: {group: x}}}]`},
		{`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: {allow: {expr: '"x" in user.groups'}}}]`,
			`16:94: routes[0].policy.allow.expr: reads user.groups, which nobody has on routes[0]: no claim is mapped to it for those who count there; set providers[2].claims.groups`,
			`routes: [{from: https://x.example.com, to: http://a, policy: {allow: {expr: '"x" in user.groups'}}}]`},
		{`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: [{deny: {expr: 'claims.username == "x"'}}, {allow: everyone}]}]`,
			`16:94: routes[0].policy[0].deny.expr: reads claims.username, which nobody has on routes[0]: no claim is mapped to it for those who count there; set providers[2].claims.username`,
			`routes: [{from: https://x.example.com, to: http://a, providers: bare, policy: [{deny: {expr: 'user.name == "x" && has(claims.nickname)'}}, {allow: everyone}]}]`},
	})
}

func TestRepetitionsAreNamedAndTheirTwinsAreNot(t *testing.T) {
	doubts(t, [][3]string{
		{`policies: {a: {allow: [{group: x}, {email: a@example.com}, {group: x}]}}`,
			`16:60: policies.a.allow[2]: says what policies.a.allow[0] says already`,
			`policies: {a: {allow: [{group: x}, {email: a@example.com}, {group: X}], require: [{group: x}]}}`},
		{`policies: {a: {allow: {email: [a@example.com, A@Example.com]}}}`,
			`16:47: policies.a.allow.email[1]: is in the list already`,
			`policies: {a: {allow: {email: [a@example.com, A.@Example.com]}}}`},
		{`policies: {a: {allow: {ip: [10.0.0.1, "::ffff:10.0.0.1/128"]}}}`,
			`16:39: policies.a.allow.ip[1]: is in the list already`,
			`policies: {a: {allow: {ip: [10.0.0.1, 10.0.0.0/8]}}}`},
	})
}

func TestUnverifiedAddressesInExpressionsAreNamedAndTheirTwinsAreNot(t *testing.T) {
	doubts(t, [][3]string{
		{`policies: {a: {allow: {expr: 'user.email.endsWith("@example.com")'}}}`,
			`16:30: policies.a.allow.expr: reads user.email, which is the address verified or not; ask for user.email_verified too, or use email or email_domain`,
			`policies: {a: {allow: {expr: 'user.email_verified && user.email.endsWith("@example.com")'}}}`},
		{`policies: {a: {allow: {expr: 'claims.email == "a@example.com"'}}}`,
			`16:30: policies.a.allow.expr: reads claims.email, which is the address verified or not; ask for user.email_verified too, or use email or email_domain`,
			`policies: {a: {allow: {expr: 'claims.email == "a@example.com"'}, require: {claim: {path: email_verified, is: true}}}}`},
	})
}

// A placeholder is no value: two of them are not the same.
func TestPlaceholdersAreNotHeldAgainstEachOther(t *testing.T) {
	text := aroundPolicy(`policies: {a: {allow: {email: ["${A}", "${B}"]}, require: {email: "${C}"}, exclude: {email: "${D}"}}}`)
	c, err := LoadOptions{PlaceholderSecrets: true}.Parse("gatehouse.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Warnings(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}
