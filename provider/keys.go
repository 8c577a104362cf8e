package provider

import (
	"context"
	"errors"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// keySet is one issuer's published keys. They come from its jwks_uri and from
// nowhere else: jku, x5u, jwk and x5c in a token's header are a
// stranger's suggestion (RFC 8725 section 3.10).
type keySet struct {
	shared *shared[[]key]
	algs   []jose.SignatureAlgorithm
	// stale is told when a forced fetch failed, so that a scheduled one soon
	// heals what the minute's budget can no longer.
	stale func()
	// uninvited is when a token that anybody may send last forced a fetch. It
	// has a budget of its own, so that strangers cannot spend that of the
	// sign-ins. Guarded by shared.mu.
	uninvited time.Time
}

// loadKeys is one fetch of the key set.
func (p *Provider) loadKeys(ctx context.Context, metadata *shared[*metadata]) ([]key, error) {
	m, err := metadata.get(ctx)
	if err != nil {
		return nil, err
	}
	document, err := p.fetch.document(ctx, "keys", m.value.jwks)
	if err != nil {
		return nil, err
	}
	keys, skipped, err := readKeys(document)
	if errors.Is(err, errNoUsableKey) {
		// Nothing that waiting mends: the provider signs with what we refuse.
		return nil, refuse(ReasonIDTokenKey, "keys %s: %w", m.value.jwks, err)
	}
	if err != nil {
		return nil, unavailable(refuse(ReasonAnswerMalformed, "keys %s: %w", m.value.jwks, err))
	}
	if skipped > 0 {
		p.o.Log.Debug("provider keys skipped", "provider", p.o.Name, "used", len(keys), "skipped", skipped)
	}
	return keys, nil
}

// verification is the check of one token. It implements oidc.KeySet and keeps
// the outcome, because the caller in between turns errors into text.
type verification struct {
	keys    *keySet
	payload []byte // once the signature holds
	err     error
}

// VerifySignature implements oidc.KeySet.
func (v *verification) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	v.payload, v.err = v.keys.verify(ctx, token)
	return v.payload, v.err
}

// verify returns the payload of a compact JWS that one of the keys signed.
//
// A token that names a key (kid) is checked against the keys of that name
// only, one that names none against every suitable key. If none verifies it,
// the provider may have rotated its keys since, perhaps even under the same
// name: the set is fetched anew within the budget of shared.force.
func (s *keySet) verify(ctx context.Context, token string) ([]byte, error) {
	return s.verifyWithin(ctx, token, &s.shared.forced)
}

// verifyUninvited is verify for a token that did not come of our own asking.
func (s *keySet) verifyUninvited(ctx context.Context, token string) ([]byte, error) {
	return s.verifyWithin(ctx, token, &s.uninvited)
}

func (s *keySet) verifyWithin(ctx context.Context, token string, budget *time.Time) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(token, s.algs)
	if err != nil {
		return nil, refuse(ReasonIDTokenMalformed, "parse signature: %s", brief(err.Error()))
	}
	header := jws.Signatures[0].Protected
	at, err := s.shared.get(ctx)
	if err != nil {
		return nil, err
	}
	// Two rounds: the first may have joined a scheduled fetch that began
	// before the rotation.
	for range 2 {
		payload, refusal := tryKeys(jws, header, at.value)
		if refusal == nil {
			return payload, nil
		}
		next, err := s.shared.force(ctx, at.generation, budget)
		if err != nil {
			s.stale()
			return nil, err
		}
		if next.generation == at.generation {
			return nil, refusal
		}
		at = next
	}
	payload, refusal := tryKeys(jws, header, at.value)
	if refusal != nil {
		return nil, refusal
	}
	return payload, nil
}

func tryKeys(jws *jose.JSONWebSignature, header jose.Header, keys []key) ([]byte, *Error) {
	refusal := refuse(ReasonIDTokenKey, "no key for kid %q and algorithm %s", brief(header.KeyID), header.Algorithm)
	for i := range keys {
		if !keys[i].suits(header.KeyID, header.Algorithm) {
			continue
		}
		payload, err := jws.Verify(keys[i].key)
		if err == nil {
			return payload, nil
		}
		refusal = &Error{Reason: ReasonIDTokenSignature, Err: errors.New("signature does not verify")}
	}
	return nil, refusal
}
