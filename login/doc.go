// Package login obtains, keeps and ends sessions.
//
//	browser          gatehouse                      provider
//	  │ GET /wiki       │                              │
//	  │────────────────▶│ no session                   │
//	  │◀── 302, attempt ┤ (begin)                      │
//	  │─────────────────┼──── authorization request ──▶│
//	  │◀────────────────┼──── code, state, iss ────────┤
//	  │ GET /callback   │                              │
//	  │────────────────▶│ state, attempt, iss, code    │
//	  │                 │──── code, verifier ─────────▶│
//	  │                 │◀─── ID token ────────────────┤
//	  │◀── 303, session ┤ (HandleCallback)                   │
//
// The server keeps nothing for a sign-in under way: the attempt lives sealed
// in the browser that started it.
package login
