package gateway_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// certified are the OpenID Foundation's test plans for relying parties that use
// the code flow, each case under the name that it has there. Left out is what
// Gatehouse does not do on purpose: WebFinger and dynamic registration
// (providers stand in the file), request objects by reference, and session
// management by iframe.
var certified = []conformanceCase{
	{"basic", "oidcc-client-test", accepts(nil)},
	{"basic", "oidcc-client-test-idtoken-sig-rs256", accepts(nil)},
	{"basic", "oidcc-client-test-invalid-iss", refuses("id_token_issuer", claims("iss", "https://attacker.example/as"))},
	{"basic", "oidcc-client-test-missing-sub", refuses("id_token_subject", claims("sub", nil))},
	{"basic", "oidcc-client-test-invalid-aud", refuses("id_token_audience", claims("aud", "another-client"))},
	{"basic", "oidcc-client-test-missing-aud", refuses("id_token_audience", claims("aud", nil))},
	{"basic", "oidcc-client-test-missing-iat", refuses("id_token_times", claims("iat", nil))},
	{"basic", "oidcc-client-test-kid-absent-single-jwks", accepts(withoutKid)},
	{"basic", "oidcc-client-test-kid-absent-multiple-jwks", accepts(withoutKidAmongKeys)},
	{"basic", "oidcc-client-test-idtoken-sig-none", refuses("id_token_algorithm", algorithm("none", nil))},
	{"basic", "oidcc-client-test-invalid-sig-rs256", refuses("id_token_signature", signedBy(unpublished))},
	{"basic", "oidcc-client-test-invalid-sig-hs256", refuses("id_token_algorithm", algorithm("HS256", sharedSecret))},
	{"basic", "oidcc-client-test-invalid-sig-es256", refuses("id_token_key_unknown", renamedES256)},
	{"basic", "oidcc-client-test-nonce-invalid", refuses("id_token_nonce", claims("nonce", "n-of-somebody-else"))},
	{"basic", "oidcc-client-test-userinfo-invalid-sub", refuses("userinfo_subject", userinfoOf("somebody-else"))},
	{"basic", "oidcc-client-test-scope-userinfo-claims", holds(userinfoFillsIn)},
	{"basic", "oidcc-client-test-userinfo-bearer-header", holds(userinfoByHeader)},
	{"basic", "oidcc-client-test-client-secret-basic", holds(secretByBasic)},
	{"basic", "oidcc-client-test-aggregated-claims", accepts(claimsElsewhere(pairs{"JWT": "e30.e30."}))},
	{"basic", "oidcc-client-test-distributed-claims", accepts(claimsElsewhere(pairs{"endpoint": "https://claims.example/"}))},

	{"config", "oidcc-client-test-discovery-openid-config", holds(readsDiscovery)},
	{"config", "oidcc-client-test-discovery-jwks-uri-keys", holds(readsKeys)},
	{"config", "oidcc-client-test-discovery-issuer-mismatch", refuses("discovery_issuer_mismatch", discovery("issuer", "https://attacker.example/as"))},
	{"config", "oidcc-client-test-idtoken-sig-none", refuses("id_token_algorithm", algorithm("none", nil))},
	{"config", "oidcc-client-test-signing-key-rotation", holds(keysRotated)},
	{"config", "oidcc-client-test-signing-key-rotation-just-before-signing", holds(keysRotatedMeanwhile)},
	{"config", "oidcc-client-test-userinfo-signed", holds(userinfoSigned)},

	{"refresh", "oidcc-client-test-refresh-token", holds(refreshed(nil))},
	{"refresh", "oidcc-client-test-refresh-token-invalid-issuer", holds(refreshed(claims("iss", "https://attacker.example/as")))},
	{"refresh", "oidcc-client-test-refresh-token-invalid-sub", holds(refreshed(claims("sub", "somebody-else")))},

	{"third-party-initiated", "oidcc-client-test-3rd-party-init-login", holds(thirdPartyBegins)},

	{"rp-initiated-logout", "oidcc-client-test-rp-init-logout", holds(signsOut(func(state string) string { return state }, true))},
	{"rp-initiated-logout", "oidcc-client-test-rp-init-logout-other-state", holds(signsOut(func(string) string { return "another-state" }, false))},
	{"rp-initiated-logout", "oidcc-client-test-rp-init-logout-no-state", holds(signsOut(func(string) string { return "" }, false))},

	{"front-channel-logout", "oidcc-client-test-rp-frontchannel-rpinitlogout", holds(frontChannel(true))},
	{"front-channel-logout", "oidcc-client-test-rp-frontchannel-opinitlogout", holds(frontChannel(false))},

	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout", holds(backChannelLogout(nil, nil, nil, true))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-alg-none", holds(backChannelLogout(nil, pairs{"alg": "none"}, nil, false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-no-event", holds(backChannelLogout(pairs{"events": nil}, nil, nil, false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce", holds(backChannelLogout(pairs{"nonce": "n"}, nil, nil, false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg", holds(backChannelLogout(nil, pairs{"alg": "HS256"}, []byte(rogue.ClientSecret), false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud", holds(backChannelLogout(pairs{"aud": "another-client"}, nil, nil, false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event", holds(backChannelLogout(pairs{"events": pairs{"http://schemas.openid.net/event/other": pairs{}}}, nil, nil, false))},
	{"back-channel-logout", "oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss", holds(backChannelLogout(pairs{"iss": "https://attacker.example/as"}, nil, nil, false))},
}

// TestConformance walks the plans, the basic one a second time with answers
// that are posted, and ends with a score for each.
func TestConformance(t *testing.T) {
	t.Parallel()
	board := &scoreboard{}
	t.Cleanup(func() { board.report(t) })
	for _, c := range certified {
		board.run(t, c.plan, c.name, func(t *testing.T) { c.hold(t, party{t: t}) })
		if c.plan == "basic" {
			board.run(t, "form-post-basic", c.name, func(t *testing.T) { c.hold(t, party{t: t, posted: true}) })
		}
	}
}

// claims scripts one claim of the ID token; nil takes it away.
func claims(name string, value any) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.IDToken = func(token, _ map[string]any) {
			if token[name] = value; value == nil {
				delete(token, name)
			}
		}
	}
}

func signedBy(key func(rogue.Keys) any) func(*rogue.Script) {
	return func(s *rogue.Script) { s.Key = key }
}

// algorithm scripts what signs, truthfully named in the header.
func algorithm(name string, key func(rogue.Keys) any) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.IDToken = func(_, header map[string]any) { header["alg"] = name }
		s.Key = key
	}
}

func unpublished(k rogue.Keys) any  { return k.Unpublished }
func sharedSecret(k rogue.Keys) any { return []byte(k.ClientSecret) }

// renamedES256 claims an algorithm that we trust and the key is not of.
func renamedES256(s *rogue.Script) {
	s.Compact = func(token string) string {
		_, rest, _ := strings.Cut(token, ".")
		payload, _, _ := strings.Cut(rest, ".")
		encode := base64.RawURLEncoding.EncodeToString
		return encode([]byte(`{"alg":"ES256","kid":"`+rogue.KeyID+`"}`)) + "." + payload + "." + encode(make([]byte, 64))
	}
}

func withoutKid(s *rogue.Script) {
	s.IDToken = func(_, header map[string]any) { delete(header, "kid") }
}

func withoutKidAmongKeys(s *rogue.Script) {
	withoutKid(s)
	s.JWKS = func(set map[string]any, k rogue.Keys) {
		set["keys"] = append([]any{rogue.PublicJWK(k.Unpublished, "rogue-0")}, set["keys"].([]any)...)
	}
}

// userinfoOf leaves the person's claims to userinfo, which speaks of sub.
func userinfoOf(sub string) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.IDToken = func(token, _ map[string]any) { delete(token, "email"); delete(token, "groups") }
		s.Userinfo = func(info map[string]any) { info["sub"] = sub }
	}
}

// claimsElsewhere names a claim that another place would tell (Core section
// 5.6.2). It is not fetched, and nobody is kept out by it.
func claimsElsewhere(source pairs) func(*rogue.Script) {
	return func(s *rogue.Script) {
		s.IDToken = func(token, _ map[string]any) {
			token["_claim_names"] = pairs{"credit_score": "src1"}
			token["_claim_sources"] = pairs{"src1": source}
		}
	}
}

func discovery(name string, value any) func(*rogue.Script) {
	return func(s *rogue.Script) { s.Discovery = func(d map[string]any) { d[name] = value } }
}

// back is where the provider sends people after it signed them out.
func back(state string) string {
	if state == "" {
		return home + "/.auth/signed-out"
	}
	return home + "/.auth/signed-out?" + url.Values{"state": {state}}.Encode()
}
