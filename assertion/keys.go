package assertion

import (
	"encoding/json"
	"errors"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
)

// Keys are all keys of a configuration, in its order. For each algorithm the
// first one signs; all are published, so that tokens of the key before and of
// the key to come verify while it is changed.
type Keys struct {
	list []*Key
	jwks []byte
}

// NewKeys takes at least one key. A key that is there twice counts once.
func NewKeys(list []*Key) (*Keys, error) {
	ks := &Keys{}
	published := jose.JSONWebKeySet{}
	seen := map[string]bool{}
	for _, k := range list {
		if seen[k.id] {
			continue
		}
		seen[k.id] = true
		ks.list = append(ks.list, k)
		published.Keys = append(published.Keys, jose.JSONWebKey{Key: k.Public(), KeyID: k.id, Algorithm: k.alg, Use: "sig"})
	}
	if len(ks.list) == 0 {
		return nil, errors.New("no assertion key")
	}
	var err error
	if ks.jwks, err = json.Marshal(published); err != nil {
		return nil, fmt.Errorf("publish keys: %w", err)
	}
	return ks, nil
}

// JWKS is the JSON Web Key Set of the public halves (RFC 7517 section 5). Do
// not change it.
func (ks *Keys) JWKS() []byte { return ks.jwks }

// Signing is the key that signs with alg; empty means with the first key's.
// It is nil if no key suits.
func (ks *Keys) Signing(alg string) *Key {
	for _, k := range ks.list {
		if alg == "" || k.alg == alg {
			return k
		}
	}
	return nil
}
