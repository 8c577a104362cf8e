package login

import (
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// maxReturnTo bounds a return address in bytes: attempt cookies carry it.
const maxReturnTo = 2048

// Returner decides where people may be sent after a sign-in or sign-out. The
// zero Returner sends everybody to "/" or to a path of the host they are on.
type Returner struct {
	authPath string
	isOrigin func(origin string) bool
	besides  []string
}

// NewReturner takes the path of Gatehouse's own addresses, without a final
// slash, and the test whether a route lives under an origin: scheme://host, with
// ":port" unless it is the scheme's own, all in lower case. besides are paths
// below which there are more of Gatehouse's own.
func NewReturner(authPath string, isOrigin func(origin string) bool, besides ...string) Returner {
	return Returner{authPath, isOrigin, besides}
}

// IsOrigin reports whether a route lives under origin.
func (t Returner) IsOrigin(origin string) bool { return t.isOrigin != nil && t.isOrigin(origin) }

// Check returns rd if it may be followed from requestOrigin, and otherwise "/".
//
// rd is a path with or without a query, or an absolute URL whose origin is a
// configured route's. The path and query come back byte for byte, without a
// fragment; the origin of an absolute URL in lower case, or not at all if it is
// requestOrigin. The result holds printable ASCII only and so fits a Location
// header as it is.
//
// Browsers read addresses by the WHATWG URL standard: they strip blanks, drop
// tabs and line ends anywhere, take "\" for "/", and find a host in //evil,
// https:evil and https:/evil alike (CVE-2020-5233, CVE-2020-4037,
// CVE-2022-23527). Where that reading or that of RFC 3986 could find another
// host, rd is refused rather than mended. So are raw non-ASCII bytes, which
// honest browsers encode, addresses above 2 KiB, paths that the door refuses,
// and Gatehouse's own addresses other than its home: a return to the sign-out
// would undo the sign-in.
func (t Returner) Check(rd, requestOrigin string) string {
	const home = "/"
	if len(rd) > maxReturnTo || !printable(rd) {
		return home
	}
	target, _, _ := strings.Cut(rd, "#")
	origin := ""
	if !strings.HasPrefix(target, "/") {
		var ok bool
		origin, target, ok = splitOrigin(target)
		if !ok || t.isOrigin == nil || !t.isOrigin(origin) {
			return home
		}
		if origin == requestOrigin {
			origin = ""
		}
	}
	if !t.mayReturnTo(target) {
		return home
	}
	return origin + target
}

// printable refuses blanks, controls and everything beyond ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// splitOrigin cuts an absolute URL behind its authority. The authority is not
// taken apart: it equals a configured one as a whole or it is refused, and with
// it user names, odd ports, trailing dots and encoded hosts.
func splitOrigin(s string) (origin, target string, ok bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	scheme = identity.FoldASCII(scheme)
	if !ok || scheme != "https" && scheme != "http" {
		return "", "", false
	}
	end := strings.IndexAny(rest, `/?\`)
	if end < 0 {
		end = len(rest)
	}
	authority := identity.FoldASCII(rest[:end])
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	// Two ports make no address, not one whose second is left out.
	if host, ok := strings.CutSuffix(authority, port); ok && (!strings.Contains(host, ":") || strings.HasSuffix(host, "]")) {
		authority = host
	}
	target = rest[end:]
	if target == "" || target[0] == '?' {
		target = "/" + target
	}
	return scheme + "://" + authority, target, true
}

// mayReturnTo checks a path with query. A backslash is data behind the "?",
// where browsers send it raw, and a slash before it.
func (t Returner) mayReturnTo(target string) bool {
	raw, _, _ := strings.Cut(target, "?")
	path, err := url.PathUnescape(raw)
	if err != nil || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return false
	}
	for i := range len(path) {
		if path[i] < ' ' || path[i] == 0x7f {
			return false
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		// Browsers resolve dot segments, also encoded ones, and might end
		// up at an address that was not checked.
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return false
		}
	}
	for _, besides := range t.besides {
		if strings.HasPrefix(path, besides+"/") {
			return false
		}
	}
	own, ok := strings.CutPrefix(path, t.authPath)
	return t.authPath == "" || !ok || own == "" || own == "/" || own[0] != '/'
}
