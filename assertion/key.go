package assertion

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"

	jose "github.com/go-jose/go-jose/v4"
)

// The algorithms, by the type of the key.
const (
	ES256 = "ES256" // ECDSA on P-256
	RS256 = "RS256" // RSA, PKCS #1 v1.5
	EdDSA = "EdDSA" // Ed25519
)

// RSA moduli, in bits. Below the first they can be factored (RFC 8725 section
// 3.5), above the second every signature costs too much.
const minRSABits, maxRSABits = 2048, 8192

// Key signs assertions. It prints as [redacted].
type Key struct {
	id, alg string
	head    string // of every token it signs
	private crypto.Signer
}

// NewKey takes an ECDSA key on P-256, an Ed25519 key, or an RSA key of 2048 to
// 8192 bits.
func NewKey(private crypto.Signer) (*Key, error) {
	k := &Key{private: private}
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if p.Curve != elliptic.P256() {
			return nil, errors.New("the curve is not P-256")
		}
		k.alg = ES256
	case ed25519.PrivateKey:
		k.alg = EdDSA
	case *rsa.PrivateKey:
		if bits := p.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("the RSA key has %d bits, not %d to %d", bits, minRSABits, maxRSABits)
		}
		k.alg = RS256
	default:
		return nil, errors.New("it is no ECDSA, Ed25519 or RSA key")
	}
	thumbprint, err := (&jose.JSONWebKey{Key: private.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("thumbprint: %w", err)
	}
	k.id = base64.RawURLEncoding.EncodeToString(thumbprint)
	header, err := json.Marshal(map[string]string{"alg": k.alg, "kid": k.id, "typ": "JWT"})
	if err != nil {
		return nil, fmt.Errorf("use key: %w", err)
	}
	k.head = base64.RawURLEncoding.EncodeToString(header)
	return k, nil
}

// derivation is HKDF's info label (RFC 5869 section 3.2): no other purpose of
// a session key makes the same bytes.
const derivation = "gatehouse assertion key ES256"

// DeriveKey makes an ES256 key of a uniform secret: the same one everywhere
// and always, so that replicas and restarts agree without a key file. 48 bytes
// reduced modulo the order of the curve are uniform to within 2^-128 (FIPS
// 186-5 appendix A.2.1, extra random bits).
func DeriveKey(secret []byte) (*Key, error) {
	curve := elliptic.P256()
	stream, err := hkdf.Key(sha256.New, secret, nil, derivation, 48)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	one := big.NewInt(1)
	d := new(big.Int).SetBytes(stream)
	d.Mod(d, new(big.Int).Sub(curve.Params().N, one)).Add(d, one)
	private, err := ecdsa.ParseRawPrivateKey(curve, d.FillBytes(make([]byte, 32)))
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return NewKey(private)
}

// ID is the key's RFC 7638 thumbprint, which tokens carry as kid.
func (k *Key) ID() string { return k.id }

// Alg is the algorithm that the key is good for.
func (k *Key) Alg() string { return k.alg }

// Public is the public half.
func (k *Key) Public() crypto.PublicKey { return k.private.Public() }

// Format writes "[redacted]" whatever the verb, so that no log shows a key.
func (k *Key) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }

// sign returns payload as a compact JWS (RFC 7515 section 7.1), and the signature
// by itself.
func (k *Key) sign(payload []byte) (token, raw string, err error) {
	unsigned := k.token(nil, payload, "")
	signature, err := k.signature(unsigned[:len(unsigned)-len(".")])
	if err != nil {
		return "", "", fmt.Errorf("sign assertion: %w", err)
	}
	return string(base64.RawURLEncoding.AppendEncode(unsigned, signature)), string(signature), nil
}

// signature is RFC 7518 section 3.3 or 3.4, or RFC 8037 section 3.1. go-jose makes
// the same, and a header, maps and copies anew for each.
func (k *Key) signature(input []byte) ([]byte, error) {
	sum := sha256.Sum256(input)
	switch private := k.private.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, sum[:])
		if err != nil {
			return nil, err
		}
		both := make([]byte, 64)
		r.FillBytes(both[:32])
		s.FillBytes(both[32:])
		return both, nil
	case ed25519.PrivateKey:
		return private.Sign(rand.Reader, input, crypto.Hash(0))
	}
	return k.private.Sign(rand.Reader, sum[:], crypto.SHA256) // PKCS #1 v1.5
}

// token puts a compact JWS together at the end of b.
func (k *Key) token(b, payload []byte, raw string) []byte {
	b = append(append(b, k.head...), '.')
	b = append(base64.RawURLEncoding.AppendEncode(b, payload), '.')
	return base64.RawURLEncoding.AppendEncode(b, append(payload, raw...)[len(payload):])
}
