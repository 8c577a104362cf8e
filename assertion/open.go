package assertion

import (
	"encoding/json"
	"errors"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// OpenCloudflare returns the claims of a token of Cloudflare's shape that one
// of the keys signed for issuer, and that has not expired at now.
func (ks *Keys) OpenCloudflare(token, issuer string, now time.Time) (map[string]any, error) {
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{RS256})
	if err != nil {
		return nil, errors.New("it is no token of ours")
	}
	for _, k := range ks.list {
		if k.alg != RS256 || k.id != jws.Signatures[0].Protected.KeyID {
			continue
		}
		payload, err := jws.Verify(k.Public())
		if err != nil {
			return nil, errors.New("its signature does not verify")
		}
		var claims map[string]any
		if err := json.Unmarshal(payload, &claims); err != nil {
			return nil, errors.New("it holds no claims")
		}
		expires, _ := claims["exp"].(float64)
		switch {
		case claims["iss"] != issuer || claims["type"] != "app":
			return nil, errors.New("it was made for another place")
		case float64(now.Unix()) >= expires:
			return nil, errors.New("it has expired")
		}
		return claims, nil
	}
	return nil, errors.New("no key of ours signed it")
}
