package devidp

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// keyBits is what relying parties accept as a minimum (RFC 8725 section 3.5).
const keyBits = 2048

// key is an RS256 key pair; published is its public half. Both are what pkg/op
// calls keys.
type key struct {
	id      string
	private *rsa.PrivateKey
}

func newKey() *key {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err) // the system's randomness failed, after which nothing is safe
	}
	return &key{id: randomUUID(), private: private}
}

func (k *key) ID() string                                  { return k.id }
func (k *key) Key() any                                    { return k.private }
func (k *key) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

type published struct{ *key }

func (p published) Key() any                           { return p.private.Public() }
func (p published) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (p published) Use() string                        { return "sig" }

// keyRing holds the key that signs and those that are still published.
//
// The first key takes a moment to generate. It is started at once and waited
// for by whoever needs it first, so that a server is ready before its key is.
type keyRing struct {
	first func() *key

	mu      sync.Mutex // guards what follows
	current *key       // nil until the first is needed
	old     []*key
}

func newKeyRing() *keyRing {
	first := sync.OnceValue(newKey)
	go first()
	return &keyRing{first: first}
}

func keyRingOf(private *rsa.PrivateKey) *keyRing {
	return &keyRing{first: sync.OnceValue(func() *key {
		return &key{id: randomUUID(), private: private}
	})}
}

func (k *keyRing) signing() *key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signingLocked()
}

func (k *keyRing) signingLocked() *key {
	if k.current == nil {
		k.current = k.first()
	}
	return k.current
}

func (k *keyRing) rotate() {
	next := newKey()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.old = append(k.old, k.signingLocked())
	k.current = next
}

func (k *keyRing) retire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.old = nil
}

// public lists the signing key first.
func (k *keyRing) public() []op.Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	keys := []op.Key{published{k.signingLocked()}}
	for _, old := range k.old {
		keys = append(keys, published{old})
	}
	return keys
}

// sign makes a compact JWT of the claims with the current key.
func (k *keyRing) sign(claims map[string]any) (string, error) {
	signer, err := op.SignerFromKey(k.signing())
	if err != nil {
		return "", err
	}
	return crypto.Sign(claims, signer)
}
