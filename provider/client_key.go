package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hash of a key's thumbprint
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	jose "github.com/go-jose/go-jose/v4"
)

// ClientKey is the key of private_key_jwt: RSA of 2048 to 8192 bits, or ECDSA
// on P-256.
type ClientKey struct {
	signer crypto.Signer
	id     string // kid: the thumbprint of the public half (RFC 7638)
}

// NewClientKey takes a private key in, unless it is weak or of a kind that
// providers do not know.
func NewClientKey(signer crypto.Signer) (*ClientKey, error) {
	if signer == nil {
		return nil, errors.New("is missing")
	}
	switch public := signer.Public().(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("is an RSA key of %d bits; it needs %d to %d", bits, minRSABits, maxRSABits)
		}
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return nil, errors.New("is an EC key on another curve than P-256")
		}
	default:
		return nil, errors.New("is neither an RSA nor an EC key")
	}
	thumbprint, err := (&jose.JSONWebKey{Key: signer.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("thumbprint: %w", err)
	}
	return &ClientKey{signer: signer, id: base64.RawURLEncoding.EncodeToString(thumbprint)}, nil
}

// algorithm follows from the key: ES256, or RS256, or PS256 where discovery
// lists (token_endpoint_auth_signing_alg_values_supported) that one alone of
// the two.
func (k *ClientKey) algorithm(listed []string) jose.SignatureAlgorithm {
	if _, ec := k.signer.Public().(*ecdsa.PublicKey); ec {
		return jose.ES256
	}
	if slices.Contains(listed, "PS256") && !slices.Contains(listed, "RS256") {
		return jose.PS256
	}
	return jose.RS256
}

// PublicJWK is the half that the provider verifies with. It names no
// algorithm, since an RSA key may sign by two.
func (k *ClientKey) PublicJWK() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.signer.Public(), KeyID: k.id, Use: "sig"}
}
