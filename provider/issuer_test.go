package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// apiIssuer issues tokens for programs.
type apiIssuer struct {
	*httptest.Server
	key     atomic.Pointer[ecdsa.PrivateKey]
	claims  string // the issuer that its discovery document claims
	jwksURI string
	down    atomic.Bool
	fetches atomic.Int32
}

func newAPIIssuer(t *testing.T) *apiIssuer {
	i := &apiIssuer{}
	i.rotate(t)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			i.fetches.Add(1)
			json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Load().Public(), KeyID: i.kid(), Algorithm: "ES256", Use: "sig"}}})
			return
		}
		json.NewEncoder(w).Encode(map[string]string{"issuer": i.claims, "jwks_uri": i.jwksURI})
	}))
	t.Cleanup(i.Close)
	i.claims, i.jwksURI = i.URL, i.URL+"/keys"
	return i
}

func (i *apiIssuer) rotate(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i.key.Store(key)
}

func (i *apiIssuer) kid() string {
	thumbprint, _ := (&jose.JSONWebKey{Key: i.key.Load().Public()}).Thumbprint(crypto.SHA256)
	return hex.EncodeToString(thumbprint[:4])
}

func (i *apiIssuer) token(t *testing.T, now time.Time) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.key.Load()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(map[string]any{"iss": i.URL, "aud": "api", "sub": "robot", "exp": now.Add(time.Hour).Unix()})
	jws, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func verifierOf(t *testing.T, i *apiIssuer, now func() time.Time, jwks string) *AccessTokens {
	t.Helper()
	issuer, err := NewIssuer(IssuerOptions{Name: "backend", Issuer: i.URL, JWKS: jwks, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := issuer.AccessTokens([]string{"api"}, []string{"ES256"})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

// TestIssuersKeysComeFromItsOwnAddress: by discovery, which has to name the
// very issuer, or from where the configuration says.
func TestIssuersKeysComeFromItsOwnAddress(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*apiIssuer)
		jwks   bool
		reason string // of a refusal
	}{
		{"discovery", func(*apiIssuer) {}, false, ""},
		{"configured", func(i *apiIssuer) { i.claims = "https://other.example" }, true, ""},
		{"another issuer's document", func(i *apiIssuer) { i.claims += "/" }, false, ReasonDiscoveryIssuer},
		{"keys without TLS elsewhere", func(i *apiIssuer) { i.jwksURI = "http://keys.example/k" }, false, ReasonDiscoveryEndpoint},
		{"no keys named", func(i *apiIssuer) { i.jwksURI = "" }, false, ReasonDiscoveryEndpoint},
		{"down", func(i *apiIssuer) { i.down.Store(true) }, false, ReasonFailing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := newAPIIssuer(t)
			tt.change(i)
			jwks := ""
			if tt.jwks {
				jwks = i.URL + "/keys"
			}
			found, err := verifierOf(t, i, time.Now, jwks).Verify(context.Background(), i.token(t, time.Now()))
			var e *Error
			switch {
			case tt.reason == "" && (err != nil || found.Subject != "robot"):
				t.Errorf("a good token: %v", err)
			case tt.reason != "" && (!errors.As(err, &e) || e.Reason != tt.reason || !e.Unavailable):
				t.Errorf("got %v, want %s and unavailable", err, tt.reason)
			}
		})
	}
}

// TestIssuersNewKeysCountAtOnce, and its old ones no longer; whoever makes up
// tokens gets one fetch a minute out of all entries together.
func TestIssuersNewKeysCountAtOnce(t *testing.T) {
	i := newAPIIssuer(t)
	now := time.Now()
	issuer, err := NewIssuer(IssuerOptions{Name: "backend", Issuer: i.URL, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	first, err1 := issuer.AccessTokens([]string{"api"}, []string{"ES256"})
	second, err2 := issuer.AccessTokens([]string{"api"}, []string{"ES256", "RS256"})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	old := i.token(t, now)
	for _, a := range []*AccessTokens{first, second} {
		if _, err := a.Verify(context.Background(), old); err != nil {
			t.Fatal(err)
		}
	}
	i.rotate(t)
	if _, err := first.Verify(context.Background(), i.token(t, now)); err != nil {
		t.Errorf("after a rotation: %v", err)
	}
	fetched := i.fetches.Load()
	for range 20 {
		for _, a := range []*AccessTokens{first, second} {
			if _, err := a.Verify(context.Background(), old); err == nil {
				t.Fatal("a token of a withdrawn key passes")
			}
		}
	}
	if n := i.fetches.Load() - fetched; n != 0 {
		t.Errorf("within the minute the keys were fetched %d times more", n)
	}
}

func TestAccessTokensNeedAnAudienceAndAsymmetricKeys(t *testing.T) {
	issuer, err := NewIssuer(IssuerOptions{Name: "backend", Issuer: "https://idp.example"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2][]string{{nil, {"RS256"}}, {{""}, {"RS256"}}, {{"api"}, {"HS256"}}, {{"api"}, {"none"}}, {{"api"}, nil}} {
		if _, err := issuer.AccessTokens(tt[0], tt[1]); err == nil {
			t.Errorf("audiences %q and algorithms %q pass", tt[0], tt[1])
		}
	}
	if _, err := NewIssuer(IssuerOptions{Name: "backend", Issuer: "http://idp.example"}); err == nil {
		t.Error("an issuer without TLS passes")
	}
}
