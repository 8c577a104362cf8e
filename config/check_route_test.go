package config

import (
	"strings"
	"testing"
)

func TestRouteMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	refuses(t, around, []promise{
		{`routes: []`,
			`9:9: routes: holds no route; write at least one with from, to and policy`},
		{`routes: [{to: http://a, policy: public}]`,
			`9:10: routes[0].from: is missing; write the public address, like https://wiki.example.com`},
		{`routes: [{from: https://a.example.com, policy: public}]`,
			`9:10: routes[0].to: is missing; write the upstream's address, like http://10.0.0.5:8080. Only a route for forward auth has none, and for that the proxy that asks must be in server.trusted_proxies`},
		{`routes: [{from: https://a.example.com, to: [], policy: public}]`,
			`9:44: routes[0].to: is empty; write the upstream's address, like http://10.0.0.5:8080, or leave it out for forward auth only`},
		{`routes: [{from: https://a.example.com, to: http://a}]`,
			`9:10: routes[0].policy: is missing; say who may pass, like {allow: {email_domain: example.com}}, or public for everybody`},
		{`routes: [{from: a.example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].from: is not an absolute URL; put https:// or http:// before it`},
		{`routes: [{from: "localhost:8080", to: http://a, policy: public}]`,
			`9:17: routes[0].from: is not an absolute URL; put https:// or http:// before it`},
		{`routes: [{from: ftp://a.example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].from: unknown scheme "ftp"; it can be https, http`},
		{`routes: [{from: "https://*.example.com", to: http://a, policy: public}]`,
			`9:17: routes[0].from: a wildcard host is not supported yet; write one route for each host`},
		{`routes: [{from: https://u:secret@a.example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].from: must be scheme, host, port and path alone, without user name, query and fragment`},
		{`routes: [{from: "https://a.example.com/?x=1", to: http://a, policy: public}]`,
			`9:17: routes[0].from: must be scheme, host, port and path alone, without user name, query and fragment`},
		{`routes: [{from: https://a..example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the host is not a valid name`},
		{`routes: [{from: https://bücher.example, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the host must be in ASCII; write "xn--bcher-kva.example"`},
		{`routes: [{from: "https://a.example.com:0", to: http://a, policy: public}]`,
			`9:17: routes[0].from: the port must be between 1 and 65535`},
		{`routes: [{from: "https://a.example.com:x", to: http://a, policy: public}]`,
			`9:17: routes[0].from: is not a URL; look for blanks, a stray % and the port`},
		{`routes: [{from: https://a.example.com/%2e%2e/b, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the path holds the segment ..`},
		{`routes: [{from: https://a.example.com/a%2fb, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the path holds an encoded slash`},
		{`routes: [{from: https://a.example.com/a;b, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the path holds a semicolon`},
		{`routes: [{from: https://a.example.com/a%255cb, to: http://a, policy: public}]`,
			`9:17: routes[0].from: the path holds a %; write the decoded path`},
		{`routes: [{from: https://a.example.com/.auth/x, to: http://a, policy: public}]`,
			`9:17: routes[0].from: lies under auth_path, where Gatehouse's own addresses are`},
		{`routes: [{from: http://a.example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].from: must be https, or cookies cross the network in clear; if a TLS terminator is in front, write https all the same; insecure_http: true allows http`},
		{`routes: [{from: https://A.example.com, to: http://a, policy: public}, {from: "https://a.example.com.:443/", to: http://a, policy: public}]`,
			`9:78: routes[1].from: is the address of routes[0] already`},
		{`routes: [{name: x, from: https://a.example.com, to: http://a, policy: public}, {name: x, from: https://b.example.com, to: http://a, policy: public}]`,
			`9:87: routes[1].name: is the name of routes[0] already`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {}}]`,
			`9:90: routes[0].step_up: asks for nothing; give acr_values, max_age or both, or leave it out`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {acr_values: []}}]`,
			`9:103: routes[0].step_up.acr_values: is empty; name at least one acr of the provider, or leave it out`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {acr_values: mfa otp}}]`,
			`9:103: routes[0].step_up.acr_values: must be ASCII without blanks, quotes and backslashes, like mfa or urn:example:mfa; write several as a list`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {max_age: 0s}}]`,
			`9:100: routes[0].step_up.max_age: must be whole seconds, at least 1s`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {max_age: 1500ms}}]`,
			`9:100: routes[0].step_up.max_age: must be whole seconds, at least 1s`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: {allow: everyone}, step_up: {maxage: 5m}}]`,
			`9:91: routes[0].step_up.maxage: unknown key "maxage"; did you mean "max_age"?`},
		{`routes: [{name: "", from: https://a.example.com, to: http://a, policy: public}]`,
			`9:17: routes[0].name: must have between 1 and 100 characters; leave it out to be called by from`},
		{`routes: [{from: https://a.example.com, to: htp://a, policy: public}]`,
			`9:44: routes[0].to: unknown scheme "htp"; did you mean "http"?`},
		{`routes: [{from: https://a.example.com, to: "10.0.0.5:8080", policy: public}]`,
			`9:44: routes[0].to: is not an absolute URL; put https:// or http:// before it`},
		{`routes: [{from: https://a.example.com, to: "http://a?x", policy: public}]`,
			`9:44: routes[0].to: must be without user name, query and fragment`},
		{`routes: [{from: https://a.example.com, to: "http://a/base", policy: public}]`,
			`9:44: routes[0].to: must be without a path; add_prefix puts one before every request`},
		{`routes: [{from: https://a.example.com, to: "unix://run/a.sock", policy: public}]`,
			`9:44: routes[0].to: must be unix: and three slashes, like unix:///run/app.sock`},
		{`routes: [{from: https://a.example.com, to: [http://a, h2c://b], policy: public}]`,
			`9:55: routes[0].to[1]: is h2c while the first is http; upstreams of one route must be of one kind`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, upstream_tls: {server_name: a}}]`,
			`9:84: routes[0].upstream_tls: is for https upstreams alone; write https in to, or remove it`},
		{`routes: [{from: https://a.example.com, to: https://a, policy: public, upstream_tls: {cert: testdata/tls.crt}}]`,
			`9:85: routes[0].upstream_tls.key: is missing; it names the private key of cert`},
		{`routes: [{from: https://a.example.com, to: https://a, policy: public, upstream_tls: {ca: testdata/none}}]`,
			`9:90: routes[0].upstream_tls.ca: file "testdata/none" does not exist`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, providers: []}]`,
			`9:81: routes[0].providers: is empty, so nobody could sign in; leave it out for all providers`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, providers: [pong]}]`,
			`9:82: routes[0].providers[0]: no provider is called "pong"; did you mean "ping"?`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, add_prefix: base}]`,
			`9:82: routes[0].add_prefix: must begin with /`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, websocket_origins: ["*"]}]`,
			`9:90: routes[0].websocket_origins[0]: must be an origin like https://app.example.com, without a path`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, websocket_origins: https://b.example.com/x}]`,
			`9:89: routes[0].websocket_origins: must be an origin like https://app.example.com, without a path`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, timeout: {dial: -1s}}]`,
			`9:86: routes[0].timeout.dial: must not be negative`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, max_body: -1}]`,
			`9:80: routes[0].max_body: "-1" is not a size; write bytes, or a whole number of KiB, MiB, GiB or TiB`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, permit_in_path: [slash]}]`,
			`9:87: routes[0].permit_in_path[0]: unknown value "slash"; it can be encoded_slash, double_slash, semicolon`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, balance: least_request}]`,
			`9:79: routes[0].balance: unknown balance "least_request"; did you mean "least_requests"?`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, health: {interval: 5s}}]`,
			`9:78: routes[0].health.path: is missing; write the path to ask, like /healthz`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, health: {path: healthz}}]`,
			`9:85: routes[0].health.path: must begin with / and be a path, like /healthz`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, health: {path: /x, interval: 0s}}]`,
			`9:99: routes[0].health.interval: must be at least 10ms`},
		{`routes: [{from: https://a.example.com, to: http://a, policy: public, health: {path: /x, unhealthy_after: 0}}]`,
			`9:106: routes[0].health.unhealthy_after: "0" is not a whole number between 1 and 65535`},
	})
	accepts(t, around,
		`routes: [{from: http://localhost:8080, to: http://a, policy: public}, {from: http://app.localhost, to: http://a, policy: public}, {from: "http://[::1]:8080", to: http://a, policy: public}]`,
		`routes: [{from: https://a.example.com, to: "http://10.0.0.1/", policy: public}, {from: https://a.example.com/docs, to: unix:///run/a, policy: public}, {from: "https://a.example.com:8443", to: "http://[fd00::1]:80", policy: public}]`,
		`routes: [{from: https://a.example.com/.authors, to: http://my_app:80, policy: public}]`,
	)
}

// TestPostedAnswersNeedHTTPS: over http browsers send no SameSite=None cookie.
func TestPostedAnswersNeedHTTPS(t *testing.T) {
	text := func(from string) string {
		return `session: {keys: "${GATEHOUSE_KEY}"}
providers: [{name: a, type: oidc, issuer: https://i.example.com, client_id: a, client_secret: b, response_mode: form_post}]
routes: [{from: ` + from + `, to: http://127.0.0.1:1, policy: {allow: everyone}, insecure_http: true}]
`
	}
	if _, err := parse(t, text("http://a.example.com")); err == nil || !strings.Contains(err.Error(), "3:17: routes[0].from: must be https for provider a") {
		t.Errorf("got %v", err)
	}
	mustParse(t, text("https://a.example.com"))
	mustParse(t, text("http://localhost:8080"))
}
