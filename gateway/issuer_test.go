package gateway_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	jose "github.com/go-jose/go-jose/v4"
)

// issuer issues access tokens to programs, and answers about them.
type issuer struct {
	t       testing.TB
	url     string
	clock   *clock
	private *rsa.PrivateKey

	mu         sync.Mutex // guards the rest
	down       bool
	keysAsked  int
	asked      []http.Header
	introspect func(token string) map[string]any
}

type object = map[string]any

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, private: private, clock: &clock{}}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		json.NewEncoder(w).Encode(object{"issuer": i.url, "jwks_uri": i.url + "/keys"})
	case "/keys":
		i.keysAsked++
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.private.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	case "/introspect":
		i.asked = append(i.asked, r.Header.Clone())
		json.NewEncoder(w).Encode(i.introspect(r.PostFormValue("token")))
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) lock(do func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	do()
}

// claims are those of a good token, with changes; nil removes.
func (i *issuer) claims(changes object) object {
	now := i.clock.now().Unix()
	c := object{"iss": i.url, "aud": "api", "sub": "robot-7", "exp": now + 600, "iat": now, "groups": []string{"builders"}}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// token signs claims as the issuer does.
func (i *issuer) token(changes object) string { return i.sign(i.claims(changes), nil) }

func (i *issuer) sign(claims object, header map[jose.HeaderKey]any) string {
	return signWith(i.t, jose.SigningKey{Algorithm: jose.RS256, Key: i.private}, claims, header)
}

func signWith(t testing.TB, key jose.SigningKey, claims object, header map[jose.HeaderKey]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return signBytes(t, key, payload, header)
}

func signBytes(t testing.TB, key jose.SigningKey, payload []byte, header map[jose.HeaderKey]any) string {
	t.Helper()
	o := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": "k1", "typ": "at+jwt"}}
	maps.Copy(o.ExtraHeaders, header)
	maps.DeleteFunc(o.ExtraHeaders, func(_ jose.HeaderKey, v any) bool { return v == nil })
	signer, err := jose.NewSigner(key, o)
	if err != nil {
		t.Fatal(err)
	}
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
