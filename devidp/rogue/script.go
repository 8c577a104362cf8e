package rogue

import (
	"crypto/rsa"
	"net/http"
	"net/url"
)

// Script is what differs from an honest provider. Every part may be nil. Parts
// are called by requests, perhaps several at once.
type Script struct {
	// Discovery changes the metadata document.
	Discovery func(document map[string]any)
	// Raw answers an endpoint (discovery, jwks, token, userinfo, par) itself
	// and returns true, or returns false.
	Raw func(endpoint string, w http.ResponseWriter, r *http.Request) bool
	// JWKS changes the key set, which has the member "keys": a []any of objects.
	JWKS func(set map[string]any, keys Keys)
	// Authorize changes the answer that the browser carries to the redirect
	// URI: code, state and whatever else.
	Authorize func(request, answer url.Values)
	// Token answers the token endpoint itself and returns true, or looks on and
	// returns false.
	Token func(w http.ResponseWriter, r *http.Request) bool
	// IDToken changes the claims and the JOSE header. The header's alg decides
	// how the token is signed: RS256, PS256, HS256, or not at all for "none" in
	// any case.
	IDToken func(claims, header map[string]any)
	// Payload changes the encoded claims, for what a map cannot hold.
	Payload func(payload []byte) []byte
	// Key chooses what signs: *rsa.PrivateKey, or []byte for HS256. Nil is
	// Keys.Published.
	Key func(k Keys) any
	// Compact changes the signed token.
	Compact func(token string) string
	// Answer changes the token endpoint's JSON: access_token, id_token, …
	Answer func(answer map[string]any)
	// Userinfo changes the claims of the userinfo endpoint.
	Userinfo func(claims map[string]any)
}

// Keys is what a rogue provider can sign with.
type Keys struct {
	// Published is in the key set under the id KeyID.
	Published *rsa.PrivateKey
	// Unpublished is not, whatever id a token names.
	Unpublished *rsa.PrivateKey
	// Weak has 1024 bits, too few for RS256 (RFC 7518 section 3.3).
	Weak *rsa.PrivateKey
	// ClientSecret is the secret that client and provider share.
	ClientSecret string
}

// KeyID is the kid of the published key.
const KeyID = "rogue-1"
