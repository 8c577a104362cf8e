package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// together runs f so often at once and returns how often it failed.
func together(n int, f func() error) (failed int) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range n {
		wait.Go(func() {
			if f() != nil {
				mu.Lock()
				failed++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return failed
}

func TestFirstSignInAfterRotationWorks(t *testing.T) {
	for _, test := range []struct {
		name   string
		rotate func(i *idp)
	}{
		{"to a new kid", func(i *idp) {
			i.rotate(jwk(&otherRSA().PublicKey, "k2", nil))
			i.header["kid"], i.signer.key = "k2", otherRSA()
		}},
		{"under the same kid", func(i *idp) {
			i.rotate(jwk(&otherRSA().PublicKey, "k1", nil))
			i.signer.key = otherRSA()
		}},
		{"to another algorithm, without kid", func(i *idp) {
			i.rotate(jwk(edKey().Public(), "", nil))
			i.header["kid"], i.signer = nil, signer{"EdDSA", edKey()}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			p := i.client(nil)
			if _, err := redeem(p); err != nil {
				t.Fatal(err)
			}
			test.rotate(i)
			if _, err := redeem(p); err != nil {
				t.Fatal(err)
			}
			if n := i.asked("/jwks"); n != 2 {
				t.Errorf("keys were fetched %d times, want 2", n)
			}
		})
	}
}

func TestRotationUnderLoadMakesOneFetch(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	if _, err := redeem(p); err != nil {
		t.Fatal(err)
	}
	i.rotate(jwk(&otherRSA().PublicKey, "k2", nil))
	i.header["kid"], i.signer.key = "k2", otherRSA()
	token := i.idToken()
	failed := together(1000, func() error {
		_, err := p.keys.verify(t.Context(), token)
		return err
	})
	if n := i.asked("/jwks"); failed > 0 || n != 2 {
		t.Errorf("%d of 1000 failed, keys were fetched %d times, want 0 and 2", failed, n)
	}
}

func TestUnknownKidsFetchAtMostOnceAMinute(t *testing.T) {
	i := newIDP(t)
	var mu sync.Mutex
	now := testNow
	p := i.client(func(o *Options) {
		o.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return now
		}
	})
	storm := func() {
		if failed := together(1000, func() error {
			_, err := p.keys.verify(t.Context(), signer{"RS256", nil}.sign([]byte(`{"alg":"RS256","kid":"`+rand.Text()+`"}`), []byte("{}")))
			return err
		}); failed != 1000 {
			t.Errorf("only %d of 1000 failed", failed)
		}
	}
	storm()
	if n := i.asked("/jwks"); n > 2 {
		t.Errorf("keys were fetched %d times for 1000 unknown kids", n)
	}
	storm()
	if n := i.asked("/jwks"); n > 2 {
		t.Errorf("keys were fetched %d times within the minute", n)
	}
	if _, err := redeem(p); err != nil {
		t.Errorf("a good token meanwhile: %v", err)
	}
	mu.Lock()
	now = now.Add(forcedEvery)
	mu.Unlock()
	storm()
	if n := i.asked("/jwks"); n != 3 {
		t.Errorf("keys were fetched %d times, want one more in the next minute", n)
	}
}

func TestScheduledFetchDoesNotSpendTheBudget(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	for range 3 {
		if err := p.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	i.rotate(jwk(&otherRSA().PublicKey, "k2", nil))
	i.header["kid"], i.signer.key = "k2", otherRSA()
	if _, err := redeem(p); err != nil {
		t.Error(err)
	}
}

func TestFailedRefreshKeepsTheOldKeys(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	if err := p.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	down := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }
	i.on("/jwks", down)
	i.on(configurationPath, down)
	if err := p.refresh(t.Context()); err == nil {
		t.Fatal("the refresh must fail")
	}
	if _, err := p.keys.verify(t.Context(), i.idToken()); err != nil {
		t.Errorf("known kid: %v", err)
	}
	i.header["kid"] = "k2"
	_, err := p.keys.verify(t.Context(), i.idToken())
	wantReason(t, err, ReasonFailing) // not "unknown": we cannot know
	if len(p.doubt) != 1 {
		t.Error("Run is not told to look soon")
	}
}

func TestKeySetIsReadStrictly(t *testing.T) {
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	private := object{}
	if err := json.Unmarshal(must(json.Marshal(jose.JSONWebKey{Key: ecKey(), KeyID: "k"})), &private); err != nil {
		t.Fatal(err)
	}
	rsaWith := func(over object) object { return jwk(&rsaKey().PublicKey, "k", over) }
	for _, test := range []struct {
		name string
		key  any
		algs string // "" when the key is left out
	}{
		{"RSA", rsaWith(nil), "RS256 RS384 RS512 PS256 PS384 PS512"},
		{"RSA for signatures", rsaWith(object{"use": "sig"}), "RS256 RS384 RS512 PS256 PS384 PS512"},
		{"RSA for PS256", rsaWith(object{"alg": "PS256"}), "PS256"},
		{"RSA for encryption", rsaWith(object{"use": "enc"}), ""},
		{"RSA with odd use", rsaWith(object{"use": "SIG"}), ""},
		{"RSA with use null", map[string]any{"kty": "RSA", "n": rsaWith(nil)["n"], "e": "AQAB", "use": nil}, ""},
		{"RSA to sign only", rsaWith(object{"key_ops": []any{"sign"}}), ""},
		{"RSA to verify", rsaWith(object{"key_ops": []any{"verify"}}), "RS256 RS384 RS512 PS256 PS384 PS512"},
		{"RSA of another alg", rsaWith(object{"alg": "ES256"}), ""},
		{"RSA for HS256", rsaWith(object{"alg": "HS256"}), ""},
		{"RSA for RSA-OAEP", rsaWith(object{"alg": "RSA-OAEP"}), ""},
		{"RSA of 1024 bits", jwk(&small.PublicKey, "k", nil), ""},
		{"RSA without exponent", rsaWith(object{"e": nil}), ""},
		{"RSA with strange certificates", rsaWith(object{"x5c": []any{"bm90IGEgY2VydA=="}, "x5u": "http://[::", "x5t": "?"}), "RS256 RS384 RS512 PS256 PS384 PS512"},
		{"P-256", jwk(&ecKey().PublicKey, "k", nil), "ES256"},
		{"P-256 for ES384", jwk(&ecKey().PublicKey, "k", object{"alg": "ES384"}), ""},
		{"P-384", jwk(&p384.PublicKey, "k", nil), "ES384"},
		{"point off the curve", jwk(&ecKey().PublicKey, "k", object{"x": "AAAA" + strings.Repeat("A", 39)}), ""},
		{"Ed25519", jwk(edKey().Public(), "k", nil), "EdDSA"},
		{"Ed25519 called EC", jwk(edKey().Public(), "k", object{"kty": "EC"}), ""},
		{"X25519", jwk(edKey().Public(), "k", object{"crv": "X25519"}), ""},
		{"symmetric", object{"kty": "oct", "kid": "k", "k": "c2VjcmV0"}, ""},
		{"private", private, ""},
		{"unknown type", object{"kty": "XYZ", "kid": "k"}, ""},
		{"no type", object{"kid": "k"}, ""},
		{"a string", "k", ""},
		{"null", nil, ""},
	} {
		keys, skipped, err := readKeys(object{"keys": []any{test.key, jwk(edKey().Public(), "good", nil)}})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		got := ""
		if skipped == 0 {
			got = strings.Join(keys[0].algs, " ")
		}
		if got != test.algs {
			t.Errorf("%s: good for %q, want %q", test.name, got, test.algs)
		}
	}
}

func TestKeySetIsBounded(t *testing.T) {
	good := any(jwk(edKey().Public(), "k", nil))
	for _, test := range []struct {
		name string
		set  object
		ok   bool
	}{
		{"one", object{"keys": []any{good}}, true},
		{"100 duplicates", object{"keys": slices.Repeat([]any{good}, maxKeys)}, true},
		{"101", object{"keys": slices.Repeat([]any{good}, maxKeys+1)}, false},
		{"none", object{"keys": []any{}}, false},
		{"none usable", object{"keys": []any{object{"kty": "oct", "k": "eA"}}}, false},
		{"no list", object{"keys": good}, false},
		{"missing", object{}, false},
	} {
		if _, _, err := readKeys(test.set); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
