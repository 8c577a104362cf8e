package assertion

import (
	"cmp"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// reserved are the names that the gateway itself fills in. No claim of a
// provider may take their place: a person who chooses their own display name
// must not choose their audience.
var reserved = []string{"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "machine"}

// Reserved reports whether a claim path names what only the gateway fills in.
func Reserved(path string) bool { return slices.Contains(reserved, path) }

// Caller is whom a token speaks of.
type Caller struct {
	// Identity is the person, or what a machine's token says of it.
	Identity *identity.Identity
	// Machine is the machine; nil is a person.
	Machine *identity.Machine
	// Session is the id of the person's session. It is not shown.
	Session string
	// Origin is where the caller is, for a Plan that serves several.
	Origin string
}

// audience is for whom a token of c is.
func (p *Plan) audience(c Caller) string { return cmp.Or(p.o.Audience, c.Origin) }

// claims writes the payload of our own shape (RFC 7519 section 4.1). sub is unique
// within its provider only, so the provider comes along.
func (p *Plan) claims(out *payload, c Caller) error {
	who := c.Identity
	out.text("iss", p.o.Issuer)
	out.text("sub", who.Subject)
	out.text("aud", p.audience(c))
	out.times()
	if c.Machine != nil {
		// A person whose sub is a machine's name is still no machine.
		out.text("machine", c.Machine.Name)
	} else {
		out.text("provider", who.Provider)
	}
	for path, v := range p.chosen(who) {
		if path == "provider" && c.Machine == nil {
			continue
		}
		if err := out.value(path, v); err != nil {
			return err
		}
		if path == "email" {
			// Who reads the address has to know what it is worth.
			out.flag("email_verified", who.EmailVerified)
		}
	}
	return nil
}

// chosen yields those of the chosen claims that who has.
func (p *Plan) chosen(who *identity.Identity) func(yield func(string, any) bool) {
	return func(yield func(string, any) bool) {
		for _, path := range p.o.Claims {
			if v := who.Claim(path); !empty(v) && !yield(path, v) {
				return
			}
		}
	}
}

// empty reports whether a claim is as good as absent.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
