package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// URL is an absolute URL.
type URL struct{ *url.URL }

// Wildcard reports whether the host stands for one label before a name.
func (u *URL) Wildcard() bool { return strings.HasPrefix(u.Host, "*.") }

// parse never repeats the whole text, which may hold a password before its @.
func (u *URL) parse(text string, _ source) error {
	// url.Parse takes "localhost:8080" for an address of the scheme localhost.
	if !strings.Contains(text, ":/") {
		return errors.New("is not an absolute URL; put https:// or http:// before it")
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme == "" || parsed.Opaque != "" {
		return errors.New("is not a URL; look for blanks, a stray % and the port")
	}
	u.URL = parsed
	return nil
}

// Prefix is a CIDR; a bare address is a CIDR of one, and ::ffff: is unmapped.
type Prefix struct{ netip.Prefix }

func (p *Prefix) parse(text string, src source) (err error) {
	p.Prefix, err = parsePrefix(text, src)
	return err
}

// Trusted is a CIDR, or the peers of a unix socket.
type Trusted struct {
	Unix   bool
	Prefix netip.Prefix
}

func (t *Trusted) parse(text string, src source) (err error) {
	if text == "unix" {
		*t = Trusted{Unix: true}
		return nil
	}
	t.Prefix, err = parsePrefix(text, src)
	return err
}

func parsePrefix(text string, src source) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%s is not an address or CIDR; write it like 10.0.0.0/8 or 2001:db8::/32", src.quote(text))
	}
	// 10.1.2.3/8 is either the network or the address, and nobody but its
	// author knows which: reading it as the network may let in many.
	if prefix != prefix.Masked() {
		hint := ""
		if src.literal() {
			hint = fmt.Sprintf("; did you mean %q or %q?", prefix.Masked(), prefix.Addr())
		}
		return netip.Prefix{}, fmt.Errorf("%s has bits set beyond its length%s", src.quote(text), hint)
	}
	if !prefix.Addr().Is4In6() {
		return prefix, nil
	}
	if prefix.Bits() < 96 {
		return netip.Prefix{}, fmt.Errorf("%s covers more than the mapped IPv4 addresses; write the IPv4 network itself", src.quote(text))
	}
	return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96), nil
}

// Address is one address; ::ffff: is unmapped.
type Address struct{ netip.Addr }

func (a *Address) parse(text string, src source) error {
	parsed, err := netip.ParseAddr(text)
	if err != nil || parsed.Zone() != "" {
		return fmt.Errorf("%s is not an address; write it like 10.1.2.3 or 2001:db8::1", src.quote(text))
	}
	a.Addr = parsed.Unmap()
	return nil
}
