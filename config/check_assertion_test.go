package config

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

// privateKeys are PEM files of assertion keys, good and bad.
func privateKeys() map[string][]byte {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	p256 := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	pkcs8 := func(k any) []byte { return block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(k))) }
	return map[string][]byte{
		"testdata/rsa.pem":       pkcs8(rsaKey),
		"testdata/rsa1.pem":      block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)),
		"testdata/weak.pem":      weakRSA(),
		"testdata/p256.pem":      pkcs8(p256),
		"testdata/sec1.pem":      append(block("EC PARAMETERS", []byte{6, 8}), block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(p256)))...),
		"testdata/p384.pem":      pkcs8(p384),
		"testdata/ed25519.pem":   pkcs8(edKey),
		"testdata/public.pem":    block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(p256.Public()))),
		"testdata/encrypted.pem": block("ENCRYPTED PRIVATE KEY", []byte("x")),
		"testdata/broken.pem":    block("PRIVATE KEY", []byte(plantedSecret)),
	}
}

// weakRSA is a key of 1024 bits, which the standard library no longer makes:
// of two primes of 512 bits.
func weakRSA() []byte {
	var key *rsa.PrivateKey
	for key == nil {
		p := must(rand.Prime(rand.Reader, 512))
		q := must(rand.Prime(rand.Reader, 512))
		one := big.NewInt(1)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(65537), phi)
		n := new(big.Int).Mul(p, q)
		if d == nil || n.BitLen() != 1024 {
			continue
		}
		key = &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: 65537}, D: d, Primes: []*big.Int{p, q}}
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAssertionMistakesAreNamedAndTheirTwinsLoad(t *testing.T) {
	const hint = `; gatehouse keygen assertion prints one, and "${file:/path}" reads it from a file`
	refuses(t, around, []promise{
		{"assertion: {keys: \"${file:testdata/weak.pem}\"}",
			`9:19: assertion.keys: is an RSA key of 1024 bits, which can be factored; use at least 2048`},
		{"assertion:\n  keys:\n    - \"${file:testdata/rsa.pem}\"\n    - \"${file:testdata/p384.pem}\"",
			`12:7: assertion.keys[1]: is a key on P-384; ES256 needs P-256`},
		{"assertion: {keys: [\"${file:testdata/encrypted.pem}\"]}",
			`9:20: assertion.keys[0]: is encrypted, and there is nobody to ask for the passphrase; decrypt it with openssl pkey`},
		{"assertion: {keys: [\"${file:testdata/public.pem}\"]}",
			`9:20: assertion.keys[0]: holds "PUBLIC KEY" instead of a private key` + hint},
		{"assertion: {keys: [\"${file:testdata/broken.pem}\"]}",
			`9:20: assertion.keys[0]: holds a private key that cannot be read` + hint},
		{"assertion: {keys: [\"${file:testdata/secret}\"]}",
			`9:20: assertion.keys[0]: holds no private key in PEM form` + hint},
		{"assertion: {keys: []}",
			`9:19: assertion.keys: is empty; leave it out for a key derived from session.keys`},
		{"assertion: {alg: RS256}",
			`9:18: assertion.alg: needs a key in assertion.keys; only an ES256 key can be derived from session.keys`},
		{"assertion: {alg: EdDSA, keys: \"${file:testdata/rsa.pem}\"}",
			`9:18: assertion.alg: no key in assertion.keys is good for EdDSA; add one, or leave alg out`},
		{"assertion: {alg: HS256}",
			`9:18: assertion.alg: unknown alg "HS256"; did you mean "ES256"?`},
		{"assertion: {lifetime: 10m}",
			`9:23: assertion.lifetime: must be between 1s and 5m: a token outlives the end of a session by that much`},
		{"assertion: {claims: [email, aud]}",
			`9:29: assertion.claims[1]: "aud" is what Gatehouse fills in itself; leave it out`},
		{"assertion: {claims: [email, email]}",
			`9:29: assertion.claims[1]: is in the list already`},
		{"assertion: {header: X-Forwarded-Email}",
			`9:21: assertion.header: is another header of Gatehouse's already; choose another name`},
		{"assertion: {header: Authorization}",
			`9:21: assertion.header: would hide the client's own Authorization from applications; choose another name`},
		{"assertion: {header: X-Proof}\nheaders: {x_proof: {value: a}}",
			`10:20: headers.x_proof: is the assertion's header; to send none, write assertion: false at the route`},
		{"assertion: {issuer: wiki}",
			`9:21: assertion.issuer: must be an address like https://auth.example.com, without query and fragment`},
		{"compat: [cloudflare]",
			`9:10: compat[0]: needs an RSA key in assertion.keys, because Cloudflare signs with RS256; openssl genrsa 2048 makes one`},
		{"compat: [cloudfare]",
			`9:10: compat[0]: unknown value "cloudfare"; did you mean "cloudflare"?`},
	})
	accepts(t, around,
		"assertion: {keys: \"${file:testdata/rsa.pem}\"}\ncompat: [cloudflare]",
		"assertion: {keys: [\"${file:testdata/sec1.pem}\", \"${file:testdata/rsa1.pem}\", \"${file:testdata/ed25519.pem}\"], alg: EdDSA}",
		"assertion: {enabled: false}",
		"assertion: {claims: []}",
	)
}

func TestRoutesSayTheirOwnAssertion(t *testing.T) {
	frame := func(text string) string {
		return strings.Replace(head+app, "policy: public", "policy: public\n    assertion: "+text, 1)
	}
	refuses(t, frame, []promise{
		{"{lifetime: 0s}", `13:27: routes[0].assertion.lifetime: must be between 1s and 5m: a token outlives the end of a session by that much`},
		{"{audience: \"\"}", `13:27: routes[0].assertion.audience: is empty; leave it out for the route's origin`},
		{"{claims: iss}", `13:25: routes[0].assertion.claims: "iss" is what Gatehouse fills in itself; leave it out`},
		{"none", `13:16: routes[0].assertion: "none" is neither true nor false`},
	})
	for text, want := range map[string]struct {
		off    bool
		claims int
	}{"false": {true, 3}, "true": {false, 3}, "{claims: []}": {false, 0}, "{claims: a}": {false, 1}, "{audience: wiki}": {false, 3}} {
		c := mustParse(t, frame(text))
		got := c.Routes[0].Assertion
		if got.Off != want.off || len(got.ClaimsOr(c.Assertion.Claims)) != want.claims {
			t.Errorf("%s: off %v, claims %v", text, got.Off, got.ClaimsOr(c.Assertion.Claims))
		}
	}
}

// TestPlaceholdersStandInForAssertionKeys: a file can be tried where its keys
// are not at hand.
func TestPlaceholdersStandInForAssertionKeys(t *testing.T) {
	o := LoadOptions{Getenv: variables, ReadFile: readTestFile, ReadDir: readTestDir, PlaceholderSecrets: true}
	for text, want := range map[string]string{
		"assertion: {keys: \"${file:/nowhere}\"}\n":                       "ES256",
		"assertion: {keys: \"${NOWHERE}\", alg: EdDSA}\n":                 "EdDSA",
		"assertion: {keys: \"${file:/nowhere}\"}\ncompat: [cloudflare]\n": "RS256",
	} {
		c, err := o.Parse("f", []byte(head+app+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if keys := c.Assertion.Signers(); len(keys) != 1 || algOf(keys[0]) != want {
			t.Errorf("%s: %d keys, want one of %s", text, len(keys), want)
		}
	}
}
