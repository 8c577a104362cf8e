package provider

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// jws is a token that somebody presented: its header is in order, and nothing
// of it is proven. It is decoded here, once, because reading claims strictly
// costs about as much as checking a signature.
type jws struct {
	alg     string
	payload []byte
	// claims are those of the payload, and unreadable is why there are none:
	// told only of a token that somebody signed.
	claims     identity.Claims
	unreadable error
}

// readJWS reads the header before anything is trusted: one compact JWS in
// canonical base64url, its algorithm among ours, no other token's type, no
// extension.
func readJWS(token string, algs []string, types ...string) (*jws, *Error) {
	if len(token) > maxIDToken {
		return nil, refuse(ReasonIDTokenMalformed, "%d bytes are too many", len(token))
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, refuse(ReasonIDTokenMalformed, "%d parts instead of three", len(parts))
	}
	var decoded [3][]byte
	strict := base64.RawURLEncoding.Strict()
	for i, part := range parts {
		var err error
		// The decoder skips line breaks, which two readers of a token
		// might see differently.
		if decoded[i], err = strict.DecodeString(part); err != nil || strings.Contains(part, "\r") || strings.Contains(part, "\n") {
			return nil, refuse(ReasonIDTokenMalformed, "part %d is not base64url", i+1)
		}
	}
	header, err := identity.DecodeClaims(decoded[0])
	if err != nil {
		return nil, refuse(ReasonIDTokenMalformed, "header: %s", brief(err.Error()))
	}
	if failure := checkHeader(header, algs, types); failure != nil {
		return nil, failure
	}
	t := &jws{alg: header["alg"].(string), payload: decoded[1]}
	t.claims, t.unreadable = identity.DecodeClaims(t.payload)
	return t, nil
}

// checkHeader wants alg to be a string, and one of ours.
func checkHeader(header identity.Claims, algs, types []string) *Error {
	// Compared as it stands: "none" has many spellings, and none is ours.
	if alg, _ := header["alg"].(string); !slices.Contains(algs, alg) {
		return refuse(ReasonIDTokenAlgorithm, "algorithm %q is not among %q", brief(alg), algs)
	}
	if kid, present := header["kid"]; present {
		if _, ok := kid.(string); !ok {
			return refuse(ReasonIDTokenMalformed, "kid is no string")
		}
	}
	if typ, present := header["typ"]; present && !isType(typ, types) {
		return refuse(ReasonIDTokenType, "typ %q is none of %q", brief(printable(typ)), types)
	}
	// We understand no extension, so every critical one is too many (RFC 7515
	// section 4.1.11); unencoded payloads are not for JWTs (RFC 7797 section 7).
	for _, name := range []string{"crit", "b64"} {
		if _, present := header[name]; present {
			return refuse(ReasonIDTokenCritical, "header has %s", name)
		}
	}
	return nil
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

// claimedIssuer is the iss of a token that nobody has verified yet: it only
// says whose keys have to.
func (t *jws) claimedIssuer() string {
	issuer, _ := t.claims["iss"].(string)
	return issuer
}

// proven returns the claims, given the payload that a signature covers: two
// readers of a token must have read the same.
func (t *jws) proven(payload []byte) (identity.Claims, error) {
	if !bytes.Equal(payload, t.payload) {
		return nil, errors.New("what is signed is not what was read")
	}
	return t.claims, t.unreadable
}

// claimedIssuer is that of a token of which nothing else matters.
func claimedIssuer(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return ""
	}
	claims, _ := identity.DecodeClaims(payload)
	return (&jws{claims: claims}).claimedIssuer()
}
