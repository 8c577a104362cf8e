package proxy

import (
	"net/netip"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// authority is a Host header taken apart: the host in ASCII lower case without
// a final dot, and the port as written, "" without one.
type authority struct{ host, port string }

// String writes it as a Host header does.
func (a authority) String() string {
	if a.port == "" {
		return a.host
	}
	return a.host + ":" + a.port
}

// parseAuthority reads a Host header (RFC 9110 section 7.2). Anything that is
// neither a plain name nor an address, or whose port is no port, is refused:
// upstreams build links from it.
func parseAuthority(s string) (authority, bool) {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return authority{}, false
		}
		address, err := netip.ParseAddr(s[1:end])
		if err != nil || !address.Is6() || address.Zone() != "" {
			return authority{}, false
		}
		host, port = "["+address.String()+"]", s[end+1:]
		if port != "" && port[0] != ':' {
			return authority{}, false
		}
		port = strings.TrimPrefix(port, ":")
		return authority{host, port}, portOK(port) && !strings.HasSuffix(s, ":")
	}
	host, port, hasPort := strings.Cut(s, ":")
	if hasPort && !portOK(port) || hasPort && port == "" {
		return authority{}, false
	}
	host = identity.FoldASCII(strings.TrimSuffix(host, "."))
	if host == "" || len(host) > 253 {
		return authority{}, false
	}
	for i := range len(host) {
		c := host[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.' && i > 0 && host[i-1] != '.' && i < len(host)-1:
		default:
			return authority{}, false
		}
	}
	return authority{host, port}, true
}

// portOK accepts no port and the decimal numbers 1 to 65535 without leading zeros.
func portOK(s string) bool {
	if s == "" {
		return true
	}
	if len(s) > 5 || s[0] == '0' {
		return false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}
