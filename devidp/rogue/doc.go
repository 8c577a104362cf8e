// Package rogue is an OpenID provider that lies to order, so that a relying
// party's checks can be tried from end to end.
//
// It is written out here and uses no OpenID library: libraries refuse to make
// what an attacker would send. Left alone it is honest and PingOne-shaped; a
// Script changes one thing at a time, at one of the places where an answer is
// made:
//
//	authorize ── Script.Authorize ──► code and state (and iss) in the redirect
//	token ────── Script.Token ──────► takes the request over
//	   │         Script.IDToken ────► claims and header, before signing
//	   │         Script.Payload ────► the payload's bytes, before signing
//	   │         Script.Key ────────► what signs
//	   │         Script.Compact ────► the signed token
//	   └──────── Script.Answer ─────► the token endpoint's JSON
//	userinfo ─── Script.Userinfo ───► claims
//	jwks ─────── Script.JWKS ───────► key set
//	discovery ── Script.Discovery ──► metadata
//
// Ready-made scripts are TokenAttacks, ResponseAttacks and DiscoveryAttacks,
// none of which may end in a session, and Benign, all of which must.
package rogue
