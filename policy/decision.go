package policy

import (
	"net/netip"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Query is everything that a decision may depend on.
type Query struct {
	// Caller is the person: signed in, or made by a bearer token with
	// `as: user`. Machine is the machine. Both nil is an anonymous caller; a
	// machine wins over a person.
	Caller  *identity.Identity
	Machine *identity.Machine
	// Bearer names the entry of `bearer` whose token made Caller, if one did.
	Bearer string
	// Peer is the client's address as the door resolved it; the zero Addr is
	// an unknown address. Zones and the ::ffff: form do not matter.
	Peer netip.Addr
	// Method is the request's method as sent; Path its canonical path before
	// any prefix is stripped; Host the route's host.
	Method, Path, Host string
}

// Effect is what to do with a request. The zero Effect denies.
type Effect uint8

const (
	// Deny answers 403.
	Deny Effect = iota
	// Allow forwards as the person or machine that called.
	Allow
	// Bypass forwards whoever it is, with an identity only if there is one.
	Bypass
	// SignIn asks for a sign-in, which could change the answer.
	SignIn
	// NeedToken answers 401: only a machine's token could change the answer.
	NeedToken
)

// String is the word for e in logs.
func (e Effect) String() string {
	switch e {
	case Allow:
		return "allow"
	case Bypass:
		return "bypass"
	case SignIn:
		return "sign_in"
	case NeedToken:
		return "need_token"
	}
	return "deny"
}

// Decision is the outcome of Decide. The zero Decision denies.
type Decision struct {
	Effect Effect
	// Rule is the name of the rule that decided, empty when none did. Where
	// an unknown allow leads to a sign-in, it is the first such rule.
	Rule string
	// Reason is a stable code for logs and answers.
	Reason Reason
	// Shadows are the shadow rules that the reading came by and that would
	// have had a say: those true, and for a known caller a deny not known to be
	// false.
	Shadows Shadows
}

// Reason says in one word why a Decision came out as it did.
type Reason string

const (
	ReasonAllowed   Reason = "allowed"              // an allow or service_auth rule was true
	ReasonBypassed  Reason = "bypassed"             // a bypass rule was true
	ReasonDenied    Reason = "denied_by_rule"       // a deny rule was true, or could not be known to be false
	ReasonNoRule    Reason = "no_rule_matched"      // nothing was true
	ReasonSignIn    Reason = "sign_in_needed"       // a sign-in could change the answer
	ReasonTokenOnly Reason = "machine_token_needed" // only service_auth rules are left
)
