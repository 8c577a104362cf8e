// Package provider is one OpenID provider, from its discovery document to the
// identity that its ID token proves.
//
//	Run ─ discovery (lazy, retried, refreshed) ─ keys (coalesced, bounded)
//	                │                              │
//	AuthorizationURL ─ browser ─ CheckResponse ─ Redeem ─ verified Grant
//	                                               │
//	       code for tokens ─ ID token ─ userinfo ──┴─ identity
//
// There is one implementation. What makes PingOne differ from a plain OpenID
// provider is a profile (profile.go): how issuer and discovery are built, and
// how an absent email_verified is read.
//
// Everything that a provider sends is a stranger's bytes until it is checked:
// fetches are bounded in time and size, JSON is read strictly, and each way to
// fail is an Error with a stable reason code (error.go).
package provider
