package provider

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(d time.Duration) int64 { return testNow.Add(d).Unix() }

func atHash(accessToken string) string {
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// rsaPEM is the public key as an attacker has it for HS256 confusion.
func rsaPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))})
}

// TestRedeemHoldsIDTokenToTheRules changes one thing of a good sign-in per
// line. Lines without a reason are the benign twins and must pass.
func TestRedeemHoldsIDTokenToTheRules(t *testing.T) {
	claim := func(name string, v any) func(*idp) { return func(i *idp) { i.claims[name] = v } }
	header := func(name string, v any) func(*idp) { return func(i *idp) { i.header[name] = v } }
	signed := func(alg string, key any) func(*idp) { return func(i *idp) { i.signer = signer{alg, key} } }
	published := func(keys ...any) func(*idp) { return func(i *idp) { i.keys = keys } }
	raw := func(token func(i *idp) string) func(*idp) { return func(i *idp) { i.answer["id_token"] = token(i) } }
	payload := func(text func(good string) string) func(*idp) {
		return raw(func(i *idp) string {
			good := string(must(json.Marshal(i.goodClaims())))
			return i.signer.sign([]byte(`{"alg":"RS256","kid":"k1"}`), []byte(text(good)))
		})
	}
	both := func(changes ...func(*idp)) func(*idp) {
		return func(i *idp) {
			for _, change := range changes {
				change(i)
			}
		}
	}
	for _, test := range []struct {
		name   string
		change func(*idp)
		reason string
	}{
		{"nothing changed", func(*idp) {}, ""},

		{"alg none", both(header("alg", "none"), signed("none", nil)), ReasonIDTokenAlgorithm},
		{"alg NoNe", both(header("alg", "NoNe"), signed("none", nil)), ReasonIDTokenAlgorithm},
		{"alg empty", header("alg", ""), ReasonIDTokenAlgorithm},
		{"alg missing", header("alg", nil), ReasonIDTokenAlgorithm},
		{"alg a number", header("alg", 256), ReasonIDTokenAlgorithm},
		{"alg rs256 in lower case", header("alg", "rs256"), ReasonIDTokenAlgorithm},
		{"HS256 with the client secret", signed("HS256", []byte(testSecret)), ReasonIDTokenAlgorithm},
		{"HS256 with the RSA key's PEM", signed("HS256", rsaPEM()), ReasonIDTokenAlgorithm},
		{"hs256 in lower case", signed("hs256", []byte(testSecret)), ReasonIDTokenAlgorithm},
		{"RS384, which is not configured", header("alg", "RS384"), ReasonIDTokenAlgorithm},
		{"HS256 signature under RS256", both(signed("RS256", []byte(testSecret))), ReasonIDTokenSignature},
		{"ES256", both(signed("ES256", ecKey()), published(jwk(&ecKey().PublicKey, "k1", nil))), ""},
		{"PS256", signed("PS256", rsaKey()), ""},
		{"EdDSA", both(signed("EdDSA", edKey()), published(jwk(edKey().Public(), "k1", nil))), ""},
		{"PS256 by a key for RS256", both(signed("PS256", rsaKey()), published(jwk(&rsaKey().PublicKey, "k1", object{"alg": "RS256"}))), ReasonIDTokenKey},
		{"ES256 claimed for an RSA key", header("alg", "ES256"), ReasonIDTokenKey},

		{"wrong key with same kid", signed("RS256", otherRSA()), ReasonIDTokenSignature},
		{"unknown kid", header("kid", "k2"), ReasonIDTokenKey},
		{"kid differs in case", header("kid", "K1"), ReasonIDTokenKey},
		{"kid a number", header("kid", 1), ReasonIDTokenMalformed},
		{"kid absent with one key", header("kid", nil), ""},
		{"kid absent with several keys", both(header("kid", nil), published(jwk(&otherRSA().PublicKey, "k0", nil), jwk(edKey().Public(), "k3", nil), jwk(&rsaKey().PublicKey, "k1", nil))), ""},
		{"kid absent and no key fits", both(header("kid", nil), published(jwk(&otherRSA().PublicKey, "k0", nil))), ReasonIDTokenSignature},
		{"same kid for two types", published(jwk(edKey().Public(), "k1", nil), jwk(&rsaKey().PublicKey, "k1", nil)), ""},
		{"key is for encryption", published(jwk(&rsaKey().PublicKey, "k1", object{"use": "enc"}), jwk(&otherRSA().PublicKey, "k9", nil)), ReasonIDTokenKey},
		{"key is for signatures", published(jwk(&rsaKey().PublicKey, "k1", object{"use": "sig", "alg": "RS256", "key_ops": []string{"verify"}})), ""},
		{"jwk of the attacker", both(header("jwk", jwk(&otherRSA().PublicKey, "k1", nil)), signed("RS256", otherRSA())), ReasonIDTokenSignature},
		{"jwk of the attacker without kid", both(header("kid", nil), header("jwk", jwk(&otherRSA().PublicKey, "k1", nil)), signed("RS256", otherRSA())), ReasonIDTokenSignature},
		{"jku and x5u are not followed", func(i *idp) {
			i.header["jku"], i.header["x5u"] = i.URL+"/evil-jwks", i.URL+"/evil-jwks"
			i.signer = signer{"RS256", otherRSA()}
		}, ReasonIDTokenSignature},
		{"jku on a good token is ignored", func(i *idp) { i.header["jku"] = i.URL + "/evil-jwks" }, ""},
		{"signature cut off", raw(func(i *idp) string { token := i.idToken(); return token[:strings.LastIndexByte(token, '.')+1] }), ReasonIDTokenSignature},
		{"payload swapped under a good signature", raw(func(i *idp) string {
			parts := strings.Split(i.idToken(), ".")
			claims := i.goodClaims()
			claims["sub"] = "mallory"
			parts[1] = base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims)))
			return strings.Join(parts, ".")
		}), ReasonIDTokenSignature},

		{"crit unknown", header("crit", []string{"exp"}), ReasonIDTokenCritical},
		{"crit b64", both(header("crit", []string{"b64"}), header("b64", false)), ReasonIDTokenCritical},
		{"crit empty", header("crit", []string{}), ReasonIDTokenCritical},
		{"b64 without crit", header("b64", false), ReasonIDTokenCritical},
		{"unknown header parameter", header("x-vendor", "v"), ""},
		{"typ absent", header("typ", nil), ""},
		{"typ jwt", header("typ", "jwt"), ""},
		{"typ application/JWT", header("typ", "application/JWT"), ""},
		{"typ at+jwt", header("typ", "at+jwt"), ReasonIDTokenType},
		{"typ application/AT+JWT", header("typ", "Application/AT+JWT"), ReasonIDTokenType},
		{"typ logout+jwt", header("typ", "logout+jwt"), ReasonIDTokenType},
		{"typ secevent+jwt", header("typ", "secevent+jwt"), ReasonIDTokenType},
		{"typ a list", header("typ", []string{"JWT"}), ReasonIDTokenType},
		{"header with a name twice", raw(func(i *idp) string {
			return i.signer.sign([]byte(`{"alg":"none","alg":"RS256","kid":"k1"}`), must(json.Marshal(i.goodClaims())))
		}), ReasonIDTokenMalformed},

		{"JSON serialization", raw(func(i *idp) string {
			parts := strings.Split(i.idToken(), ".")
			return `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`
		}), ReasonIDTokenMalformed},
		{"five parts, encrypted", raw(func(i *idp) string { return i.idToken() + ".a.b" }), ReasonIDTokenMalformed},
		{"two parts", raw(func(*idp) string { return "e30.e30" }), ReasonIDTokenMalformed},
		{"padded base64", raw(func(i *idp) string { return strings.Replace(i.idToken(), ".", "=.", 1) }), ReasonIDTokenMalformed},
		{"larger than the bound", func(i *idp) { i.claims["filler"] = strings.Repeat("x", maxIDToken) }, ReasonIDTokenMalformed},
		{"as large as 5,000 groups", func(i *idp) {
			groups := make([]string, 5000)
			for n := range groups {
				groups[n] = "cn=team-with-a-long-name,ou=groups,dc=example"
			}
			i.claims["groups"] = groups
		}, ""},
		{"payload not JSON", payload(func(string) string { return "hello" }), ReasonIDTokenMalformed},
		{"payload a list", payload(func(good string) string { return "[" + good + "]" }), ReasonIDTokenMalformed},
		{"payload twice", payload(func(good string) string { return good + good }), ReasonIDTokenMalformed},
		{"payload truncated", payload(func(good string) string { return good[:len(good)-1] }), ReasonIDTokenMalformed},
		{"sub twice", payload(func(good string) string { return `{"sub":"mallory",` + good[1:] }), ReasonIDTokenMalformed},
		{"nested name twice", payload(func(good string) string { return `{"a":{"b":1,"b":2},` + good[1:] }), ReasonIDTokenMalformed},
		{"sub twice by an escape", payload(func(good string) string { return `{"\u0073ub":"mallory",` + good[1:] }), ReasonIDTokenMalformed},
		{"sub in capitals only", both(claim("sub", nil), claim("SUB", "ada-1815")), ReasonIDTokenSubject},
		{"nonce in capitals only", both(claim("nonce", nil), claim("Nonce", testNonce)), ReasonIDTokenNonce},
		{"invalid UTF-8", payload(func(good string) string { return `{"x":"` + "\xff" + `",` + good[1:] }), ReasonIDTokenMalformed},

		{"iss of somebody else", claim("iss", "https://evil.example"), ReasonIDTokenIssuer},
		{"iss with a slash", func(i *idp) { i.claims["iss"] = i.URL + "/" }, ReasonIDTokenIssuer},
		{"iss missing", claim("iss", nil), ReasonIDTokenIssuer},
		{"iss a list", func(i *idp) { i.claims["iss"] = []string{i.URL} }, ReasonIDTokenIssuer},
		{"aud of another client", claim("aud", "other"), ReasonIDTokenAudience},
		{"aud missing", claim("aud", nil), ReasonIDTokenAudience},
		{"aud empty list", claim("aud", []string{}), ReasonIDTokenAudience},
		{"aud a number", claim("aud", 7), ReasonIDTokenAudience},
		{"aud an object", claim("aud", object{testClient: true}), ReasonIDTokenAudience},
		{"aud contains us in part", claim("aud", testClient+"-2"), ReasonIDTokenAudience},
		{"aud list of us", claim("aud", []string{testClient}), ""},
		{"aud list with a number", claim("aud", []any{testClient, 7}), ReasonIDTokenAudience},
		{"aud several without azp", claim("aud", []string{testClient, "other"}), ReasonIDTokenAudience},
		{"aud several with azp", both(claim("aud", []string{"other", testClient}), claim("azp", testClient)), ""},
		{"aud several with azp of another", both(claim("aud", []string{testClient, "other"}), claim("azp", "other")), ReasonIDTokenAudience},
		{"azp of another client", claim("azp", "other"), ReasonIDTokenAudience},
		{"azp ours", claim("azp", testClient), ""},
		{"azp a list", claim("azp", []string{testClient}), ReasonIDTokenAudience},

		{"expired", claim("exp", at(-61*time.Second)), ReasonIDTokenExpired},
		{"expired within the skew", claim("exp", at(-59*time.Second)), ""},
		{"exp missing", claim("exp", nil), ReasonIDTokenTimes},
		{"exp a string", claim("exp", "1900000000"), ReasonIDTokenTimes},
		{"exp huge", claim("exp", json.Number("1e300")), ReasonIDTokenTimes},
		{"exp overflows a float", claim("exp", json.Number("1e999")), ReasonIDTokenTimes},
		{"exp overflows int64", claim("exp", json.Number("9223372036854775808")), ReasonIDTokenTimes},
		{"exp negative", claim("exp", -1), ReasonIDTokenTimes},
		{"exp zero", claim("exp", 0), ReasonIDTokenTimes},
		{"exp a boolean", claim("exp", true), ReasonIDTokenTimes},
		{"exp with a fraction", claim("exp", json.Number("1800003600.75")), ""},
		{"iat missing", claim("iat", nil), ReasonIDTokenTimes},
		{"iat a string", claim("iat", "1800000000"), ReasonIDTokenTimes},
		{"iat in the future", claim("iat", at(61*time.Second)), ReasonIDTokenEarly},
		{"iat in the future within the skew", claim("iat", at(59*time.Second)), ""},
		{"nbf in the future", claim("nbf", at(2*time.Minute)), ReasonIDTokenEarly},
		{"nbf within the skew", claim("nbf", at(30*time.Second)), ""},
		{"nbf a string", claim("nbf", "0"), ReasonIDTokenTimes},
		{"auth_time in the future", claim("auth_time", at(2*time.Minute)), ReasonIDTokenEarly},
		{"auth_time a string", claim("auth_time", "yesterday"), ReasonIDTokenTimes},
		{"auth_time", claim("auth_time", at(-time.Hour)), ""},

		{"sub missing", claim("sub", nil), ReasonIDTokenSubject},
		{"sub empty", claim("sub", ""), ReasonIDTokenSubject},
		{"sub a number", claim("sub", 1815), ReasonIDTokenSubject},
		{"sub a list", claim("sub", []string{"ada-1815"}), ReasonIDTokenSubject},
		{"sub of 255 bytes", claim("sub", strings.Repeat("a", 255)), ""},
		{"sub of 256 bytes", claim("sub", strings.Repeat("a", 256)), ReasonIDTokenSubject},
		{"sub with CRLF", claim("sub", "ada\r\nX-Admin: 1"), ReasonIDTokenSubject},
		{"sub with NUL", claim("sub", "ada\x00"), ReasonIDTokenSubject},
		{"sub with C1", claim("sub", "ada\u0085x"), ReasonIDTokenSubject},
		{"sub blank", claim("sub", " "), ReasonIDTokenSubject},
		{"sub with a blank at the end", claim("sub", "ada-1815 "), ReasonIDTokenSubject},
		{"sub with a lone surrogate", payload(func(good string) string { return strings.Replace(good, "ada-1815", `ada\ud800`, 1) }), ReasonIDTokenSubject},
		{"sub with a blank inside", claim("sub", "ada lovelace|1815"), ""},

		{"nonce missing", claim("nonce", nil), ReasonIDTokenNonce},
		{"nonce wrong", claim("nonce", "nonce-of-another"), ReasonIDTokenNonce},
		{"nonce empty", claim("nonce", ""), ReasonIDTokenNonce},
		{"nonce a list", claim("nonce", []string{testNonce}), ReasonIDTokenNonce},
		{"nonce in other case", claim("nonce", strings.ToUpper(testNonce)), ReasonIDTokenNonce},
		{"at_hash right", claim("at_hash", atHash(testAccess)), ""},
		{"at_hash wrong", claim("at_hash", atHash("another")), ReasonIDTokenAtHash},
		{"at_hash empty", claim("at_hash", ""), ReasonIDTokenAtHash},
		{"at_hash a number", claim("at_hash", 7), ReasonIDTokenAtHash},
		{"at_hash under EdDSA by SHA-256", both(signed("EdDSA", edKey()), published(jwk(edKey().Public(), "k1", nil)), claim("at_hash", atHash(testAccess))), ReasonIDTokenAtHash},
		{"sid a number", claim("sid", 7), ReasonIDTokenMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			test.change(i)
			grant, err := redeem(i.client(nil))
			wantReason(t, err, test.reason)
			if (grant == nil) != (test.reason != "") {
				t.Errorf("grant = %v with error %v", grant, err)
			}
			if n := i.asked("/evil-jwks"); n != 0 {
				t.Errorf("the header's key address was asked %d times", n)
			}
		})
	}
}

func TestTokenHasOneSpelling(t *testing.T) {
	good := signer{}.sign([]byte(`{"alg":"RS256"}`), []byte(`{}`)) + "AA"
	for token, want := range map[string]bool{
		good:                                   true,
		good[:len(good)-1] + "B":               false, // bits beyond the last byte
		good + "=":                             false,
		good + "\n":                            false,
		"\r\n" + good:                          false,
		" " + good:                             false,
		strings.Replace(good, ".", ".\n", 1):   false,
		strings.Replace(good, ".", "..", 1):    false,
		strings.Replace(good, "e30", "e3+", 1): false,
	} {
		if _, err := readJWS(token, []string{"RS256"}); (err == nil) != want {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestRedeemGrantsWhatTheTokenProves(t *testing.T) {
	i := newIDP(t)
	i.claims = object{"sid": "session-9", "auth_time": at(-time.Minute), "acr": "Multi_Factor", "amr": []string{"pwd", "mfa"}}
	i.answer["refresh_token"] = "refresh-1"
	got, err := redeem(i.client(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got.IDToken == "" {
		t.Error("the ID token is missing")
	}
	got.IDToken = ""
	want := &Grant{
		SID: "session-9", AuthTime: testNow.Add(-time.Minute),
		AccessToken: testAccess, RefreshToken: "refresh-1", AccessExpires: testNow.Add(time.Hour),
		IDExpires: testNow.Add(time.Hour),
	}
	want.Identity.Provider, want.Identity.Issuer, want.Identity.Subject = "ping", i.URL, "ada-1815"
	want.Identity.Email, want.Identity.EmailVerified = "ada@example.com", true
	want.Identity.Name, want.Identity.Username, want.Identity.Groups = "Ada", "ada", []string{"engineering"}
	want.Identity.ACR, want.Identity.AMR = "Multi_Factor", []string{"pwd", "mfa"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestMaxAgeNeedsRecentAuthentication(t *testing.T) {
	for _, test := range []struct {
		name     string
		params   map[string]string
		maxAge   time.Duration
		authTime any
		reason   string
	}{
		{"not asked, not there", nil, 0, nil, ""},
		{"asked, recent", nil, time.Hour, at(-time.Hour), ""},
		{"asked, recent within the skew", nil, time.Hour, at(-time.Hour - 59*time.Second), ""},
		{"asked, too old", nil, time.Hour, at(-time.Hour - 61*time.Second), ReasonIDTokenAuthTime},
		{"asked, absent", nil, time.Hour, nil, ReasonIDTokenAuthTime},
		{"asked by the configuration, recent", map[string]string{"max_age": "600"}, 0, at(-time.Minute), ""},
		{"asked by the configuration, too old", map[string]string{"max_age": "600"}, 0, at(-time.Hour), ReasonIDTokenAuthTime},
		{"asked by the configuration, absent", map[string]string{"max_age": "600"}, 0, nil, ReasonIDTokenAuthTime},
		{"zero by the configuration, too old", map[string]string{"max_age": "0"}, 0, at(-2 * time.Minute), ReasonIDTokenAuthTime},
		{"zero by the configuration, just now", map[string]string{"max_age": "0"}, 0, at(-time.Second), ""},
		{"the configuration's is smaller", map[string]string{"max_age": "60"}, time.Hour, at(-30 * time.Minute), ReasonIDTokenAuthTime},
		{"the sign-in's own is smaller", map[string]string{"max_age": "3600"}, time.Minute, at(-30 * time.Minute), ReasonIDTokenAuthTime},
		{"recent enough for both", map[string]string{"max_age": "60"}, time.Hour, at(-30 * time.Second), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.claims["auth_time"] = test.authTime
			p := i.client(func(o *Options) { o.AuthorizationParams = test.params })
			r := redemption()
			r.MaxAge = test.maxAge
			_, err := p.Redeem(t.Context(), r)
			wantReason(t, err, test.reason)
		})
	}
}

func TestRedeemWithoutNonceAsksNobody(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	r := redemption()
	r.Nonce = ""
	if _, err := p.Redeem(t.Context(), r); err == nil {
		t.Error("a redemption without nonce must fail")
	}
	if n := i.asked("/token"); n != 0 {
		t.Errorf("the token endpoint was asked %d times", n)
	}
}
