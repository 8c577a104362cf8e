package provider

import (
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// groups reads the first of paths that holds any. unreadable says that there
// are, or may be, groups that we do not see: a rule that denies one of them
// must not take that for "not a member".
func (l layers) groups(paths []string) (groups []string, unreadable bool) {
	for _, path := range paths {
		if v, _, found := l.first([]string{path}); found {
			return identity.Strings(v), !identity.Readable(v)
		}
		if l.elsewhere(path) {
			return nil, true
		}
	}
	return nil, false
}

// elsewhere tells whether a claim that is missing was left out and is to be
// fetched at another place (Core section 5.6.2). Entra ID does so for people in
// more than 200 groups, or says no more than hasgroups.
func (l layers) elsewhere(path string) bool {
	name, _, _ := strings.Cut(path, ".")
	for _, claims := range []identity.Claims{l.token, l.userinfo} {
		if sources, ok := claims["_claim_names"].(map[string]any); ok {
			if sources[path] != nil || sources[name] != nil {
				return true
			}
		}
		if has := claims["hasgroups"]; name == "groups" && (has == true || has == "true") {
			return true
		}
	}
	return false
}
