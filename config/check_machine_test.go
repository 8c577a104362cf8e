package config

import (
	"strings"
	"testing"
)

const hexHash = "2ca9d1d3f64d8e5e5b5c4a7c1e9f3b0d8a6f4e2c0b9d7f5a3e1c8b6d4f2a0e9c"

func TestServiceTokenMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, around, []promise{
		{`service_tokens: [{secret_sha256: ` + hexHash + `}]`,
			`9:18: service_tokens[0].name: is missing; policies refer to it, like ci`},
		{`service_tokens: [{name: "a b", secret_sha256: ` + hexHash + `}]`,
			`9:25: service_tokens[0].name: "a b" must be up to 40 of a-z, A-Z, 0-9, ., _ and -`},
		{`service_tokens: [{name: ci}]`,
			`9:18: service_tokens[0].secret_sha256: is missing; gatehouse keygen service-token NAME prints the token and this line`},
		{`service_tokens: [{name: ci, secret_sha256: gh_ci_x_000000}]`,
			`9:44: service_tokens[0].secret_sha256: is the token itself, which does not belong in a file; write its SHA-256 in hex`},
		{`service_tokens: [{name: ci, secret_sha256: 2ca9}]`,
			`9:44: service_tokens[0].secret_sha256: must be the SHA-256 of the whole token: 64 hex digits`},
		{`service_tokens: [{name: ci, secret_sha256: ` + hexHash + `, expires: tomorrow}]`,
			`9:119: service_tokens[0].expires: "tomorrow" is no moment; write it like 2027-06-01T00:00:00Z`},
		{"service_tokens:\n  - {name: ci, secret_sha256: " + hexHash + "}\n  - {name: ci, secret_sha256: " + strings.ToUpper(hexHash) + "}",
			"11:12: service_tokens[1].name: is the name of service_tokens[0] already\n" +
				"11:31: service_tokens[1].secret_sha256: is the token of service_tokens[0] already"},
	})
	accepts(t, around,
		"service_tokens: {name: ci, secret_sha256: "+hexHash+", expires: 2099-06-01}",
		"service_tokens: {name: ci, secret_sha256: "+strings.ToUpper(hexHash)+", expires: 2099-06-01T00:00:00+02:00}",
	)
}

func TestBearerMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, around, []promise{
		{`bearer: [{name: a, audiences: api}]`,
			`9:10: bearer[0]: needs issuer, or the name of a provider`},
		{`bearer: [{name: a, issuer: "https://a.example", provider: ping, audiences: api}]`,
			`9:59: bearer[0].provider: goes instead of issuer, not with it; keep one`},
		{`bearer: [{name: a, issuer: "https://a.example"}]`,
			`9:10: bearer[0].audiences: is missing; without it tokens that were issued for any other application would count`},
		{`bearer: [{name: a, issuer: "https://a.example", audiences: []}]`,
			`9:60: bearer[0].audiences: is empty; without one, tokens that were issued for any other application would count`},
		{`bearer: [{name: a, issuer: "http://a.example", audiences: api}]`,
			`9:28: bearer[0].issuer: must be an https address without query and fragment, as the tokens have it in iss`},
		{`bearer: [{name: a, issuer: "https://a.example", audiences: api, algs: [HS256]}]`,
			`9:72: bearer[0].algs[0]: unknown value "HS256"; did you mean "RS256"?`},
		{`bearer: [{name: a, issuer: "https://a.example", audiences: api, jwks: "http://a.example/k"}]`,
			`9:71: bearer[0].jwks: must be an https address`},
		{`bearer: [{name: a, issuer: "https://a.example", audiences: api, introspect: true}]`,
			`9:77: bearer[0].introspect: needs provider, whose client asks about the tokens`},
		{`bearer: [{name: a, provider: pinq, audiences: api}]`,
			`9:30: bearer[0].provider: no provider is called "pinq"; did you mean "ping"?`},
		{`bearer: [{name: a, provider: ping, audiences: api, introspect: true, algs: RS256}]`,
			`9:76: bearer[0].algs: is about tokens that are read, and goes not with introspect`},
		{`bearer: [{name: ping, issuer: "https://a.example", audiences: api, as: user}]`,
			`9:17: bearer[0].name: is the name of a provider, and its people would be taken for that provider's; choose another`},
	})
	accepts(t, around,
		`bearer: [{name: a, issuer: "https://a.example", audiences: api}, {name: b, provider: ping, audiences: [x], introspect: true}]`,
		`bearer: {name: ping, provider: ping, audiences: api, as: user}`,
		`bearer: {name: a, issuer: "http://localhost:9/as", jwks: "http://127.0.0.1:9/keys", audiences: api}`,
	)
}

func TestRoutesNameBearersOfTheFile(t *testing.T) {
	frame := func(text string) string {
		return strings.Replace(head+app, "policy: public", "policy: public\n    bearer: "+text, 1) +
			"bearer: [{name: backend, provider: ping, audiences: api}]\n"
	}
	refuses(t, frame, []promise{
		{"[backed]", `13:14: routes[0].bearer[0]: no item of bearer is called "backed"; did you mean "backend"?`},
		{"[backend, backend]", `13:23: routes[0].bearer[1]: is in the list already`},
	})
	accepts(t, frame, "backend", "[backend]", "[]")
}
