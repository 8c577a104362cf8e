package rogue

import "net/url"

// Benign are the attacks' twins: unusual, and right. Each must end in a session
// of Subject, or refusing everything would pass for security.
func Benign() []Attack {
	authorize := func(change func(a url.Values)) func(*Script) {
		return func(s *Script) { s.Authorize = func(_, a url.Values) { change(a) } }
	}
	return []Attack{
		{Name: "nothing changed", Apply: func(*Script) {}},
		{Name: "no kid and one key", Apply: func(s *Script) {
			token(headless("kid"))(s)
			s.JWKS = func(set map[string]any, _ Keys) { delete(set["keys"].([]any)[0].(map[string]any), "kid") }
		}},
		{Name: "no typ", Apply: token(headless("typ"))},
		{Name: "a jku header besides the right key", Apply: token(head("jku", "https://idp.example.com/jwks"))},
		{Name: "a key without use and alg", Apply: func(s *Script) {
			s.JWKS = func(set map[string]any, _ Keys) {
				key := set["keys"].([]any)[0].(map[string]any)
				delete(key, "use")
				delete(key, "alg")
			}
		}},
		{Name: "other keys and key types in the set", Apply: func(s *Script) {
			s.JWKS = func(set map[string]any, k Keys) {
				set["keys"] = append([]any{
					map[string]any{"kty": "urn:example:new", "kid": "new"},
					PublicJWK(k.Unpublished, "rogue-0"),
				}, set["keys"].([]any)...)
			}
		}},
		{Name: "other algorithms supported", Apply: metadata("id_token_signing_alg_values_supported", []string{"none", "HS256", "RS256", "ES256"})},
		{Name: "the audience as a list of one", Apply: token(set("aud", []string{ClientID}))},
		{Name: "the authorized party is us", Apply: token(set("azp", ClientID))},
		{Name: "issued 30 seconds from now", Apply: token(shift("iat", 30))},
		{Name: "valid 30 seconds from now", Apply: token(func(claims, _ map[string]any) { claims["nbf"] = claims["iat"].(int64) + 30 })},
		{Name: "expired 30 seconds ago", Apply: token(shift("exp", -3600-30))},
		{Name: "times with a fraction", Apply: token(func(claims, _ map[string]any) { claims["iat"] = float64(claims["iat"].(int64)) + 0.5 })},
		{Name: "no at_hash", Apply: token(drop("at_hash"))},
		{Name: "claims that nobody knows", Apply: token(set("urn:example:claim", map[string]any{"a": []any{1, nil, true}}))},
		{Name: "a claim that differs from sub in case", Apply: token(set("Sub", "somebody-else"))},
		{Name: "one name in two objects", Apply: func(s *Script) { s.Payload = also(`"a":{"country":"DE"},"b":{"country":"FR"}`) }},
		{Name: "e-mail and groups in userinfo alone", Apply: token(drop("email", "groups"))},
		{Name: "one group as a string", Apply: token(set("groups", "staff"))},
		{Name: "no groups", Apply: both(token(drop("groups")), func(s *Script) { s.Userinfo = func(c map[string]any) { delete(c, "groups") } })},
		{Name: "no refresh token", Apply: func(s *Script) { s.Answer = func(a map[string]any) { delete(a, "refresh_token") } }},
		{Name: "members that nobody knows", Apply: func(s *Script) { s.Answer = func(a map[string]any) { a["urn:example:member"] = "x" } }},
		{Name: "an unknown parameter in the redirect", Apply: authorize(func(a url.Values) { a.Set("session_state", "x") })},
		{Name: "iss, announced", Apply: metadata(issAnnounced, true)},
	}
}
