package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// believe takes one fact, or with Forwarded several, from a trusted peer's
// header. The rightmost entry of a list is the one that our own proxy wrote;
// everything left of an address that we do not trust is hearsay.
func (d *Door) believe(a *arrival, name string, values []string) error {
	switch name {
	case "X-Forwarded-For":
		a.peer, a.told = d.client(a.peer, splitList(values)), true
	case "X-Real-Ip":
		address, ok := parseNode(strings.TrimSpace(values[0]))
		if !ok || len(values) != 1 {
			return errors.New("X-Real-Ip is not one address")
		}
		a.peer, a.told = address, true
	case "X-Forwarded-Proto":
		list := splitList(values)
		return a.setScheme(list[len(list)-1])
	case "X-Forwarded-Host":
		if len(values) != 1 || strings.Contains(values[0], ",") {
			return errors.New("X-Forwarded-Host is not one host")
		}
		a.host = strings.TrimSpace(values[0])
	case "Forwarded":
		return d.forwarded(a, values)
	}
	return nil
}

// client walks a list of addresses from the right, past trusted ones, to the
// first that nobody we trust vouches for: the client. An entry that is no
// address ends the walk with an unknown client.
func (d *Door) client(peer netip.Addr, list []string) netip.Addr {
	for i := len(list) - 1; i >= 0; i-- {
		address, ok := parseNode(list[i])
		if !ok {
			return netip.Addr{}
		}
		peer = address
		if !d.trusts(address) {
			break
		}
	}
	return peer
}

func (a *arrival) setScheme(s string) error {
	switch identity.FoldASCII(s) {
	case "http", "ws": // some proxies name a WebSocket's scheme
		a.scheme = "http"
		return nil
	case "https", "wss":
		a.scheme = "https"
		return nil
	}
	return fmt.Errorf("scheme %.20q is neither http nor https", s)
}

// forwarded reads RFC 7239. Addresses are walked like X-Forwarded-For; proto
// and host are taken from the last element, which our own proxy wrote.
func (d *Door) forwarded(a *arrival, values []string) error {
	elements, err := parseForwarded(values)
	if err != nil {
		return err
	}
	nodes := make([]string, len(elements))
	for i, element := range elements {
		nodes[i] = element["for"]
	}
	a.peer, a.told = d.client(a.peer, nodes), true
	last := elements[len(elements)-1]
	if host, ok := last["host"]; ok {
		a.host = host
	}
	if proto, ok := last["proto"]; ok {
		return a.setScheme(proto)
	}
	return nil
}

// maxForwarded bounds how many elements a Forwarded header may have.
const maxForwarded = 64

// parseForwarded splits Forwarded header lines into elements of parameters
// with folded names (RFC 7239 section 4). Commas and semicolons inside quoted
// strings do not separate.
func parseForwarded(values []string) ([]map[string]string, error) {
	var elements []map[string]string
	rest := strings.Join(values, ",")
	element := map[string]string{}
	for {
		rest = strings.TrimLeft(rest, " \t")
		name, after, found := strings.Cut(rest, "=")
		if !found || name == "" || strings.ContainsAny(name, " \t,;\"") {
			return nil, errors.New("Forwarded has a parameter without a value")
		}
		name = identity.FoldASCII(name)
		if _, twice := element[name]; twice {
			return nil, fmt.Errorf("Forwarded has %.20q twice in one element", name)
		}
		value, after, err := forwardedValue(after)
		if err != nil {
			return nil, err
		}
		element[name] = value
		after = strings.TrimLeft(after, " \t")
		if after == "" {
			return append(elements, element), nil
		}
		separator := after[0]
		rest = after[1:]
		switch separator {
		case ',':
			elements = append(elements, element)
			element = map[string]string{}
			if len(elements) >= maxForwarded {
				return nil, errors.New("Forwarded has too many elements")
			}
		case ';':
		default:
			return nil, errors.New("Forwarded is malformed after a value")
		}
	}
}

// forwardedValue reads a token or a quoted string and returns what follows.
func forwardedValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ",; \t\"")
		if end < 0 {
			end = len(s)
		}
		return s[:end], s[end:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			if i++; i == len(s) {
				return "", "", errors.New("Forwarded ends inside a quoted string")
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", errors.New("Forwarded ends inside a quoted string")
}

// parseNode reads an address with or without a port and brackets, as
// X-Forwarded-For and Forwarded's for= have them. "unknown" and obfuscated
// identifiers are no addresses.
func parseNode(s string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	address, err := netip.ParseAddr(s)
	return address.Unmap().WithZone(""), err == nil
}

// splitList joins header lines and splits them at commas, blanks trimmed.
func splitList(values []string) []string {
	list := strings.Split(strings.Join(values, ","), ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}
