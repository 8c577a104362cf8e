package provider

import (
	"context"
	"time"

	oidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// maxIDToken bounds an ID token, in bytes. Some directories put thousands of
// groups into one; the session then says that it is too large.
const maxIDToken = 512 << 10

// expectation is what an ID token must match beyond the configuration.
type expectation struct {
	nonce, accessToken string
	authTime           bool          // max_age was asked
	maxAge             time.Duration // counts when authTime
	refreshed          bool          // came of a refresh, which has no nonce (Core section 12.2)
}

// proof is what a good ID token says.
type proof struct {
	claims   identity.Claims
	sid      string
	authTime time.Time
	expires  time.Time
}

// verifyIDToken is OpenID Connect Core section 3.1.3.7 in its order: header,
// signature, claims. go-oidc checks the signature, issuer, audience and times;
// our own checks then run over the same payload, strictly decoded, for what it
// leaves to its callers and for a reason code.
func (p *Provider) verifyIDToken(ctx context.Context, token string, want expectation) (*proof, error) {
	read, failure := readJWS(token, p.o.SigningAlgs, "jwt", "jose")
	if failure != nil {
		return nil, failure
	}
	from := p.sourceOf(read.claimedIssuer())
	if from == nil {
		from = p.sources[0] // whose issuer it will not be
	}
	check := &verification{keys: from.keys}
	verifier := oidc.NewVerifier(from.at.Issuer, check, &oidc.Config{
		ClientID:             p.o.ClientID,
		SupportedSigningAlgs: p.o.SigningAlgs,
		// It knows no skew for exp, so its clock is behind by ours.
		Now: func() time.Time { return p.o.Now().Add(-p.o.ClockSkew) },
	})
	_, libraryErr := verifier.Verify(ctx, token)
	switch {
	case check.err != nil:
		return nil, check.err
	case check.payload == nil:
		return nil, refuse(ReasonIDTokenMalformed, "%s", brief(libraryErr.Error()))
	}
	claims, err := read.proven(check.payload)
	if err != nil {
		return nil, refuse(ReasonIDTokenMalformed, "%s", brief(err.Error()))
	}
	found, failure := p.checkClaims(claims, from.at.Issuer, read.alg, want)
	if failure != nil {
		return nil, failure
	}
	if libraryErr != nil {
		return nil, refuse(ReasonIDTokenMalformed, "%s", brief(libraryErr.Error()))
	}
	return found, nil
}
