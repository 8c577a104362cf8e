// Package devidp is an OpenID provider for demonstrations and tests: real
// protocol, invented people, nothing kept on disk, and faults to order.
//
// The protocol's checks are those of github.com/zitadel/oidc's pkg/op; what
// this package adds is the shape of PingOne (addresses, claims, refresh rules),
// a page to pick a user from instead of a password, and ways to misbehave.
// Everything hangs below the issuer, http://127.0.0.1:PORT/<environment id>/as:
//
//	client          devidp                                        pkg/op
//	  │ /authorize    │ counts, applies faults                       │
//	  ├──────────────►├─────────────────────────────────────────────►│ client, redirect_uri,
//	  │               │◄──────────── 302 /login?id=… ────────────────┤ scope, PKCE present
//	  │ /login        │ session cookie, AutoLogin, or the user picker│
//	  ├──────────────►├─ 303 /authorize/callback?id=… ──────────────►│ makes the code
//	  │◄──────────────┼──────────── 302 redirect_uri?code&state ─────┤
//	  │ /token        │                                              │
//	  ├──────────────►├─ op.ValidateAccessTokenRequest ─────────────►│ code, client, verifier,
//	  │◄──────────────┤ tokens in PingOne's shape                    │ redirect_uri
//	  │ /userinfo, /introspect, /revoke, /jwks                       │
//	  ├──────────────►├─────────────────────────────────────────────►│ asks the storage here
//
// It is not for production: anybody who reaches it is whoever they please. It
// binds nothing itself; keep it on loopback.
//
// A provider that lies is a different thing: see the package rogue below this
// one. The demo's application is in sampleapp.
package devidp
