package login

import (
	"encoding/json"

	jose "github.com/go-jose/go-jose/v4"
)

// ClientKeys is the JSON Web Key Set of <auth_path>/client-jwks.json: the public
// halves of the keys of private_key_jwt, for providers that fetch them (RFC
// 7591 section 2, jwks_uri). There may be none in it.
func (l *Login) ClientKeys() []byte {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range l.Providers {
		key := p.ClientKey()
		if key == nil || len(set.Key(key.PublicJWK().KeyID)) > 0 {
			continue
		}
		set.Keys = append(set.Keys, key.PublicJWK())
	}
	data, err := json.Marshal(set)
	if err != nil {
		panic(err) // public keys that NewClientKey took always marshal
	}
	return data
}
