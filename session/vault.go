package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// vault seals what lies on a server that others may read: AES-256-GCM under a
// key that takes both a configured key and an own one for each value. A copy of
// the server's data opens nothing without the first, and the first opens
// nothing without what the browser holds.
type vault struct {
	purpose purpose
	keys    [][]byte // in the configured order: the first seals, all open
}

func newVault(k *Keys, p purpose) *vault { return &vault{purpose: p, keys: k.derived[p]} }

// seal encrypts plain for one place: name is authenticated with it, so that a
// value which was moved to another place does not open there.
func (v *vault) seal(own []byte, name string, plain []byte) ([]byte, error) {
	if len(v.keys) == 0 {
		return nil, errors.New("no session key")
	}
	aead, err := v.aead(v.keys[0], own)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", v.purpose, err)
	}
	return aead.Seal(nil, nil, plain, []byte(name)), nil
}

// open returns what seal was given with any of the keys.
func (v *vault) open(own []byte, name string, sealed []byte) ([]byte, bool) {
	for _, key := range v.keys {
		aead, err := v.aead(key, own)
		if err != nil {
			return nil, false
		}
		if plain, err := aead.Open(nil, nil, sealed, []byte(name)); err == nil {
			return plain, true
		}
	}
	return nil, false
}

// aead derives a value's key. No two places share one, so random nonces never
// come close to repeating (NIST SP 800-38D section 8.3).
func (v *vault) aead(key, own []byte) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, own, key, string(v.purpose), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
