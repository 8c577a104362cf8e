package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// TestAssertionsProveTheClient: iss and sub are the client, aud is the issuer,
// jti is fresh, the life is short, and the published key verifies it.
func TestAssertionsProveTheClient(t *testing.T) {
	long := strings.Repeat("s3cret-", 6)
	for _, test := range []struct {
		name, auth string
		key        crypto.Signer
		secrets    []string
		listed     []string // algorithms in discovery
		alg        jose.SignatureAlgorithm
	}{
		{"RSA", authPrivateJWT, rsaKey(), nil, nil, jose.RS256},
		{"RSA where both are listed", authPrivateJWT, rsaKey(), nil, []string{"PS256", "RS256"}, jose.RS256},
		{"RSA where PS256 is listed", authPrivateJWT, rsaKey(), nil, []string{"PS256", "ES256"}, jose.PS256},
		{"EC", authPrivateJWT, ecKey(), nil, []string{"RS256"}, jose.ES256},
		{"auto with a key alone", "auto", ecKey(), nil, nil, jose.ES256},
		{"a key beside a secret", authPrivateJWT, ecKey(), []string{testSecret}, nil, jose.ES256},
		{"a secret", authSecretJWT, nil, []string{long}, nil, jose.HS256},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			i.discovery["token_endpoint_auth_signing_alg_values_supported"] = test.listed
			var forms []url.Values
			i.on("/token", func(w http.ResponseWriter, r *http.Request) {
				if _, _, basic := r.BasicAuth(); basic {
					t.Error("the secret was sent too")
				}
				var form url.Values
				captureForm(i, &form)(w, r)
				forms = append(forms, form)
			})
			p := i.client(func(o *Options) {
				o.ClientAuth, o.ClientSecrets = test.auth, test.secrets
				if test.key != nil {
					o.ClientKey = must(NewClientKey(test.key))
				}
			})
			seen := map[string]bool{}
			for range 2 {
				must(redeem(p))
			}
			for _, form := range forms {
				if form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("client_id") != testClient || form.Has("client_secret") {
					t.Errorf("the form is %v", form)
				}
				jws, err := jose.ParseSignedCompact(form.Get("client_assertion"), []jose.SignatureAlgorithm{test.alg})
				if err != nil {
					t.Fatal(err)
				}
				var verifier any = []byte(long)
				if key := p.ClientKey(); key != nil {
					verifier = key.PublicJWK()
					if kid := jws.Signatures[0].Header.KeyID; kid == "" || kid != key.PublicJWK().KeyID {
						t.Errorf("kid is %q", kid)
					}
				}
				payload, err := jws.Verify(verifier)
				if err != nil {
					t.Fatal(err)
				}
				var claims struct {
					Iss, Sub, Aud, Jti string
					Iat, Exp           int64
				}
				if err := json.Unmarshal(payload, &claims); err != nil {
					t.Fatal(err)
				}
				if claims.Iss != testClient || claims.Sub != testClient || claims.Aud != i.URL || claims.Iat != testNow.Unix() {
					t.Errorf("claims are %+v", claims)
				}
				if life := time.Duration(claims.Exp-claims.Iat) * time.Second; life <= 0 || life > 5*time.Minute {
					t.Errorf("it lives %v", life)
				}
				if len(claims.Jti) < 20 || seen[claims.Jti] {
					t.Errorf("jti %q is short or used before", claims.Jti)
				}
				seen[claims.Jti] = true
			}
		})
	}
}

// TestPublishedClientKeyIsPublic: not a byte of the private half.
func TestPublishedClientKeyIsPublic(t *testing.T) {
	for _, key := range []crypto.Signer{rsaKey(), ecKey()} {
		var members map[string]any
		if err := json.Unmarshal(must(json.Marshal(must(NewClientKey(key)).PublicJWK())), &members); err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if _, there := members[private]; there {
				t.Errorf("it publishes %s", private)
			}
		}
		if members["use"] != "sig" || members["kid"] == "" {
			t.Errorf("it publishes %v", members)
		}
	}
}

func TestWeakOrOddClientKeysAreRefused(t *testing.T) {
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	t.Setenv("GODEBUG", "rsa1024min=0")
	for name, key := range map[string]crypto.Signer{
		"1024 bits": must(rsa.GenerateKey(rand.Reader, 1024)), "P-384": must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), "Ed25519": ed, "none": nil,
	} {
		if _, err := NewClientKey(key); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	i := newIDP(t)
	for _, change := range []func(*Options){
		func(o *Options) {
			o.ClientAuth, o.ClientSecrets = authSecretJWT, []string{"31-bytes-are-not-enough-for-HS25"[:31]}
		},
		func(o *Options) { o.ClientAuth = authPrivateJWT },
	} {
		if _, err := New(i.options(change)); err == nil || strings.Contains(err.Error(), "31-bytes") {
			t.Errorf("New says %v", err)
		}
	}
	if _, err := New(i.options(func(o *Options) { o.ClientAuth, o.ClientSecrets = authSecretJWT, []string{strings.Repeat("s", 32)} })); err != nil {
		t.Error(err)
	}
}

// TestCallAuthenticatesAtEveryEndpoint: revocation, introspection and pushed
// requests go the way that the token request goes.
func TestCallAuthenticatesAtEveryEndpoint(t *testing.T) {
	i := newIDP(t)
	p := i.client(func(o *Options) { o.ClientSecrets = []string{"old-secret", testSecret} })
	at := must(p.metadata.get(t.Context()))
	var tried []string
	answer := func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, secret, _ := r.BasicAuth()
		tried = append(tried, secret)
		switch {
		case secret != testSecret:
			writeJSON(w, 401, object{"error": "invalid_client", "error_description": secret + " " + r.PostForm.Get("token")})
		case r.PostForm.Get("token") == "bad":
			writeJSON(w, 400, object{"error": "unsupported_token_type"})
		default:
			w.WriteHeader(http.StatusOK)
		}
	}
	i.on("/revoke", answer)
	form := url.Values{"token": {"tok-123"}}
	for range 2 {
		got, err := p.call(t.Context(), at.value, i.URL+"/revoke", form, "tok-123")
		if err != nil || got.status != 200 || got.object != nil {
			t.Fatalf("call = %+v, %v", got, err)
		}
	}
	if diff := cmp.Diff([]string{"old-secret", testSecret, testSecret}, tried); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if len(form) != 1 {
		t.Errorf("the caller's form became %v", form)
	}
	got, failure := p.call(t.Context(), at.value, i.URL+"/revoke", url.Values{"token": {"bad"}})
	if failure != nil || got.errorCode() != "unsupported_token_type" || got.refusal().Reason != ReasonTokenRefused {
		t.Errorf("call = %+v, %v", got, failure)
	}
	none := i.client(func(o *Options) { o.ClientSecrets = []string{"a-wrong-secret"} })
	_, failure = none.call(t.Context(), at.value, i.URL+"/revoke", form, "tok-123")
	if failure == nil || failure.Reason != ReasonClientRejected || strings.Contains(failure.Error(), "a-wrong-secret") || strings.Contains(failure.Error(), "tok-123") {
		t.Errorf("failure is %v", failure)
	}
}
