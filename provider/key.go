package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

const (
	// maxKeys bounds a key set: a token without kid is tried against each.
	maxKeys = 100
	// RSA moduli, in bits. Below the first they can be factored (RFC 8725
	// section 3.5), above the second a signature costs too much to check.
	minRSABits, maxRSABits = 2048, 8192
)

// key is a public key of a provider that may verify signatures.
type key struct {
	id   string   // kid, may be empty
	algs []string // the signature algorithms it is good for
	key  crypto.PublicKey
}

// suits tells whether the key may verify a token of that header.
func (k *key) suits(id, alg string) bool {
	return (id == "" || id == k.id) && slices.Contains(k.algs, alg)
}

// errNoUsableKey: the set is well-formed, but none of its keys may be used.
var errNoUsableKey = errors.New("has no usable key")

// readKeys takes in a JSON Web Key Set (RFC 7517 section 5). Keys that we
// cannot or must not use are left out and counted; the set is useless only
// when none remains.
func readKeys(set identity.Claims) ([]key, int, error) {
	list, ok := set["keys"].([]any)
	if !ok {
		return nil, 0, errors.New("has no list of keys")
	}
	if len(list) > maxKeys {
		return nil, 0, fmt.Errorf("has %d keys, more than %d", len(list), maxKeys)
	}
	var keys []key
	var last error
	for _, member := range list {
		k, err := readKey(member)
		if err != nil {
			last = err
			continue
		}
		keys = append(keys, *k)
	}
	if len(keys) == 0 {
		return nil, len(list), fmt.Errorf("%w among %d: %w", errNoUsableKey, len(list), last)
	}
	return keys, len(list) - len(keys), nil
}

// readKey takes in one key. Type, use, operations, algorithm and curve must
// agree (RFC 8725 section 3.1): a key is good for the algorithms of its type,
// narrowed by what it says of itself. Certificates that come along are neither
// read nor followed: the address of the set is what we trust.
func readKey(member any) (*key, error) {
	object, ok := member.(map[string]any)
	if !ok {
		return nil, errors.New("is no object")
	}
	if use, present := object["use"]; present && use != "sig" {
		return nil, errors.New("is not for signatures (use)")
	}
	if operations, present := object["key_ops"]; present && !slices.Contains(identity.Strings(operations), "verify") {
		return nil, errors.New("is not for verifying (key_ops)")
	}
	bare := map[string]any{}
	for _, name := range []string{"kty", "kid", "alg", "crv", "x", "y", "n", "e", "d", "k"} {
		if v, present := object[name]; present {
			bare[name] = v
		}
	}
	data, err := json.Marshal(bare)
	if err != nil {
		return nil, err
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(data); err != nil {
		return nil, errors.New(brief(err.Error()))
	}
	k := &key{id: parsed.KeyID, key: parsed.Key}
	switch public := parsed.Key.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("is an RSA key of %d bits", bits)
		}
		k.algs = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case *ecdsa.PublicKey:
		alg, ok := map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[public.Curve.Params().BitSize]
		if !ok {
			return nil, errors.New("is on an unknown curve")
		}
		k.algs = []string{alg}
	case ed25519.PublicKey:
		k.algs = []string{"EdDSA"}
	default:
		// Symmetric keys, and private ones that somebody published.
		return nil, errors.New("is no public signature key")
	}
	if alg, present := object["alg"]; present {
		k.algs = slices.DeleteFunc(k.algs, func(a string) bool { return alg != a })
		if len(k.algs) == 0 {
			return nil, errors.New("is of another type than its alg")
		}
	}
	return k, nil
}
