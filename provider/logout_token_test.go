package provider

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

const logoutEvents = "http://schemas.openid.net/event/backchannel-logout"

func (i *idp) logoutClaims() object {
	return object{
		"iss": i.URL, "aud": testClient, "iat": testNow.Unix(), "exp": testNow.Add(2 * time.Minute).Unix(), "jti": "j-1",
		"sid": "session-9", "events": object{logoutEvents: object{}},
	}
}

// logoutToken mints one with claims and header put over a good one's.
func (i *idp) logoutToken(claims, header object) string {
	h := overlay(object{"alg": i.signer.alg, "kid": "k1", "typ": "logout+jwt"}, header)
	return i.signer.sign(must(json.Marshal(h)), must(json.Marshal(overlay(i.logoutClaims(), claims))))
}

// TestLogoutTokensRules: OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6.
func TestLogoutTokensRules(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	for name, c := range map[string]struct {
		claims, header object
		good           bool
	}{
		"benign":                         {nil, nil, true},
		"benign: plain typ":              {nil, object{"typ": "JWT"}, true},
		"benign: media type":             {nil, object{"typ": "application/logout+jwt"}, true},
		"benign: no typ":                 {nil, object{"typ": nil}, true},
		"benign: sub alone":              {object{"sid": nil, "sub": "ada-1815"}, nil, true},
		"benign: several audiences":      {object{"aud": []string{"other", testClient}}, nil, true},
		"benign: our clock is behind":    {object{"iat": testNow.Add(30 * time.Second).Unix()}, nil, true},
		"benign: something in the event": {object{"events": object{logoutEvents: object{"a": 1}, "urn:b": object{}}}, nil, true},
		"an ID token's typ of another":   {nil, object{"typ": "at+jwt"}, false},
		"a security event's typ":         {nil, object{"typ": "secevent+jwt"}, false},
		"crit":                           {nil, object{"crit": []string{"b64"}}, false},
		"another issuer":                 {object{"iss": "https://evil.example"}, nil, false},
		"issuer with a slash":            {object{"iss": i.URL + "/"}, nil, false},
		"no issuer":                      {object{"iss": nil}, nil, false},
		"another audience":               {object{"aud": "other"}, nil, false},
		"no audience":                    {object{"aud": nil}, nil, false},
		"an audience that is an object":  {object{"aud": object{testClient: true}}, nil, false},
		"no iat":                         {object{"iat": nil}, nil, false},
		"iat as a string":                {object{"iat": "1800000000"}, nil, false},
		"iat in the future":              {object{"iat": testNow.Add(2 * time.Minute).Unix()}, nil, false},
		"iat of an hour ago":             {object{"iat": testNow.Add(-time.Hour).Unix()}, nil, false},
		"no exp":                         {object{"exp": nil}, nil, false},
		"expired":                        {object{"exp": testNow.Add(-2 * time.Minute).Unix()}, nil, false},
		"not yet":                        {object{"nbf": testNow.Add(time.Hour).Unix()}, nil, false},
		"no jti":                         {object{"jti": nil}, nil, false},
		"an empty jti":                   {object{"jti": ""}, nil, false},
		"a huge jti":                     {object{"jti": strings.Repeat("j", 300)}, nil, false},
		"a jti that is a number":         {object{"jti": 7}, nil, false},
		"no events":                      {object{"events": nil}, nil, false},
		"events as a list":               {object{"events": []string{logoutEvents}}, nil, false},
		"another event":                  {object{"events": object{"urn:other": object{}}}, nil, false},
		"an event that is no object":     {object{"events": object{logoutEvents: true}}, nil, false},
		"a nonce":                        {object{"nonce": testNonce}, nil, false},
		"a nonce of null":                {object{"nonce": json.RawMessage("null")}, nil, false},
		"neither sid nor sub":            {object{"sid": nil}, nil, false},
		"an empty sid":                   {object{"sid": "", "sub": "ada-1815"}, nil, false},
		"a sub that is a list":           {object{"sub": []string{"ada-1815"}}, nil, false},
		"an ID token":                    {maps.Clone(i.goodClaims()), object{"typ": "JWT"}, false},
		"an unknown key":                 {nil, object{"kid": "k9"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			claims := c.claims
			if name == "an ID token" {
				claims["events"], claims["jti"] = nil, nil
			}
			_, err := p.VerifyLogoutToken(t.Context(), i.logoutToken(claims, c.header))
			if c.good && err != nil {
				t.Error(err)
			} else if !c.good {
				wantReason(t, err, ReasonLogoutToken)
			}
		})
	}
}

func TestLogoutTokenSaysWhatEnds(t *testing.T) {
	i := newIDP(t)
	got, err := i.client(nil).VerifyLogoutToken(t.Context(), i.logoutToken(object{"sub": "ada-1815"}, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := LogoutToken{Issuer: i.URL, SID: "session-9", Subject: "ada-1815", ID: "j-1", Until: testNow.Add(6 * time.Minute)}
	if *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestLogoutTokensAlgorithms(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	for name, s := range map[string]signer{
		"none":                 {"none", nil},
		"NONE":                 {"NONE", nil},
		"the client's secret":  {"HS256", []byte(testSecret)},
		"another RSA key":      {"RS256", otherRSA()},
		"not among ours":       {"RS512", rsaKey()},
		"a key of another kty": {"ES256", ecKey()},
	} {
		i.signer = s
		_, err := p.VerifyLogoutToken(t.Context(), i.logoutToken(nil, nil))
		if reason(t, err) != ReasonLogoutToken {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := p.VerifyLogoutToken(t.Context(), strings.Repeat("a", 1<<20))
	wantReason(t, err, ReasonLogoutToken)
}

// TestStrangersTokensDoNotSpendTheSignInsBudget: anybody may post a logout
// token that names an unknown key.
func TestStrangersTokensDoNotSpendTheSignInsBudget(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	if _, err := redeem(p); err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		_, err := p.VerifyLogoutToken(context.Background(), i.logoutToken(nil, object{"kid": "k-none"}))
		wantReason(t, err, ReasonLogoutToken)
	}
	if n := i.asked("/jwks"); n != 2 {
		t.Errorf("%d key fetches, want 2", n)
	}
	i.rotate(jwk(&otherRSA().PublicKey, "k2", nil))
	i.signer, i.header = signer{"RS256", otherRSA()}, object{"kid": "k2"}
	if _, err := redeem(p); err != nil {
		t.Errorf("the first sign-in after a rotation: %v", err)
	}
}
