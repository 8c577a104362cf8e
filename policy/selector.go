package policy

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Selector is one condition about the caller or the request. Make it with one
// of this package's constructors; a constructor's list means any. Mistakes in
// the arguments are reported by Compile.
//
// Everyone, IP, NotIP, Method and Path are about the request. All others are
// about who is calling, and refused in a bypass. Claim and Group are unknown
// for an anonymous caller, Email, EmailDomain, Provider, ACR and AMR too, which
// are about people: for a machine they are at most unknown, so that none
// admits a machine and a deny does not overlook one. ServiceToken and
// BearerToken are false for whoever has no such token.
type Selector interface {
	compile(*compiler) (test, error)
}

// term is the compiled form of a selector: one of the types that
// reading.truth lists.
type term any

// selector is a Selector whose compiling needs nothing but itself.
type selector func(*compiler) (test, error)

func (s selector) compile(c *compiler) (test, error) { return s(c) }

type everyone struct{}

// Everyone is true for every caller. In a service_auth rule that means every
// machine, in an allow rule every person who is signed in.
func Everyone() Selector {
	return selector(func(*compiler) (test, error) { return test{term: everyone{}}, nil })
}

// vouched is a set of words about the sign-in: provider, acr or amr.
type vouched struct {
	fact fact
	set  map[string]struct{}
}

type fact uint8

const (
	factProvider fact = iota
	factACR
	factAMR
)

// Provider is true for people who signed in through one of the providers, by
// the names that the configuration gives them.
func Provider(names []string) Selector { return vouchedSelector("provider", factProvider, names) }

// ACR is true when the sign-in's authentication context (acr) is one of list.
func ACR(list []string) Selector { return vouchedSelector("acr", factACR, list) }

// AMR is true when one of the sign-in's authentication methods (amr, RFC 8176)
// is one of list.
func AMR(list []string) Selector { return vouchedSelector("amr", factAMR, list) }

func vouchedSelector(name string, f fact, list []string) Selector {
	return selector(func(*compiler) (test, error) {
		set, err := wordSet(name, list)
		return test{term: vouched{f, set}, about: aboutPerson}, err
	})
}

func (v vouched) truth(caller *identity.Identity) Truth {
	switch v.fact {
	case factProvider:
		return truthOf(holds(v.set, caller.Provider))
	case factACR:
		return truthOf(holds(v.set, caller.ACR))
	case factAMR:
		return truthOf(slices.ContainsFunc(caller.AMR, func(method string) bool { return holds(v.set, method) }))
	}
	return Unknown
}

func holds(set map[string]struct{}, word string) bool {
	_, ok := set[word]
	return ok
}

// wordSet refuses what could make a selector match everybody or nobody by
// accident: no word at all, and the empty word, which an absent claim equals.
func wordSet(name string, list []string) (map[string]struct{}, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: %w", name, errEmptyList)
	}
	set := make(map[string]struct{}, len(list))
	for _, word := range list {
		if word == "" {
			return nil, fmt.Errorf("%s: empty value", name)
		}
		set[word] = struct{}{}
	}
	return set, nil
}

var errEmptyList = errors.New("empty list")
