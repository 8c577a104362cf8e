package rogue

import (
	"net/url"
	"strings"
)

// ResponseAttacks are redirects to the redirect URI that must be refused before
// the token endpoint is asked: the code in them is not proven to be an answer
// to this browser's question (RFC 9700 section 4.7, RFC 9207 section 2.4, RFC
// 6749 section 3.1 on repeated parameters).
func ResponseAttacks() []Attack {
	answer := func(change func(a url.Values)) func(*Script) {
		return func(s *Script) { s.Authorize = func(_, a url.Values) { change(a) } }
	}
	announced := metadata(issAnnounced, true)
	return []Attack{
		{"no state", "state", answer(func(a url.Values) { a.Del("state") })},
		{"an empty state", "state", answer(func(a url.Values) { a.Set("state", "") })},
		{"another state", "state", answer(func(a url.Values) { a.Set("state", "s-of-somebody-else") })},
		{"two states", "state", answer(func(a url.Values) { a.Add("state", "s-of-somebody-else") })},
		{"no code", "code", answer(func(a url.Values) { a.Del("code") })},
		{"an empty code", "code", answer(func(a url.Values) { a.Set("code", "") })},
		{"two codes", "code", answer(func(a url.Values) { a.Add("code", "another-code") })},
		{"an error with markup", "error", answer(func(a url.Values) {
			a.Del("code")
			a.Set("error", "access_denied")
			a.Set("error_description", `<script>alert("devidp")</script>`)
		})},
		{"another iss", "iss", answer(func(a url.Values) { a.Set("iss", "https://attacker.example/as") })},
		{"another iss, announced", "iss", both(announced, answer(func(a url.Values) { a.Set("iss", "https://attacker.example/as") }))},
		{"no iss, announced", "iss", both(announced, answer(func(a url.Values) { a.Del("iss") }))},
	}
}

// DiscoveryAttacks are metadata with which no sign-in may begin (OpenID Connect
// Discovery 4.3; no endpoint is asked in the clear unless it is on loopback).
func DiscoveryAttacks() []Attack {
	return []Attack{
		{"metadata of another issuer", "issuer", metadata("issuer", "https://attacker.example/as")},
		{"metadata of the issuer and a slash", "issuer", func(s *Script) {
			s.Discovery = func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" }
		}},
		{"metadata of nobody", "issuer", metadata("issuer", nil)},
		{"no authorization endpoint", "endpoint", metadata("authorization_endpoint", nil)},
		{"no token endpoint", "endpoint", metadata("token_endpoint", nil)},
		{"no key set", "endpoint", metadata("jwks_uri", nil)},
		{"a token endpoint in the clear", "endpoint", metadata("token_endpoint", "http://idp.example.com/token")},
		{"a key set in the clear", "endpoint", metadata("jwks_uri", "http://idp.example.com/jwks")},
		{"an authorization endpoint that is a script", "endpoint", metadata("authorization_endpoint", "javascript:alert(1)")},
		{"metadata of 2 MiB", "size", metadata("padding", strings.Repeat("x", oversized))},
	}
}
