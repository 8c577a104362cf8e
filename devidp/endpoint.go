package devidp

// Endpoint is an address below the issuer, and the name that counters and
// faults go by.
type Endpoint string

// The endpoints, named after PingOne's addresses. Login is this provider's own:
// the user picker.
const (
	Discovery  Endpoint = "discovery"
	Authorize  Endpoint = "authorize"
	Login      Endpoint = "login"
	Token      Endpoint = "token"
	Userinfo   Endpoint = "userinfo"
	JWKS       Endpoint = "jwks"
	SignOff    Endpoint = "signoff"
	Introspect Endpoint = "introspect"
	Revoke     Endpoint = "revoke"
	PAR        Endpoint = "par"

	// callback is where pkg/op goes on once the login page is done.
	callback Endpoint = "authorize/callback"
)

// endpointOf reads the path below the issuer; "" for what is none.
func endpointOf(path string) Endpoint {
	switch path {
	case "/.well-known/openid-configuration":
		return Discovery
	case "/authorize", "/authorize/callback", "/login", "/token", "/userinfo",
		"/jwks", "/signoff", "/introspect", "/revoke", "/par":
		return Endpoint(path[1:])
	}
	return ""
}
