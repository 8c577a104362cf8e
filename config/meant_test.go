package config

import "testing"

func TestWordsOfOtherProductsLeadToOurs(t *testing.T) {
	refuses(t, around, []promise{
		{`log_level: debug`, `9:1: log_level: unknown key "log_level"; write log: {level: …}`},
		{`routes: [{from: https://a.example.com, to: http://a, policies: staff}]`,
			`9:54: routes[0].policies: unknown key "policies"; did you mean "policy"?`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, step_up: {acr: gold}}]`,
			`9:80: routes[0].step_up.acr: unknown key "acr"; did you mean "acr_values"?`},
		{`policies: {a: {action: deny, group: contractors}}`,
			`9:30: policies.a.group: unknown key "group"; write deny: {group: contractors}`},
		{`policies: {a: {group: staff}}`,
			`9:16: policies.a.group: unknown key "group"; write allow: {group: staff}`},
		{`policies: {a: {action: allow, email: "${file:testdata/secret}"}}`,
			`9:31: policies.a.email: unknown key "email"; write allow: {email: …}`},
		{`policies: {a: {allow: everyone, group: staff}}`,
			`9:33: policies.a.group: unknown key "group"; write it into include, require or exclude, as {group: …}`},
		{`policies: {a: {allow: {claim: {roles: admin}}}}`,
			`9:32: policies.a.allow.claim.roles: unknown key "roles"; write {path: roles, has: admin}`},
	})
	accepts(t, around,
		`log: {level: debug}`,
		`policies: {a: {deny: {group: contractors}}}`,
		`policies: {a: {allow: {claim: {path: roles, has: admin}}}}`)
}

// TestAHintListsANameOnce: of two providers of one name, which is a mistake of
// its own.
func TestAHintListsANameOnce(t *testing.T) {
	if got := didYouMean("elsewhere", []string{"corp", "corp", "ping"}); got != "; it can be corp, ping" {
		t.Error(got)
	}
}
