package policy

import (
	"fmt"
	"net/netip"
)

// network is a set of address ranges and the side of it that is meant.
type network struct {
	prefixes []netip.Prefix
	outside  bool
}

// IP is true when the caller's address is in one of the ranges, and unknown
// without an address. Addresses and ranges of the form ::ffff:a.b.c.d are the
// IPv4 ones that they stand for; zones are ignored.
func IP(list []netip.Prefix) Selector { return networkSelector("ip", list, false) }

// NotIP is true when the caller's address is in none of the ranges, and unknown
// without an address. It reads addresses and ranges as IP does.
func NotIP(list []netip.Prefix) Selector { return networkSelector("not_ip", list, true) }

func networkSelector(name string, list []netip.Prefix, outside bool) Selector {
	return selector(func(*compiler) (test, error) {
		if len(list) == 0 {
			return test{}, fmt.Errorf("%s: %w", name, errEmptyList)
		}
		n := network{outside: outside}
		for _, p := range list {
			plain, err := unmapPrefix(p)
			if err != nil {
				return test{}, fmt.Errorf("%s: %w", name, err)
			}
			n.prefixes = append(n.prefixes, plain)
		}
		return test{term: n}, nil
	})
}

func unmapPrefix(p netip.Prefix) (netip.Prefix, error) {
	if !p.IsValid() {
		return netip.Prefix{}, fmt.Errorf("%v is no range of addresses", p)
	}
	if !p.Addr().Is4In6() {
		return p.Masked(), nil
	}
	// Shorter than the ::ffff: part, it would name IPv4 addresses by halves.
	if p.Bits() < 96 {
		return netip.Prefix{}, fmt.Errorf("%v mixes IPv4 and IPv6 addresses", p)
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked(), nil
}

func (n network) truth(peer netip.Addr) Truth {
	if !peer.IsValid() {
		return Unknown
	}
	peer = peer.Unmap().WithZone("")
	for _, p := range n.prefixes {
		if p.Contains(peer) {
			return truthOf(!n.outside)
		}
	}
	return truthOf(n.outside)
}
