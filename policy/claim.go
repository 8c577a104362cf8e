package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// claim is a compiled claim selector.
type claim struct {
	path string
	test ClaimTest
}

type claimSelector claim

// Claim is true when the claim at path passes t. A path is looked up as
// identity.Claims.Lookup does, except for the names of what the gateway itself
// worked out: email, email_verified, groups, username, name, sub, provider, acr
// and amr always mean the fields of the Identity. A provider that puts a claim
// "provider" or "email_verified" into its tokens changes nothing.
//
// The claim groups is unknown where Group is: for somebody whose groups could
// not all be read and who is not seen to pass.
//
// The claim email is the address as mapped, verified or not; use Email where
// the address itself grants something.
func Claim(path string, t ClaimTest) Selector { return claimSelector{path, t} }

func (s claimSelector) compile(*compiler) (test, error) {
	if s.path == "" {
		return test{}, errors.New("claim: empty path")
	}
	if s.test.err != nil {
		return test{}, fmt.Errorf("claim %s: %w", s.path, s.test.err)
	}
	if s.test.op == claimNone {
		return test{}, fmt.Errorf("claim %s: nothing to test", s.path)
	}
	compiled := claim(s)
	return test{term: &compiled, about: aboutCaller}, nil
}

// ClaimPaths lists the paths of all claims that selectors of rules read, sorted
// and without duplicates: what a session must keep in Identity.Claims. Names
// that mean fields of the Identity are left out.
func ClaimPaths(rules []Rule) []string {
	paths := map[string]struct{}{}
	for _, r := range rules {
		for _, part := range [][]Selector{r.Include, r.Require, r.Exclude} {
			for _, s := range part {
				var read []string
				switch s := s.(type) {
				case claimSelector:
					read = []string{s.path}
				case exprSelector:
					read = s.program.Reads().Claims
				}
				for _, path := range read {
					if _, field := mapped(&identity.Identity{}, path); !field {
						paths[path] = struct{}{}
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

func (c *claim) truth(caller *identity.Identity) Truth {
	v, field := mapped(caller, c.path)
	if !field {
		raw, ok := caller.Claims.Lookup(c.path)
		if !ok {
			return truthOf(c.test.absent())
		}
		return truthOf(c.test.claim(raw))
	}
	// A group that we do not see may be among those that could not be read,
	// under this name as under Group's.
	if c.path == "groups" && caller.GroupsUnreadable && (v.texts == nil || c.test.op != claimExists && !c.test.texts(v.texts)) {
		return Unknown
	}
	switch {
	case v.texts != nil:
		return truthOf(c.test.texts(v.texts))
	case v.text != "":
		return truthOf(c.test.text(v.text))
	case v.flag != nil:
		return truthOf(c.test.claim(v.flag))
	}
	return truthOf(c.test.absent())
}

// value is a field of an Identity: at most one of its own fields is set. A
// plain any would put each string on the heap.
type value struct {
	text  string
	texts []string
	flag  any // bool
}

// mapped reads the field of id that path names; false if path names none.
// Empty fields are absent claims.
func mapped(id *identity.Identity, path string) (value, bool) {
	switch path {
	case "email":
		return value{text: id.Email}, true
	case "email_verified":
		if id.Email == "" {
			return value{}, true
		}
		return value{flag: id.EmailVerified}, true
	case "groups":
		return list(id.Groups), true
	case "username":
		return value{text: id.Username}, true
	case "name":
		return value{text: id.Name}, true
	case "sub":
		return value{text: id.Subject}, true
	case "provider":
		return value{text: id.Provider}, true
	case "acr":
		return value{text: id.ACR}, true
	case "amr":
		return list(id.AMR), true
	}
	return value{}, false
}

func list(members []string) value {
	if len(members) == 0 {
		return value{}
	}
	return value{texts: members}
}
