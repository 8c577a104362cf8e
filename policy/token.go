package policy

import "github.com/gatehouse-proxy/gatehouse/identity"

// tokens is a set of names of tokens of one kind.
type tokens struct {
	kind identity.MachineKind
	set  map[string]struct{}
}

// ServiceToken is true for machines with one of the service tokens, by the
// names that the configuration gives them.
func ServiceToken(names []string) Selector {
	return tokenSelector(string(identity.ServiceToken), identity.ServiceToken, names)
}

// BearerToken is true for callers whose bearer token passed one of the entries
// of `bearer`: machines, and people where the entry makes people of them.
func BearerToken(names []string) Selector {
	return tokenSelector(string(identity.Bearer), identity.Bearer, names)
}

func tokenSelector(name string, kind identity.MachineKind, names []string) Selector {
	return selector(func(*compiler) (test, error) {
		set, err := wordSet(name, names)
		return test{term: tokens{kind, set}, about: aboutToken}, err
	})
}

func (t tokens) truth(q *Query) Truth {
	switch {
	case q.Machine != nil:
		return truthOf(q.Machine.Kind == t.kind && holds(t.set, q.Machine.Name))
	case t.kind == identity.Bearer && q.Bearer != "":
		return truthOf(holds(t.set, q.Bearer))
	}
	return False
}
