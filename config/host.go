package config

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// canonicalHost returns a host name or address in the one form in which hosts
// are compared: ASCII lower case, no trailing dot, IPv6 in brackets. literal
// allows the error to suggest something made from the host.
func canonicalHost(host string, literal bool) (string, error) {
	host = foldASCII(strings.TrimSuffix(host, "."))
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && addr.Zone() == "" {
		if addr.Is6() {
			return "[" + addr.String() + "]", nil
		}
		return addr.String(), nil
	}
	if !validHost(host) {
		if ascii, err := idna.Lookup.ToASCII(host); err == nil && validHost(ascii) && literal {
			return "", errors.New("the host must be in ASCII; write " + quote(ascii))
		}
		return "", errors.New("the host is not a valid name")
	}
	return host, nil
}

// validHost accepts DNS names (RFC 1123 section 2.1) and the underscore that
// container networks use. A last label of digits only would be read as an
// address by browsers.
func validHost(host string) bool {
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !(c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z') {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	return len(host) <= 253 && strings.Trim(last, "0123456789") != ""
}

// loopbackHost reports whether host can only mean this machine.
func loopbackHost(host string) bool {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return addr.Unmap().IsLoopback()
	}
	host = foldASCII(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// validPort accepts 1 to 65535 without leading zeros.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

// foldASCII lowers A to Z and nothing else; strings.ToLower would make the
// Kelvin sign equal to k.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
