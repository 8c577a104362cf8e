package gateway_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	oidc "github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

const assertingRoutes = `
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - name: staff
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: {group: staff}}]
    assertion: {audience: wiki}
  - name: legacy
    from: https://app.example.test/legacy
    to: "${APP}"
    policy: [{allow: {group: staff}}]
    assertion: false
`

// published is the set of keys at an address of the gateway.
func (h *house) published(t testing.TB, address string) (jose.JSONWebKeySet, *answer) {
	t.Helper()
	a := h.browser().open(address, "Accept", "application/json").wants(http.StatusOK)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(a.text), &set); err != nil {
		t.Fatal(err)
	}
	return set, a
}

// staticKeys lets go-oidc verify by a set that was fetched before.
func staticKeys(set jose.JSONWebKeySet) *oidc.StaticKeySet {
	keys := &oidc.StaticKeySet{}
	for _, k := range set.Keys {
		keys.PublicKeys = append(keys.PublicKeys, k.Key)
	}
	return keys
}

// verified are the claims of a token that an application verifies by go-oidc.
func (h *house) verified(t testing.TB, token, issuer, audience string, set jose.JSONWebKeySet, algs ...string) map[string]any {
	t.Helper()
	verifier := oidc.NewVerifier(issuer, staticKeys(set), &oidc.Config{ClientID: audience, Now: h.clock.now, SupportedSigningAlgs: algs})
	good, err := verifier.Verify(context.Background(), token)
	if err != nil {
		t.Fatalf("the assertion does not verify: %v", err)
	}
	var claims map[string]any
	if err := good.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// TestAssertionSaysWhoIsCalling: without a line in the file, an application
// can verify who is calling by the keys that the gateway publishes.
func TestAssertionSaysWhoIsCalling(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+assertingRoutes)
	b := h.signIn("ana.kovacs")
	set, a := h.published(t, home+"/.auth/jwks.json")
	if got := a.Header.Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("Cache-Control of the keys: %q", got)
	}
	if got := a.Header.Get("Content-Type"); got != "application/jwk-set+json" {
		t.Errorf("Content-Type of the keys: %q", got)
	}
	h.app.take()
	for path, audience := range map[string]string{"/x": "wiki", "/public/x": home} {
		b.open(home + path).fromApp()
		got := h.app.only(t)
		tokens := got.named("X-Gatehouse-Assertion")
		if len(tokens) != 1 {
			t.Fatalf("%s: %d assertions", path, len(tokens))
		}
		claims := h.verified(t, tokens[0], home, audience, set, "ES256")
		lifetime := claims["exp"].(float64) - claims["iat"].(float64)
		if lifetime != 300 {
			t.Errorf("%s: lasts %v s", path, lifetime)
		}
		for _, name := range []string{"exp", "iat", "nbf"} {
			delete(claims, name)
		}
		want := map[string]any{
			"iss": home, "aud": audience, "sub": got.Header.Get("X-Forwarded-User"), "provider": "ping",
			"email": "ana.kovacs@example.com", "email_verified": true, "name": "Ana Kovacs", "groups": []any{"staff", "engineering"},
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	b.open(home + "/legacy/x").fromApp()
	if got := h.app.only(t).named("X-Gatehouse-Assertion"); got != nil {
		t.Errorf("where it is switched off, the application sees %q", got)
	}
}

// TestForgedAssertionsNeverArrive, also under a name of the file's own, where
// it is switched off, and for nobody.
func TestForgedAssertionsNeverArrive(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+assertingRoutes+"assertion: {header: X-Proof}\n")
	ana := h.signIn("ana.kovacs").sessionCookie()
	for _, tt := range []struct {
		path, cookie string
		want         int
	}{{"/x", ana, 1}, {"/legacy/x", ana, 0}, {"/public/x", ana, 1}, {"/public/x", "a=b", 0}} {
		for _, name := range []string{"X-Proof", "x_proof", "X.PROOF", "X-Gatehouse-Assertion"} {
			h.app.take()
			h.raw(t, "GET "+tt.path+" HTTP/1.1\nHost: app.example.test\nCookie: "+tt.cookie+"\n"+name+": "+forger+"\nX-Benign: yes\n\n").fromApp()
			got := h.app.only(t)
			all := append(got.named("X-Proof"), got.named("X-Gatehouse-Assertion")...)
			if len(all) != tt.want || strings.Contains(strings.Join(all, " "), forger) {
				t.Errorf("%s with %s: %q arrives", tt.path, name, all)
			}
			if got.Header.Get("X-Benign") != "yes" {
				t.Error("an honest header does not arrive")
			}
		}
	}
}

// TestAssertionIsSignedOnceAndRenewedInTime: one token serves until shortly
// before its end, and none lasts longer than the session.
func TestAssertionIsSignedOnceAndRenewedInTime(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+strings.TrimRight(oneKey, "\n")+"\n"+"  absolute: 10m\n  idle: 0\n"+fromPing+assertingRoutes)
	b := h.signIn("ana.kovacs")
	signedIn := h.clock.now()
	set, _ := h.published(t, home+"/.auth/jwks.json")
	token := func() string {
		t.Helper()
		h.app.take()
		b.open(home + "/x").fromApp()
		return h.app.only(t).Header.Get("X-Gatehouse-Assertion")
	}
	first := token()
	if token() != first {
		t.Error("the second request carries another token")
	}
	h.clock.advance(3 * time.Minute)
	if token() != first {
		t.Error("after three of five minutes there is another token")
	}
	h.clock.advance(time.Minute + time.Second)
	second := token()
	if second == first {
		t.Error("a minute before its end the token is still the same")
	}
	h.clock.advance(3 * time.Minute)
	h.clock.advance(time.Minute)
	last := h.verified(t, token(), home, "wiki", set, "ES256")
	if ends := int64(last["exp"].(float64)); ends > signedIn.Add(10*time.Minute).Unix() {
		t.Errorf("the last token outlives the session by %d s", ends-signedIn.Add(10*time.Minute).Unix())
	}
}

// TestReplicasPublishTheSameKeys: derived keys need no file, and a rotation of
// session.keys keeps tokens of both sides good.
func TestReplicasPublishTheSameKeys(t *testing.T) {
	t.Parallel()
	const other = "77c1d2e3f4a5b6978899aabbccddeeff00112233445566778899aabbccddee01"
	ids := func(keys string) map[string]bool {
		h := start(t, onLoopback+"session: {keys: ["+keys+"]}\n"+fromPing+assertingRoutes, with("OTHER", other))
		h.log.secret(other)
		set, _ := h.published(t, home+"/.auth/jwks.json")
		found := map[string]bool{}
		for _, k := range set.Keys {
			found[k.KeyID] = true
		}
		return found
	}
	both, turned := ids(`"${KEY}", "${OTHER}"`), ids(`"${OTHER}", "${KEY}"`)
	if diff := cmp.Diff(both, turned); diff != "" || len(both) != 2 {
		t.Errorf("replicas in the middle of a rotation publish different keys:\n%s", diff)
	}
	for id := range ids(`"${KEY}"`) {
		if !both[id] {
			t.Errorf("key %s is gone after a rotation began", id)
		}
	}
}

// rsaKey is a fresh private key in PEM form.
func rsaKey(t testing.TB) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)}))
}

// TestAssertionKeysOfTheFileSignAndRotate: the first key signs, the others
// are published.
func TestAssertionKeysOfTheFileSignAndRotate(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+assertingRoutes+"assertion: {keys: [\"${NEW}\", \"${OLD}\"]}\n",
		with("NEW", rsaKey(t)), with("OLD", rsaKey(t)))
	set, _ := h.published(t, home+"/.auth/jwks.json")
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys are published", len(set.Keys))
	}
	h.signIn("ana.kovacs").open(home + "/x").fromApp()
	token := h.app.take()
	got := token[len(token)-1].Header.Get("X-Gatehouse-Assertion")
	h.verified(t, got, home, "wiki", jose.JSONWebKeySet{Keys: set.Keys[:1]}, "RS256")
}

// rsaFile is a file with such a key.
func rsaFile(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "rsa.pem")
	if err := os.WriteFile(name, []byte(rsaKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
