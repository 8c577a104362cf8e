package proxy

import (
	"strings"
	"unicode/utf8"
)

// Permit lifts single rules of CanonicalPath for an upstream that needs the
// form and reads it as Gatehouse does. The zero Permit lifts none.
type Permit struct {
	// EncodedSlash admits %2F. For routing and policy it is a slash.
	EncodedSlash bool
	// DoubleSlash admits empty segments, as in //a and /a//b.
	DoubleSlash bool
	// Semicolon admits ; and %3B. They are part of the segment's name.
	Semicolon bool
}

// union lifts what either lifts.
func (p Permit) union(o Permit) Permit {
	return Permit{
		EncodedSlash: p.EncodedSlash || o.EncodedSlash,
		DoubleSlash:  p.DoubleSlash || o.DoubleSlash,
		Semicolon:    p.Semicolon || o.Semicolon,
	}
}

// AmbiguousPathError says what makes a path readable in more than one way. It
// holds nothing of the path.
type AmbiguousPathError string

// Error implements error.
func (e AmbiguousPathError) Error() string { return "ambiguous path: " + string(e) }

const (
	notAbsolute     AmbiguousPathError = "no slash at the beginning"
	notEscaped      AmbiguousPathError = "malformed percent-encoding"
	notText         AmbiguousPathError = "invalid UTF-8"
	rawDelimiter    AmbiguousPathError = "query or fragment in the path"
	dotSegment      AmbiguousPathError = "dot segment"
	doubleSlash     AmbiguousPathError = "doubled slash"
	encodedSlash    AmbiguousPathError = "encoded slash"
	backslash       AmbiguousPathError = "backslash"
	semicolon       AmbiguousPathError = "semicolon"
	controlByte     AmbiguousPathError = "control character"
	encodedTooOften AmbiguousPathError = "encoded too many times"
	otherRoute      AmbiguousPathError = "could be read as a path of another route"
)

// maxDecodings bounds how often a path is decoded in search of what an upstream
// might find in it, so that %252525… costs no more than linear time. No honest
// path comes near it.
const maxDecodings = 8

// CanonicalPath decodes a request's path once and returns it if it has only one
// reading. Routing, policy and forwarding all go by the result (CVE-2023-33189:
// a policy that reads another path than the upstream guards another one).
//
// The honest input is r.URL.EscapedPath() of a request as net/http received it:
// the target's path byte for byte, but for bytes that must not stand there raw
// (RFC 3986 section 3.3), which arrive percent-encoded. r.URL.Path no longer
// shows what was encoded. Decoded, the input is r.URL.Path again, so a request
// may be forwarded with its URL as received. The empty path is "/"; "*" of
// OPTIONS is the caller's affair.
//
// Refused with an AmbiguousPathError: dot segments, also before a semicolon
// (..;x); empty segments but the last; encoded slashes, backslashes, semicolons,
// C0, DEL and C1 controls, invalid UTF-8 and so overlong forms; and each of
// these however many times encoded. Any other %25 is fine, such as /100%25 and
// /a%2520b. A permit lifts its own rule for forms encoded at most once: the
// others hold beyond it, and /a/..%2fb stays a dot segment.
//
// Unicode's look-alikes of dots and slashes (U+2024, U+FF0F) are ordinary
// characters: only an upstream that applies NFKC to paths takes them for more.
func CanonicalPath(escaped string, permit Permit) (string, error) {
	if escaped == "" {
		return "/", nil
	}
	if escaped[0] != '/' {
		return "", notAbsolute
	}
	if plain(escaped) {
		return escaped, nil
	}
	if strings.ContainsAny(escaped, "?#") {
		return "", rawDelimiter
	}
	path, err := decodeOnce(escaped, permit)
	if err != nil {
		return "", err
	}
	if err := checkText(path, permit); err != nil {
		return "", err
	}
	if strings.IndexByte(path, '%') >= 0 {
		if err := checkDeeper(path); err != nil {
			return "", err
		}
	}
	return path, nil
}

// plain recognises the paths of almost all requests: nothing but letters,
// digits, "-", "_", "~", single slashes, and dots that do not begin a segment.
func plain(path string) bool {
	previous := byte(0)
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '~':
		case (c == '/' || c == '.') && previous != '/':
		default:
			return false
		}
		previous = c
	}
	return true
}

// decodeOnce undoes percent-encoding. What it decodes to a slash is counted
// here, because afterwards it looks like any other.
func decodeOnce(escaped string, permit Permit) (string, error) {
	at := strings.IndexByte(escaped, '%')
	if at < 0 {
		return escaped, nil
	}
	out := make([]byte, 0, len(escaped))
	for ; at >= 0; at = strings.IndexByte(escaped, '%') {
		c, ok := escapedByte(escaped[at:])
		if !ok {
			return "", notEscaped
		}
		if c == '/' && !permit.EncodedSlash {
			return "", encodedSlash
		}
		out = append(append(out, escaped[:at]...), c)
		escaped = escaped[at+3:]
	}
	return string(append(out, escaped...)), nil
}

// checkText refuses what must not be in a decoded path.
func checkText(path string, permit Permit) error {
	for i := range len(path) {
		if err := checkByte(path[i], permit.Semicolon); err != nil {
			return err
		}
	}
	if err := checkRunes(path); err != nil {
		return err
	}
	return checkSegments(path, permit.DoubleSlash)
}

// checkDeeper decodes path again and again, as chains of proxies and
// frameworks do, and refuses whatever comes to light. Permits do not reach
// down here: what is encoded twice is nobody's need.
func checkDeeper(path string) error {
	for range maxDecodings {
		next := make([]byte, 0, len(path))
		for i := 0; i < len(path); i++ {
			c, ok := escapedByte(path[i:])
			if !ok {
				next = append(next, path[i])
				continue
			}
			if c == '/' {
				return encodedSlash
			}
			if err := checkByte(c, false); err != nil {
				return err
			}
			next = append(next, c)
			i += 2
		}
		if len(next) == len(path) {
			return nil
		}
		path = string(next)
		if err := checkRunes(path); err != nil {
			return err
		}
		// No slash came to light, so there are no new empty segments either.
		if err := checkSegments(path, true); err != nil {
			return err
		}
	}
	return encodedTooOften
}

func checkByte(c byte, permitSemicolon bool) error {
	switch {
	case c < ' ' || c == 0x7f:
		return controlByte
	case c == '\\':
		return backslash
	case c == ';' && !permitSemicolon:
		return semicolon
	}
	return nil
}

// checkRunes refuses invalid UTF-8, to which overlong forms and surrogates
// belong, and the C1 controls U+0080 to U+009F.
func checkRunes(path string) error {
	if !utf8.ValidString(path) {
		return notText
	}
	for i := 1; i < len(path); i++ {
		if path[i-1] == 0xc2 && path[i] <= 0x9f {
			return controlByte
		}
	}
	return nil
}

// checkSegments refuses dot segments, also with parameters, and empty segments
// before the last. path begins with a slash.
func checkSegments(path string, permitEmpty bool) error {
	for rest, more := path[1:], true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		if segment == "" && more && !permitEmpty {
			return doubleSlash
		}
		// A servlet container drops parameters first and dots second: ..;x
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return dotSegment
		}
	}
	return nil
}

// escapedByte reads the percent-encoded byte at the beginning of s.
func escapedByte(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	high, ok1 := hexDigit(s[1])
	low, ok2 := hexDigit(s[2])
	return high<<4 | low, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
