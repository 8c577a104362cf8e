package provider

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// assertionLife is how long a client assertion is good for: long enough for a
// clock that is off by the most we tolerate, short enough to be worth nothing
// to whoever reads it in a log.
const assertionLife = 2 * time.Minute

// assertion is a JWT by which we authenticate (RFC 7523 section 2.2, OpenID
// Connect Core section 9): iss and sub are our client_id, jti is fresh. Its
// audience is the issuer alone, whichever endpoint it goes to: were it an
// endpoint's address, a provider that names another's endpoint in its metadata
// could have us sign for that one.
func (p *Provider) assertion(m *metadata, way, secret string) (string, error) {
	key := jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}
	options := (&jose.SignerOptions{}).WithType("JWT")
	if way == authPrivateJWT {
		key = jose.SigningKey{Algorithm: p.o.ClientKey.algorithm(m.assertionAlgs), Key: p.o.ClientKey.signer}
		options = options.WithHeader("kid", p.o.ClientKey.id)
	}
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	now := p.o.Now()
	claims, err := json.Marshal(map[string]any{
		"iss": p.o.ClientID, "sub": p.o.ClientID, "aud": p.o.Issuer, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	return signed.CompactSerialize()
}
