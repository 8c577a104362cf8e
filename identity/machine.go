package identity

// Machine is a caller that proved itself by a token of its own and is nobody
// who signed in: a service token, or a bearer token without `as: user`. A
// bearer token with `as: user` makes a person, an Identity.
type Machine struct {
	Kind MachineKind
	// Name is the configuration's name for the service token, or for the
	// entry of `bearer` that the token passed.
	Name string
	// Identity is what upstreams are told and what rules about claims and
	// groups read. Subject is never empty: the service token's name, or the
	// bearer token's sub. The other fields are a bearer token's mapped claims
	// and are empty for a service token.
	Identity Identity
}

// MachineKind says by which kind of token a machine proved itself. The zero
// MachineKind is none.
type MachineKind string

const (
	ServiceToken MachineKind = "service_token"
	Bearer       MachineKind = "bearer"
)
