package policy

import (
	"fmt"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// addresses and domains are sets of folded words.
type (
	addresses map[string]struct{}
	domains   map[string]struct{}
)

// Email is true for people with one of the addresses: compared whole after
// ASCII folding, verified addresses only. An unverified address of the list is
// unknown rather than false: it admits nobody, and whoever can make theirs
// unverified does not slip past a deny or an exception. What is no address
// (identity.ParseEmail) is unknown too; having none at all is false.
func Email(list []string) Selector {
	return selector(func(*compiler) (test, error) {
		set := addresses{}
		for _, s := range list {
			email, ok := identity.ParseEmail(s)
			if !ok {
				return test{}, fmt.Errorf("email: %q is no address", s)
			}
			set[email.String()] = struct{}{}
		}
		if len(set) == 0 {
			return test{}, fmt.Errorf("email: %w", errEmptyList)
		}
		return test{term: set, about: aboutPerson}, nil
	})
}

// EmailDomain is true for people whose address, as Email reads it, is in one
// of the domains. Subdomains are other domains.
func EmailDomain(list []string) Selector {
	return selector(func(*compiler) (test, error) {
		set := domains{}
		for _, s := range list {
			email, ok := identity.ParseEmail("x@" + s)
			if !ok {
				return test{}, fmt.Errorf("email_domain: %q is no domain", s)
			}
			set[email.Domain] = struct{}{}
		}
		if len(set) == 0 {
			return test{}, fmt.Errorf("email_domain: %w", errEmptyList)
		}
		return test{term: set, about: aboutPerson}, nil
	})
}

func (a addresses) truth(in *reading) Truth {
	if !in.addressRead {
		in.readAddress()
	}
	if in.addressSize == 0 {
		return in.unreadable()
	}
	_, ok := a[string(in.address[:in.addressSize])]
	return in.addressTruth(ok)
}

func (d domains) truth(in *reading) Truth {
	if !in.addressRead {
		in.readAddress()
	}
	if in.addressSize == 0 {
		return in.unreadable()
	}
	_, ok := d[string(in.address[in.addressAt+1:in.addressSize])]
	return in.addressTruth(ok)
}

// unreadable is what a comparison is worth with what ParseEmail refuses. Having
// no address is a fact; having one that nobody can read is not, and whoever can
// make theirs so, as with a second "@", does not slip past a deny either.
func (in *reading) unreadable() Truth {
	if in.who.Email == "" {
		return False
	}
	return Unknown
}

// addressTruth is what a comparison with the caller's address is worth.
func (in *reading) addressTruth(equal bool) Truth {
	if equal && !in.who.EmailVerified {
		return Unknown
	}
	return truthOf(equal)
}
