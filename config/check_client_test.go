package config

import (
	"strings"
	"testing"
)

// inProvider puts text on the last line of a provider that is otherwise in
// order, line 12; without the secret on line 11 when text is about it.
func inProvider(text string) string {
	secret := "    client_secret: b\n"
	if strings.HasPrefix(text, "client_secret") {
		secret = ""
	}
	return "session: {keys: \"${GATEHOUSE_KEY}\"}\n" + app +
		"providers:\n  - name: a\n    type: oidc\n    issuer: https://idp.example.com\n    client_id: a\n" + secret + "    " + text + "\n"
}

func TestClientMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, inProvider, []promise{
		{`client_auth: none`,
			`12:18: providers[0].client_auth: none sends no secret, yet client_secret is given; remove one of them`},
		{`client_secret: []`,
			`11:20: providers[0].client_secret: is an empty list; remove the key for a public client`},
		{`client_secret: ""`,
			`11:20: providers[0].client_secret: is empty`},
		{`client_auth: client_secret_jwt`,
			`11:20: providers[0].client_secret: is shorter than the 32 bytes that client_secret_jwt needs; have the provider make a new one`},
		{`client_auth: private_key_jwt`,
			`7:5: providers[0].private_key: is missing; client_auth signs with it: "${file:/etc/gatehouse/rp.pem}"`},
		{`private_key: "${PING_CLIENT_SECRET}"`,
			`12:18: providers[0].private_key: holds no private key in PEM form; gatehouse keygen assertion prints one, and "${file:/path}" reads it from a file`},
		{`private_key: "${file:testdata/ed25519.pem}"`,
			`12:18: providers[0].private_key: is an Ed25519 key, which few providers know; use RSA, or EC on P-256`},
		{`client_auth: basic`,
			`12:18: providers[0].client_auth: unknown client_auth "basic"; it can be auto, client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, none`},
		{`scopes: [email]`,
			`12:13: providers[0].scopes: must hold openid; without it the provider sends no ID token`},
		{`scopes: "openid email"`,
			`12:13: providers[0].scopes: a scope is one word; write a list of them
12:13: providers[0].scopes: must hold openid; without it the provider sends no ID token`},
		{`pkce: sometimes`,
			`12:11: providers[0].pkce: unknown pkce "sometimes"; it can be required, auto, off`},
		{`authorization_params: {nonce: a}`,
			`12:35: providers[0].authorization_params.nonce: is set by Gatehouse for every sign-in`},
		{`authorization_params: {code_challenge_method: plain}`,
			`12:51: providers[0].authorization_params.code_challenge_method: is set by Gatehouse for every sign-in`},
		{`authorization_params: {scope: openid}`,
			`12:35: providers[0].authorization_params.scope: is set by Gatehouse for every sign-in; use scopes`},
		{`authorization_params: {request_uri: x}`,
			`12:41: providers[0].authorization_params.request_uri: is set by Gatehouse for every sign-in`},
		{`authorization_params: {max_age: soon}`,
			`12:37: providers[0].authorization_params.max_age: must be a number of seconds`},
		{`signing_algs: HS256`,
			`12:19: providers[0].signing_algs: unknown value "HS256"; did you mean "RS256"?`},
		{`signing_algs: []`,
			`12:19: providers[0].signing_algs: is empty, so no ID token would be accepted`},
		{`email_domains: "@example.com"`,
			`12:20: providers[0].email_domains: "@example.com" is not a domain like example.com; did you mean "example.com"?`},
		{`email_domains: "*.example.com"`,
			`12:20: providers[0].email_domains: "*.example.com" is not a domain like example.com; did you mean "example.com"?`},
		{`clock_skew: 61s`,
			`12:17: providers[0].clock_skew: must be between 0s and 60s`},
		{`clock_skew: -1s`,
			`12:17: providers[0].clock_skew: must be between 0s and 60s`},
		{`clock_skew: 60`,
			`12:17: providers[0].clock_skew: "60" is not a duration; did you mean "60s"?`},
		{`claims: {groups: a..b}`,
			`12:22: providers[0].claims.groups: "a..b" is not a claim path like employee.id`},
		{`claims: {email: {}}`,
			`12:21: providers[0].claims.email: must be one value, not a mapping`},
		{`par: always`,
			`12:10: providers[0].par: unknown par "always"; it can be auto, required, off`},
		{`response_mode: fragment`,
			`12:20: providers[0].response_mode: unknown response_mode "fragment"; it can be query, form_post`},
	})
	accepts(t, inProvider,
		`client_auth: client_secret_basic`,
		`scopes: [openid, "urn:example:x"]`,
		`authorization_params: {prompt: login, acr_values: mfa, max_age: 0}`,
		`claims: {groups: [https://example.com/groups, p1.region]}`,
		`pkce: off`,
		`par: required`,
		`response_mode: form_post`,
		`private_key: "${file:testdata/rsa.pem}"`,
	)
}
