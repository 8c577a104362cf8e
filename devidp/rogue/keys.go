package rogue

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
)

// generated are keys that all providers of a process share: they are slow to
// make and nothing depends on their being fresh.
var generated = sync.OnceValue(func() Keys {
	return Keys{Published: mustGenerate(2048), Unpublished: mustGenerate(2048), Weak: mustGenerate(1024)}
})

func mustGenerate(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err) // the system's randomness failed
	}
	return key
}

// PublicPEM is the published key as a relying party may have it on file: the
// bytes that become an HMAC key when algorithms are confused.
func (k Keys) PublicPEM() []byte {
	der, err := x509.MarshalPKIXPublicKey(k.Published.Public())
	if err != nil {
		panic(err) // an RSA key always encodes
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// PublicJWK is a public key as an object of a key set (RFC 7517).
func PublicJWK(key *rsa.PrivateKey, kid string) map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
		"n": encode(key.N.Bytes()),
		"e": encode(big.NewInt(int64(key.E)).Bytes()),
	}
}

// Sign makes a compact JWS (RFC 7515 section 7.1) of any header and payload, by
// the algorithm that the header names and with whatever key it is given.
func Sign(header map[string]any, payload []byte, key any) (string, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	input := encode(head) + "." + encode(payload)
	signature, err := signature(fmt.Sprint(header["alg"]), []byte(input), key)
	if err != nil {
		return "", err
	}
	return input + "." + encode(signature), nil
}

func signature(alg string, input []byte, key any) ([]byte, error) {
	if alg == "" || strings.EqualFold(alg, "none") { // the attack is its many spellings
		return nil, nil
	}
	digest := sha256.Sum256(input)
	switch key := key.(type) {
	case []byte:
		if alg == "HS256" {
			mac := hmac.New(sha256.New, key)
			mac.Write(input)
			return mac.Sum(nil), nil
		}
	case *rsa.PrivateKey:
		switch alg {
		case "RS256":
			return rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
		case "PS256":
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	}
	return nil, fmt.Errorf("cannot sign by %s with %T", alg, key)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }
