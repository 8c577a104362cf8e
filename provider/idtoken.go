package provider

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
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
	alg, failure := checkHeader(token, p.o.SigningAlgs, "jwt", "jose")
	if failure != nil {
		return nil, failure
	}
	from := p.sourceOf(claimedIssuer(token))
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
	claims, err := identity.DecodeClaims(check.payload)
	if err != nil {
		return nil, refuse(ReasonIDTokenMalformed, "%s", brief(err.Error()))
	}
	found, failure := p.checkClaims(claims, from.at.Issuer, alg, want)
	if failure != nil {
		return nil, failure
	}
	if libraryErr != nil {
		return nil, refuse(ReasonIDTokenMalformed, "%s", brief(libraryErr.Error()))
	}
	return found, nil
}

// claimedIssuer is the iss of a token that nobody has verified yet: it only
// says whose keys have to.
func claimedIssuer(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return ""
	}
	claims, err := identity.DecodeClaims(payload)
	if err != nil {
		return ""
	}
	issuer, _ := claims["iss"].(string)
	return issuer
}

// checkHeader reads the header before anything is trusted: one compact JWS in
// canonical base64url, its algorithm among ours, no other token's type, no
// extension. It returns the algorithm.
func checkHeader(token string, algs []string, types ...string) (string, *Error) {
	if len(token) > maxIDToken {
		return "", refuse(ReasonIDTokenMalformed, "%d bytes are too many", len(token))
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", refuse(ReasonIDTokenMalformed, "%d parts instead of three", len(parts))
	}
	var header identity.Claims
	for i, part := range parts {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		// The decoder skips line breaks, which two readers of a token
		// might see differently.
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return "", refuse(ReasonIDTokenMalformed, "part %d is not base64url", i+1)
		}
		if i > 0 {
			continue
		}
		if header, err = identity.DecodeClaims(decoded); err != nil {
			return "", refuse(ReasonIDTokenMalformed, "header: %s", brief(err.Error()))
		}
	}
	// Compared as it stands: "none" has many spellings, and none is ours.
	alg, _ := header["alg"].(string)
	if !slices.Contains(algs, alg) {
		return "", refuse(ReasonIDTokenAlgorithm, "algorithm %q is not among %q", brief(alg), algs)
	}
	if kid, present := header["kid"]; present {
		if _, ok := kid.(string); !ok {
			return "", refuse(ReasonIDTokenMalformed, "kid is no string")
		}
	}
	if typ, present := header["typ"]; present && !isType(typ, types) {
		return "", refuse(ReasonIDTokenType, "typ %q is none of %q", brief(printable(typ)), types)
	}
	// We understand no extension, so every critical one is too many (RFC 7515
	// section 4.1.11); unencoded payloads are not for JWTs (RFC 7797 section 7).
	for _, name := range []string{"crit", "b64"} {
		if _, present := header[name]; present {
			return "", refuse(ReasonIDTokenCritical, "header has %s", name)
		}
	}
	return alg, nil
}

// isType accepts the types that a token may call itself; an ID token only what
// a plain JWT does. Access tokens (at+jwt), logout tokens, security events and
// whatever comes next name themselves, so that they cannot pass for ID tokens
// (RFC 8725 section 3.11).
func isType(typ any, types []string) bool {
	s, ok := typ.(string)
	return ok && slices.Contains(types, strings.TrimPrefix(identity.FoldASCII(s), "application/"))
}

func printable(v any) string {
	s, _ := identity.Scalar(v)
	return s
}
