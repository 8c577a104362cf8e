package assertion

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 500, time.UTC)

func ana() Caller {
	return Caller{Session: "s1", Identity: &identity.Identity{
		Provider: "ping", Issuer: "https://idp.example", Subject: "0c7a", Email: "ana@example.com", EmailVerified: true,
		Name: "Ana <Kovács>", Groups: []string{"staff"},
		Claims: identity.Claims{"department": "rd", "level": json.Number("7"), "aud": "evil", "machine": "evil"},
	}}
}

// keys are one of each kind.
func keys(t testing.TB) []*Key {
	t.Helper()
	ec, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, ed, err2 := ed25519.GenerateKey(rand.Reader)
	rs, err3 := rsa.GenerateKey(rand.Reader, 2048)
	var out []*Key
	for _, private := range []crypto.Signer{ec, ed, rs} {
		k, err := NewKey(private)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, k)
	}
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	return out
}

func plan(t testing.TB, o Options) *Plan {
	t.Helper()
	if o.Issuer == "" {
		o.Issuer, o.Audience = "https://app.example", "app"
	}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// open verifies a token by what is published, as an application does.
func open(t *testing.T, published []byte, token string) (header jose.Header, claims map[string]any) {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(published, &set); err != nil {
		t.Fatal(err)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	found := set.Key(jws.Signatures[0].Header.KeyID)
	if len(found) != 1 {
		t.Fatalf("%d keys are called %q", len(found), jws.Signatures[0].Header.KeyID)
	}
	payload, err := jws.Verify(found[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Header, claims
}

func TestTokensVerifyByWhatIsPublished(t *testing.T) {
	all := keys(t)
	ks, err := NewKeys(all)
	if err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{ES256, EdDSA, RS256} {
		key := ks.Signing(alg)
		signed, err := plan(t, Options{Key: key, Claims: []string{"email", "groups", "name", "department", "level", "absent"}}).Sign(ana(), noon, noon.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		header, claims := open(t, ks.JWKS(), signed.Token)
		if header.Algorithm != alg || header.KeyID != key.ID() || header.ExtraHeaders["typ"] != "JWT" {
			t.Errorf("header %+v", header)
		}
		want := map[string]any{
			"iss": "https://app.example", "aud": "app", "sub": "0c7a", "provider": "ping",
			"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Unix() + 300),
			"email": "ana@example.com", "email_verified": true, "name": "Ana <Kovács>", "groups": []any{"staff"},
			"department": "rd", "level": 7.0,
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("%s (-want +got):\n%s", alg, diff)
		}
	}
	if ks.Signing("") != all[0] {
		t.Error("without an algorithm another key than the first signs")
	}
}

func TestPublishedKeysHoldNoSecret(t *testing.T) {
	all := keys(t)
	ks, err := NewKeys(append(all, all[0]))
	if err != nil {
		t.Fatal(err)
	}
	certs, err := ks.CloudflareCerts()
	if err != nil {
		t.Fatal(err)
	}
	for name, document := range map[string][]byte{"jwks": ks.JWKS(), "certs": certs} {
		var set struct{ Keys []map[string]any }
		if err := json.Unmarshal(document, &set); err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"jwks": 3, "certs": 1}[name]; len(set.Keys) != want {
			t.Errorf("%s: %d keys, want %d", name, len(set.Keys), want)
		}
		for _, key := range set.Keys {
			for member := range key {
				if !slices.Contains([]string{"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}, member) {
					t.Errorf("%s: a key has %q", name, member)
				}
			}
		}
	}
	for _, k := range all {
		if s := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Trim(s, "[]redact ") != "" {
			t.Errorf("a key prints as %s", s)
		}
	}
}

func TestDerivedKeysAreTheSameEverywhere(t *testing.T) {
	secret := func(b byte) []byte { return append(make([]byte, 31), b) }
	a, err1 := DeriveKey(secret(1))
	again, err2 := DeriveKey(secret(1))
	b, err3 := DeriveKey(secret(2))
	if err1 != nil || err2 != nil || err3 != nil {
		t.Fatal(err1, err2, err3)
	}
	if a.ID() != again.ID() || a.ID() == b.ID() || a.Alg() != ES256 {
		t.Errorf("ids %s, %s, %s", a.ID(), again.ID(), b.ID())
	}
	// Another release must derive the same one, or verifiers of a mixed fleet
	// would meet unknown keys.
	if want := "og3iNKO-0vgb4lLnrCcd1BSFt5me7f93oLxauysNzrQ"; a.ID() != want {
		t.Errorf("the key of this secret has become %s", a.ID())
	}
}

func TestWeakKeysAreRefused(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKey(p384); err == nil {
		t.Error("a key on P-384 passes")
	}
	if _, err := NewKeys(nil); err == nil {
		t.Error("no key passes")
	}
}

// TestNoTokenOutlivesItsSession: exp is the lifetime's end or the session's,
// whichever is first, and near the latter nothing is signed over and over.
func TestNoTokenOutlivesItsSession(t *testing.T) {
	p := plan(t, Options{Key: keys(t)[0], Lifetime: time.Minute})
	for _, tt := range []struct {
		until          time.Duration
		expires, renew time.Duration
	}{
		{time.Hour, time.Minute, 48 * time.Second},
		{time.Minute, time.Minute, time.Minute},
		{20 * time.Second, 20 * time.Second, 20 * time.Second},
	} {
		start := noon.Truncate(time.Second)
		signed, err := p.Sign(ana(), noon, start.Add(tt.until))
		if err != nil {
			t.Fatal(err)
		}
		if got := signed.Expires.Sub(start); got != tt.expires {
			t.Errorf("session of %v: expires after %v, want %v", tt.until, got, tt.expires)
		}
		if got := signed.Renew.Sub(start); got != tt.renew {
			t.Errorf("session of %v: renewed after %v, want %v", tt.until, got, tt.renew)
		}
	}
}

func TestPlansRefuseWhatWouldMislead(t *testing.T) {
	key := keys(t)[0]
	good := Options{Key: key, Issuer: "i", Audience: "a"}
	for name, change := range map[string]func(*Options){
		"no key":        func(o *Options) { o.Key = nil },
		"no issuer":     func(o *Options) { o.Issuer = "" },
		"no audience":   func(o *Options) { o.Audience = "" },
		"long-lived":    func(o *Options) { o.Lifetime = time.Hour },
		"own claim":     func(o *Options) { o.Claims = []string{"aud"} },
		"machine claim": func(o *Options) { o.Claims = []string{"machine"} },
	} {
		o := good
		change(&o)
		if _, err := NewPlan(o); err == nil {
			t.Errorf("%s passes", name)
		}
	}
	if _, err := NewPlan(good); err != nil {
		t.Error(err)
	}
}

// TestCloudflareShapes follows Cloudflare's "Application token".
func TestCloudflareShapes(t *testing.T) {
	ks, err := NewKeys(keys(t))
	if err != nil {
		t.Fatal(err)
	}
	p := plan(t, Options{Key: ks.Signing(RS256), Cloudflare: true, Claims: []string{"email", "groups", "department"}})
	signed, err := p.Sign(ana(), noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	header, claims := open(t, ks.JWKS(), signed.Token)
	if header.Algorithm != RS256 {
		t.Errorf("signed with %s", header.Algorithm)
	}
	if nonce, _ := claims["identity_nonce"].(string); len(nonce) != 16 {
		t.Errorf("identity_nonce %q", nonce)
	}
	delete(claims, "identity_nonce")
	want := map[string]any{
		"iss": "https://app.example", "aud": []any{"app"}, "sub": "0c7a", "email": "ana@example.com", "type": "app",
		"iat": float64(noon.Unix()), "nbf": float64(noon.Unix()), "exp": float64(noon.Unix() + 300),
		"custom": map[string]any{"groups": []any{"staff"}, "department": "rd"},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestASignatureServesUntilRenewal: the same claims are not signed again, and
// whatever else is asked for is.
func TestASignatureServesUntilRenewal(t *testing.T) {
	for _, key := range keys(t) {
		ks, err := NewKeys([]*Key{key})
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Key: key, Claims: []string{"email", "groups", "level"}, Signatures: NewSignatures(1 << 20), OfOrigin: true, Issuer: "https://app.example", Cloudflare: key.Alg() == RS256}
		start := noon.Truncate(time.Second)
		sign := func(c Caller, after, until time.Duration) *Signed {
			c.Origin = "https://a.app.example" + c.Origin
			signed, err := plan(t, o).Sign(c, start.Add(after), start.Add(until))
			if err != nil {
				t.Fatal(err)
			}
			_, claims := open(t, ks.JWKS(), signed.Token) // each verifies
			if exp := int64(claims["exp"].(float64)); exp != signed.Expires.Unix() || exp > start.Add(until).Unix() {
				t.Errorf("%s: exp %d, expires %v, until %v", key.Alg(), exp, signed.Expires, until)
			}
			return signed
		}
		first := sign(ana(), 0, time.Hour)
		if again := sign(ana(), 3*time.Minute, 2*time.Hour); again.Token != first.Token || !again.Expires.Equal(first.Expires) || !again.Renew.Equal(first.Renew) {
			t.Errorf("%s: three minutes later %v, first %v", key.Alg(), again, first)
		}
		for name, other := range map[string]*Signed{
			"when due":          sign(ana(), 4*time.Minute, time.Hour),
			"near the end":      sign(ana(), time.Minute, 2*time.Minute),
			"by an older clock": sign(ana(), -time.Minute, time.Hour),
			"another session":   sign(Caller{Session: "s2", Identity: ana().Identity}, 0, time.Hour),
			"another origin":    sign(Caller{Session: "s1", Identity: ana().Identity, Origin: "2"}, 0, time.Hour),
			"other claims": sign(Caller{Session: "s1", Identity: func() *identity.Identity {
				who := *ana().Identity
				who.Groups = []string{"staff", "admins"}
				return &who
			}()}, 0, time.Hour),
		} {
			same := name == "another session" && key.Alg() == EdDSA // whose signatures are no random ones
			if other.Token == first.Token && !same {
				t.Errorf("%s: %s is sent the first", key.Alg(), name)
			}
		}
	}
}

// TestALentSignatureIsGoodForAWhile: an application without leeway must not be
// handed a token that ends on its way there.
func TestALentSignatureIsGoodForAWhile(t *testing.T) {
	shared := NewSignatures(1 << 20)
	long := plan(t, Options{Key: keys(t)[0], Claims: []string{"email"}, Signatures: shared})
	brief := plan(t, Options{Key: keys(t)[0], Claims: []string{"email"}, Signatures: shared, Lifetime: 10 * time.Second})
	for name, tt := range map[string]struct {
		earlier *Plan
		until   time.Duration // of the earlier token
		at      time.Duration // when the next is made
	}{
		"a route of a shorter lifetime": {brief, 8 * time.Hour, 9400 * time.Millisecond},
		"a session before it was used":  {long, 2 * time.Minute, 119400 * time.Millisecond},
	} {
		if _, err := tt.earlier.Sign(ana(), noon, noon.Add(tt.until)); err != nil {
			t.Fatal(err)
		}
		now := noon.Add(tt.at)
		signed, err := long.Sign(ana(), now, noon.Add(8*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if left := signed.Expires.Sub(now); left < time.Minute {
			t.Errorf("%s: the token is good for %v more", name, left)
		}
	}
}

// TestSignaturesAreBounded in real bytes, whatever comes along.
func TestSignaturesAreBounded(t *testing.T) {
	const limit = 4 << 20
	o := Options{Key: keys(t)[1], Signatures: NewSignatures(limit)}
	p := plan(t, o)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	const n = 60_000
	for i := range n {
		o.Signatures.keep(o.Signatures.place(o.Key, fmt.Sprint(i), nil), strings.Repeat("s", 64), noon, noon.Add(time.Minute))
	}
	if _, err := p.Sign(ana(), noon, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	grown := heap() - before
	kept := 0
	for i := range o.Signatures.shards {
		kept += len(o.Signatures.shards[i].of)
	}
	t.Logf("%d of %d kept in %d bytes", kept, n, grown)
	if grown > limit*11/10 || kept < limit/2/(64+signatureCost) {
		t.Errorf("%d signatures take %d bytes, of %d", kept, grown, limit)
	}
	runtime.KeepAlive(o.Signatures)
}

// TestPayloadsSayWhatTheyWereGiven, in JSON that says each name once.
func TestPayloadsSayWhatTheyWereGiven(t *testing.T) {
	nasty := "a\"\\\n\u2028é<&>\x7f\xff"
	p := newPayload()
	p.text("sub", nasty)
	p.times()
	for name, v := range map[string]any{"yes": true, "list": []string{nasty, ""}, "none": []string(nil), "n": json.Number("1e3"), "o": map[string]any{nasty: []any{nil, false}}} {
		if err := p.value(name, v); err != nil {
			t.Fatal(err)
		}
	}
	var got map[string]any
	if err := json.Unmarshal(p.fill(time.Unix(7, 0), time.Unix(9_999_999_999, 0)), &got); err != nil {
		t.Fatal(err)
	}
	nasty = strings.ToValidUTF8(nasty, "\ufffd")
	want := map[string]any{
		"sub": nasty, "iat": 7.0, "nbf": 7.0, "exp": 9_999_999_999.0, "yes": true, "list": []any{nasty, ""}, "none": []any{}, "n": 1000.0,
		"o": map[string]any{nasty: []any{nil, false}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	signed, err := plan(t, Options{Key: keys(t)[1], Claims: []string{"email_verified", "email", "email", "provider", "email_verified"}}).Sign(ana(), noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(signed.Token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := identity.DecodeClaims(claims); err != nil { // which refuses names that come twice
		t.Errorf("%s: %v", claims, err)
	}
}
