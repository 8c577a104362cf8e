package session

import (
	"net/http"
	"slices"
	"strings"
)

// Strip is a request's Cookie lines without Gatehouse's own cookies, so that no
// upstream ever holds a session. Every other cookie stays byte for byte and in
// its order; a line that becomes empty goes. The lines given are not changed,
// and are returned themselves if none of the cookies is ours.
//
// Old servers (RFC 2109) read a comma as the end of a cookie, browsers as part
// of its value: what follows one and is ours to the former goes as well.
//
// Own means <name>, <name>.… and <name>-…, with or without a cookie prefix, in
// any letter case: browsers distinguish case, some upstreams do not.
func (n *Names) Strip(lines []string) []string {
	if !slices.ContainsFunc(lines, n.anyOwn) {
		return lines
	}
	var kept []string
	for _, line := range lines {
		if rest := n.without(line); rest != "" || line == "" {
			kept = append(kept, rest)
		}
	}
	return kept
}

// without returns line less its own cookies, or line itself if it has none.
func (n *Names) without(line string) string {
	if !n.anyOwn(line) {
		return line
	}
	var b strings.Builder
	for rest, more := line, true; more; {
		var pair string
		pair, rest, more = strings.Cut(rest, ";")
		if n.own(pair) {
			continue
		}
		pair = n.untilOwn(pair)
		if b.Len() == 0 {
			b.Grow(len(line))
			pair = strings.TrimLeft(pair, " \t")
		} else {
			b.WriteByte(';')
		}
		b.WriteString(pair)
	}
	return b.String()
}

func (n *Names) anyOwn(line string) bool {
	for more := true; more; {
		var pair string
		if pair, line, more = strings.Cut(line, ";"); n.own(pair) || len(n.untilOwn(pair)) < len(pair) {
			return true
		}
	}
	return false
}

// untilOwn is pair up to the first comma behind which one of ours begins.
func (n *Names) untilOwn(pair string) string {
	for at := 0; ; {
		i := strings.IndexByte(pair[at:], ',')
		if i < 0 {
			return pair
		}
		if at += i + 1; n.own(pair[at:]) {
			return pair[:at-1]
		}
	}
}

// StripSetCookie removes an answer's Set-Cookie lines that would set one of
// Gatehouse's own cookies, so that no upstream signs anybody in or out. It
// allocates nothing and works in place. Use it on headers, on 1xx answers and
// on trailers alike.
func (n *Names) StripSetCookie(h http.Header) {
	lines := h["Set-Cookie"]
	kept := lines[:0]
	for _, line := range lines {
		pair, _, _ := strings.Cut(line, ";")
		if !n.own(pair) {
			kept = append(kept, line)
		}
	}
	if len(kept) == len(lines) {
		return
	}
	clear(lines[len(kept):])
	if h["Set-Cookie"] = kept; len(kept) == 0 {
		delete(h, "Set-Cookie")
	}
}

// own reports whether pair ("name=value") could be taken for one of ours by
// anybody. It reads more generously than browsers do:
//
//   - blanks and control characters around the name do not count: browsers trim
//     blanks, and have cut lines at NUL, CR and LF instead of refusing them;
//   - nor does a leading "=": "=__Host-x=1" sets a cookie without a name, whose
//     value "__Host-x=1" the browser then sends as if it were a pair;
//   - a pair without "=" is such a nameless value too.
func (n *Names) own(pair string) bool {
	name := pair
	for name != "" && (isBlank(name[0]) || name[0] == '=') {
		name = name[1:]
	}
	name = trimPrefixes(name)
	if len(name) < len(n.name) || n.name == "" || !equalFold(name[:len(n.name)], n.name) {
		return false
	}
	rest := name[len(n.name):]
	return rest == "" || rest[0] == '.' || rest[0] == '-' || rest[0] == '=' || isBlank(rest[0])
}

// prefixes are those that browsers know or are about to (RFC 6265bis).
var prefixes = [...]string{"__Host-Http-", "__Http-", "__Host-", "__Secure-"}

// trimPrefixes removes one cookie prefix, in any letter case.
func trimPrefixes(name string) string {
	if len(name) < 2 || name[0] != '_' {
		return name
	}
	for _, p := range prefixes {
		if len(name) >= len(p) && equalFold(name[:len(p)], p) {
			return name[len(p):]
		}
	}
	return name
}

func isBlank(c byte) bool { return c <= ' ' || c == 0x7f }

// equalFold compares strings of one length, A-Z being a-z and nothing more.
func equalFold(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
