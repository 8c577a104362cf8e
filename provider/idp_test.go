package provider

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"
)

const (
	testClient   = "gatehouse"
	testSecret   = "s3cret-of-ours"
	testCode     = "code-8f3b"
	testNonce    = "nonce-41c7"
	testVerifier = "verifier-0123456789012345678901234567890123456789"
	testRedirect = "https://wiki.example.com/.auth/callback/ping"
	testAccess   = "access-77aa"
)

// testNow is where every test's clock stands.
var testNow = time.Unix(1_800_000_000, 0)

type object = map[string]any

// idp is an OpenID provider that does what a test tells it to. A test changes
// its fields before the provider is asked, or under the lock.
type idp struct {
	*httptest.Server
	t *testing.T

	mu        sync.Mutex // guards the fields below
	hits      map[string]int
	handlers  map[string]http.HandlerFunc // besides or instead of the default ones
	discovery object                      // put over the default document; nil removes a member
	keys      []any
	answer    object // put over the default token answer
	claims    object // put over the default ID token
	header    object // put over the default header
	signer    signer
	userinfo  object
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	i := &idp{
		t: t, hits: map[string]int{}, handlers: map[string]http.HandlerFunc{}, discovery: object{}, answer: object{},
		claims: object{}, header: object{}, signer: signer{"RS256", rsaKey()},
		keys: []any{jwk(&rsaKey().PublicKey, "k1", nil)},
	}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

func overlay(base, over object) object {
	base = maps.Clone(base)
	for name, v := range over {
		if base[name] = v; v == nil {
			delete(base, name)
		}
	}
	return base
}

func (i *idp) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.hits[r.URL.Path]++
	handler := i.handlers[r.URL.Path]
	i.mu.Unlock()
	if handler != nil {
		handler(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		writeJSON(w, http.StatusOK, overlay(object{
			"issuer":                           i.URL,
			"authorization_endpoint":           i.URL + "/authorize",
			"token_endpoint":                   i.URL + "/token",
			"jwks_uri":                         i.URL + "/jwks",
			"userinfo_endpoint":                i.URL + "/userinfo",
			"code_challenge_methods_supported": []string{"plain", "S256"},
			// What a relying party must not believe.
			"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"},
		}, i.discovery))
	case "/jwks":
		i.mu.Lock()
		defer i.mu.Unlock()
		writeJSON(w, http.StatusOK, object{"keys": i.keys})
	case "/token":
		writeJSON(w, http.StatusOK, i.tokenAnswer())
	case "/userinfo":
		if r.Header.Get("Authorization") != "Bearer "+testAccess {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		writeJSON(w, http.StatusOK, i.userinfo)
	default:
		http.NotFound(w, r)
	}
}

func (i *idp) tokenAnswer() object {
	return overlay(object{
		"access_token": testAccess, "token_type": "Bearer", "expires_in": 3600, "id_token": i.idToken(),
	}, i.answer)
}

// idToken mints what the fields say.
func (i *idp) idToken() string {
	header := overlay(object{"alg": i.signer.alg, "kid": "k1", "typ": "JWT"}, i.header)
	return i.signer.sign(must(json.Marshal(header)), must(json.Marshal(overlay(i.goodClaims(), i.claims))))
}

func (i *idp) goodClaims() object {
	return object{
		"iss": i.URL, "sub": "ada-1815", "aud": testClient, "nonce": testNonce,
		"iat": testNow.Unix(), "exp": testNow.Add(time.Hour).Unix(),
		"email": "ada@example.com", "email_verified": true, "name": "Ada", "preferred_username": "ada",
		"groups": []string{"engineering"},
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// on replaces what a path answers; nil brings the default back.
func (i *idp) on(path string, handler http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.handlers[path] = handler
}

// asked is how often a path was asked for.
func (i *idp) asked(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits[path]
}

// rotate replaces the published keys.
func (i *idp) rotate(keys ...any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// options are those of a client of this provider; change adjusts them.
func (i *idp) options(change func(*Options)) Options {
	o := Options{
		Name: "ping", Issuer: i.URL, ClientID: testClient, ClientSecrets: []string{testSecret},
		Claims: ClaimMap{
			Email: []string{"email"}, Groups: []string{"groups"},
			Username: []string{"preferred_username"}, Name: []string{"name"},
		},
		ClockSkew: time.Minute,
		Now:       func() time.Time { return testNow },
	}
	if change != nil {
		change(&o)
	}
	return o
}

func (i *idp) client(change func(*Options)) *Provider {
	i.t.Helper()
	p, err := New(i.options(change))
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(p.transport.CloseIdleConnections)
	return p
}

// hurry shortens the deadline of shared fetches.
func (p *Provider) hurry(d time.Duration) { p.metadata.timeout, p.keys.shared.timeout = d, d }

func redemption() Redemption {
	return Redemption{Code: testCode, RedirectURI: testRedirect, Nonce: testNonce, Verifier: testVerifier}
}

func authRequest() AuthRequest {
	return AuthRequest{RedirectURI: testRedirect, State: "state-1", Nonce: testNonce, Verifier: testVerifier}
}

func redeem(p *Provider) (*Grant, error) { return p.Redeem(context.Background(), redemption()) }

// reason is the reason code of an error, "" for none.
func reason(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is no *Error", err, err)
	}
	if e.Unavailable && e.RetryAfter <= 0 {
		t.Errorf("%v is Unavailable without RetryAfter", e)
	}
	return e.Reason
}

func wantReason(t *testing.T, err error, want string) {
	t.Helper()
	if got := reason(t, err); got != want {
		t.Errorf("reason = %q, want %q (%v)", got, want, err)
	}
}

func jsonText(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func status503(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }

// captureForm answers well and keeps what was sent.
func captureForm(i *idp, into *url.Values) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		*into = r.PostForm
		writeJSON(w, http.StatusOK, i.tokenAnswer())
	}
}
