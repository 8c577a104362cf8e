// Package session remembers people between requests: who signed in, for how
// long that counts, and which sign-ins are under way.
//
// A Store keeps Sessions. CookieStore keeps nothing on the server but a memory
// of opened cookies and a list of revocations; everything else travels sealed:
//
//	Session -> layout.go -> AES-256-CTR, HMAC-SHA256 (securecookie)
//	        -> "2~" + first 3.8 KB | .1: the rest   (pieces.go)
//	        -> __Host-gatehouse, __Host-gatehouse.1
//
// Each purpose (session, attempt, confirmation) has keys of its own, and each
// value is bound to its purpose, scheme and host, so that none can stand in for
// another. The origin is read from r.URL.Scheme and r.Host as the door resolved
// them; nothing here looks at forwarding headers.
//
// The package starts no goroutines: what grows is pruned by those who add.
package session
