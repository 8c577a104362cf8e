package identity

import "slices"

// Identity is a person as one provider vouched for them. The pair (Issuer,
// Subject) names the person and nothing else does (OpenID Connect Core 5.7);
// every other field may change at the next sign-in.
//
// The zero Identity is nobody. A new field also goes into session's layout.
type Identity struct {
	// Provider is the configuration's name for the provider.
	Provider string
	// Issuer is the iss claim of the ID token, byte for byte.
	Issuer string
	// Subject is the sub claim of the ID token, never empty.
	Subject string
	// Email is the mapped address as the provider wrote it, or empty.
	Email string
	// EmailVerified says whether policies may trust Email. It is the
	// configuration's reading (require_email_verified, email_domains), not the
	// raw claim.
	EmailVerified bool
	// Name and Username are the mapped display name and user name.
	Name     string
	Username string
	// Groups are the mapped group names or ids, in the provider's order.
	Groups []string
	// GroupsUnreadable says that the groups claim held more than names, such
	// as objects, or was left out for its size, so that Groups may lack some.
	GroupsUnreadable bool
	// ACR and AMR say how the person authenticated (OpenID Connect Core 2).
	ACR string
	AMR []string
	// Claims are the further claims that this configuration refers to.
	Claims Claims
}

// mapped are the claim paths that mean a field of Identity wherever a
// configuration names a claim. A raw claim of the name never takes its place:
// the mapping decided what counts.
var mapped = []string{"sub", "iss", "email", "email_verified", "groups", "username", "name", "provider", "acr", "amr"}

// Mapped reports whether a claim path means a field of Identity, so that no
// claim of that name has to be kept.
func Mapped(path string) bool { return slices.Contains(mapped, path) }

// Claim returns what a configuration means by a claim path: a field of id if
// path is Mapped, otherwise the kept claim. nil is an absent claim; an absent
// field is its zero value, but email_verified without an address is nil.
func (id *Identity) Claim(path string) any {
	switch path {
	case "sub":
		return id.Subject
	case "iss":
		return id.Issuer
	case "email":
		return id.Email
	case "email_verified":
		if id.Email == "" {
			return nil
		}
		return id.EmailVerified
	case "groups":
		return id.Groups
	case "username":
		return id.Username
	case "name":
		return id.Name
	case "provider":
		return id.Provider
	case "acr":
		return id.ACR
	case "amr":
		return id.AMR
	}
	v, _ := id.Claims.Lookup(path)
	return v
}
