package provider

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// TestSignedUserinfoIsVerified: by the issuer's keys, for us, of now, and about
// the same person.
func TestSignedUserinfoIsVerified(t *testing.T) {
	for _, test := range []struct {
		name   string
		claims object
		header object
		signer signer
		reason string
	}{
		{"good", nil, nil, signer{"RS256", rsaKey()}, ""},
		{"no times and a list of audiences", object{"iat": nil, "exp": nil, "aud": []string{"other", testClient}}, nil, signer{"RS256", rsaKey()}, ""},
		{"HS256 with the secret", nil, nil, signer{"HS256", []byte(testSecret)}, ReasonUserinfoJWT},
		{"alg none", nil, nil, signer{"none", nil}, ReasonUserinfoJWT},
		{"another key", nil, nil, signer{"RS256", otherRSA()}, ReasonUserinfoJWT},
		{"another issuer", object{"iss": "https://evil.example"}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"no issuer", object{"iss": nil}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"another client's", object{"aud": "other"}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"no audience", object{"aud": nil}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"expired", object{"exp": testNow.Add(-2 * time.Minute).Unix()}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"from the future", object{"iat": testNow.Add(2 * time.Minute).Unix()}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"an access token", nil, object{"typ": "at+jwt"}, signer{"RS256", rsaKey()}, ReasonUserinfoJWT},
		{"somebody else's", object{"sub": "mallory"}, nil, signer{"RS256", rsaKey()}, ReasonUserinfoSubject},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.claims["groups"] = nil
			i.on("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
				header := overlay(object{"alg": test.signer.alg, "kid": "k1", "typ": "JWT"}, test.header)
				claims := overlay(object{
					"iss": i.URL, "aud": testClient, "sub": "ada-1815", "groups": []string{"staff"},
					"iat": testNow.Unix(), "exp": testNow.Add(time.Minute).Unix(),
				}, test.claims)
				w.Header().Set("Content-Type", "application/jwt;charset=UTF-8")
				_, _ = w.Write([]byte(test.signer.sign(must(json.Marshal(header)), must(json.Marshal(claims)))))
			})
			p := i.client(func(o *Options) { o.Type = "pingone_aic" })
			grant, err := redeem(p)
			wantReason(t, err, test.reason)
			if test.reason == "" && (len(grant.Identity.Groups) != 1 || grant.Identity.Groups[0] != "staff") {
				t.Errorf("groups are %q", grant.Identity.Groups)
			}
		})
	}
}

func TestEncryptedUserinfoSaysSo(t *testing.T) {
	i := newIDP(t)
	i.claims["groups"] = nil
	i.on("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwt")
		_, _ = w.Write([]byte("a.b.c.d.e"))
	})
	_, err := redeem(i.client(nil))
	wantReason(t, err, ReasonUserinfoJWT)
}
