package rogue

import (
	"encoding/json"
	"strings"
)

// oversized is more than a relying party should read of any answer.
const oversized = 2 << 20

// TokenAttacks are answers of the token and userinfo endpoints after which
// there must be no session. Each holds for every relying party that asked for a
// code with a nonce and trusts RS256 alone of what is offered here.
func TokenAttacks() []Attack {
	var all []Attack
	for _, group := range [][]Attack{algorithmAttacks(), keyAttacks(), formAttacks(), audienceAttacks(), timeAttacks(), personAttacks(), nonceAttacks(), userinfoAttacks()} {
		all = append(all, group...)
	}
	return all
}

// algorithmAttacks: the token must not choose how it is checked (RFC 8725
// sections 2.1 and 3.1).
func algorithmAttacks() []Attack {
	return []Attack{
		{"alg none", "alg", token(head("alg", "none"))},
		{"alg None", "alg", token(head("alg", "None"))},
		{"alg NONE", "alg", token(head("alg", "NONE"))},
		{"alg nOnE", "alg", token(head("alg", "nOnE"))},
		{"alg empty", "alg", token(head("alg", ""))},
		{"alg none, said to be supported", "alg", both(token(head("alg", "none")), metadata("id_token_signing_alg_values_supported", []string{"none", "RS256"}))},
		{"HS256 with the public RSA key", "alg", forged(publicPEM, head("alg", "HS256"))},
		{"HS256 with the client secret", "alg", forged(clientSecret, head("alg", "HS256"))},
		{"HS256, said to be supported", "alg", both(forged(clientSecret, head("alg", "HS256")), metadata("id_token_signing_alg_values_supported", []string{"HS256"}))},
	}
}

// keyAttacks: the keys are the issuer's published ones, fit for signing, and no
// header brings others (RFC 7515 section 4.1, RFC 7517 section 4, RFC 8725
// section 3.5).
func keyAttacks() []Attack {
	stranger := PublicJWK(generated().Unpublished, KeyID)
	return []Attack{
		{"another key under the same kid", "signature", forged(unpublished)},
		{"another key under an unknown kid", "signature", forged(unpublished, head("kid", "rogue-2"))},
		{"another key under no kid", "signature", forged(unpublished, headless("kid"))},
		{"a key in the jwk header", "signature", forged(unpublished, head("jwk", stranger))},
		{"a key set in the jku header", "signature", forged(unpublished, head("jku", "https://attacker.example/jwks"))},
		{"a certificate in the x5u header", "signature", forged(unpublished, head("x5u", "https://attacker.example/cert.pem"))},
		{"a kid that is a path", "signature", forged(unpublished, head("kid", "../../../../dev/null"))},
		{"signature of nothing", "signature", func(s *Script) { s.Compact = func(t string) string { return t[:strings.LastIndex(t, ".")+1] } }},
		{"payload exchanged after signing", "signature", func(s *Script) { s.Compact = exchangePayload }},
		{"a key of 1024 bits", "key", both(forged(weak), func(s *Script) {
			s.JWKS = func(set map[string]any, k Keys) { set["keys"] = []any{PublicJWK(k.Weak, KeyID)} }
		})},
		{"a key for encryption", "key", publish("use", "enc")},
		{"a key for another algorithm", "key", publish("alg", "RS512")},
		{"an unknown critical header", "crit", token(head("crit", []string{"urn:example:rule"}), head("urn:example:rule", true))},
	}
}

// formAttacks: an ID token is one compact JWS of one JSON object whose names
// are unique (RFC 7519 section 4, RFC 8725 section 2.4).
func formAttacks() []Attack {
	return []Attack{
		{"no ID token", "form", func(s *Script) { s.Answer = func(a map[string]any) { delete(a, "id_token") } }},
		{"an ID token that is a number", "form", func(s *Script) { s.Answer = func(a map[string]any) { a["id_token"] = 1 } }},
		{"two parts", "form", func(s *Script) { s.Compact = func(t string) string { return t[:strings.LastIndex(t, ".")] } }},
		{"four parts", "form", func(s *Script) { s.Compact = func(t string) string { return t + ".e30" } }},
		{"the JSON form of a JWS", "form", func(s *Script) { s.Compact = flattened }},
		{"a payload that is a list", "form", func(s *Script) { s.Payload = func([]byte) []byte { return []byte(`["sub"]`) } }},
		{"a payload with more behind it", "form", func(s *Script) { s.Payload = func(p []byte) []byte { return append(p, p...) } }},
		{"sub twice", "duplicate", func(s *Script) { s.Payload = also(`"sub":"somebody-else"`) }},
		{"email twice", "duplicate", func(s *Script) { s.Payload = also(`"email":"ben.osei@example.com"`) }},
		{"a name twice inside", "duplicate", func(s *Script) { s.Payload = also(`"address":{"country":"DE","country":"FR"}`) }},
		{"an answer of 2 MiB", "size", func(s *Script) { s.Answer = func(a map[string]any) { a["padding"] = strings.Repeat("x", oversized) } }},
	}
}

// audienceAttacks: the token is from this issuer for this client (OpenID
// Connect Core 3.1.3.7, steps 2 to 5).
func audienceAttacks() []Attack {
	return []Attack{
		{"another issuer", "iss", token(set("iss", "https://attacker.example/as"))},
		{"the issuer and a slash", "iss", token(func(claims, _ map[string]any) { claims["iss"] = claims["iss"].(string) + "/" })},
		{"the issuer in a list", "iss", token(func(claims, _ map[string]any) { claims["iss"] = []any{claims["iss"]} })},
		{"the issuer as Iss", "iss", token(rename("iss", "Iss"))},
		{"no issuer", "iss", token(drop("iss"))},
		{"another audience", "aud", token(set("aud", "another-client"))},
		{"a list of other audiences", "aud", token(set("aud", []string{"another-client", ClientID + "2"}))},
		{"an empty audience", "aud", token(set("aud", []string{}))},
		{"no audience", "aud", token(drop("aud"))},
		{"another authorized party", "azp", token(set("azp", "another-client"))},
		{"several audiences for another party", "azp", token(set("aud", []string{ClientID, "another-client"}), set("azp", "another-client"))},
		{"several audiences for nobody", "azp", token(set("aud", []string{ClientID, "another-client"}))},
	}
}

// timeAttacks: the token is of now, with no more than a minute of skew.
func timeAttacks() []Attack {
	return []Attack{
		{"expired an hour ago", "exp", token(shift("exp", -2*3600))},
		{"expired 90 seconds ago", "exp", token(shift("exp", -3600-90))},
		{"no expiry", "exp", token(drop("exp"))},
		{"an expiry that is a word", "exp", token(set("exp", "never"))},
		{"not valid for ten minutes", "nbf", token(func(claims, _ map[string]any) { claims["nbf"] = claims["iat"].(int64) + 600 })},
		{"issued in ten minutes", "iat", token(shift("iat", 600))},
		{"no issue time", "iat", token(drop("iat"))},
	}
}

// personAttacks: sub is a non-empty string (OpenID Connect Core 2) under its
// exact name, and at_hash belongs to the access token (3.1.3.8).
func personAttacks() []Attack {
	return []Attack{
		{"no subject", "sub", token(drop("sub"))},
		{"an empty subject", "sub", token(set("sub", ""))},
		{"a subject that is a number", "sub", token(set("sub", 7))},
		{"a subject that is null", "sub", token(set("sub", nil))},
		{"a subject in a list", "sub", token(set("sub", []string{Subject}))},
		{"the subject as Sub", "sub", token(rename("sub", "Sub"))},
		{"the hash of another access token", "at_hash", token(set("at_hash", leftHalf("another token")))},
		{"an access token exchanged", "at_hash", func(s *Script) { s.Answer = func(a map[string]any) { a["access_token"] = "another token" } }},
	}
}

// nonceAttacks: the token answers this attempt (OpenID Connect Core 3.1.3.7,
// step 11).
func nonceAttacks() []Attack {
	return []Attack{
		{"no nonce", "nonce", token(drop("nonce"))},
		{"an empty nonce", "nonce", token(set("nonce", ""))},
		{"another nonce", "nonce", token(set("nonce", "n-of-somebody-else"))},
		{"the nonce in a list", "nonce", token(func(claims, _ map[string]any) { claims["nonce"] = []any{claims["nonce"]} })},
		{"the nonce as Nonce", "nonce", token(rename("nonce", "Nonce"))},
	}
}

// userinfoAttacks: userinfo is about the ID token's subject (OpenID Connect
// Core 5.3.2). The ID token leaves e-mail and groups out, so that userinfo is
// asked.
func userinfoAttacks() []Attack {
	userinfo := func(change func(claims map[string]any)) func(*Script) {
		return both(token(drop("email", "groups")), func(s *Script) { s.Userinfo = change })
	}
	return []Attack{
		{"userinfo of somebody else", "userinfo", userinfo(func(c map[string]any) { c["sub"] = "somebody-else" })},
		{"userinfo of nobody", "userinfo", userinfo(func(c map[string]any) { delete(c, "sub") })},
		{"userinfo whose sub is Sub", "userinfo", userinfo(func(c map[string]any) { c["Sub"] = c["sub"]; delete(c, "sub") })},
	}
}

// also appends a member to a JSON object.
func also(member string) func([]byte) []byte {
	return func(p []byte) []byte { return append(p[:len(p)-1], ","+member+"}"...) }
}

// exchangePayload keeps header and signature and claims to be somebody else.
func exchangePayload(compact string) string {
	parts := strings.Split(compact, ".")
	payload, err := decode(parts[1])
	if err != nil {
		return ""
	}
	parts[1] = encode([]byte(strings.Replace(string(payload), Subject, "somebody-else", 1)))
	return strings.Join(parts, ".")
}

// flattened is the JSON serialization of RFC 7515 section 7.2.2.
func flattened(compact string) string {
	parts := strings.Split(compact, ".")
	object, err := json.Marshal(map[string]string{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	if err != nil {
		return ""
	}
	return string(object)
}
