package policy

import (
	"fmt"
	"slices"
	"strings"
)

// methods is a list of request methods in upper case.
type methods []string

// prefixes is a list of paths without a final slash; "" stands for "/".
type prefixes []string

// Method is true when the request's method is one of list, which is upper case.
// Methods are case-sensitive (RFC 9110 section 9.1), yet some upstreams take
// "delete" for DELETE and others do not: a method that differs in case alone is
// unknown, and so neither passes an allow nor slips past a deny.
func Method(list []string) Selector {
	return selector(func(*compiler) (test, error) {
		if len(list) == 0 {
			return test{}, fmt.Errorf("method: %w", errEmptyList)
		}
		for _, m := range list {
			if m == "" || strings.ContainsFunc(m, func(r rune) bool { return r <= ' ' || r >= 0x7f || 'a' <= r && r <= 'z' }) {
				return test{}, fmt.Errorf("method: %q is no method in upper case", m)
			}
		}
		return test{term: methods(slices.Clone(list))}, nil
	})
}

func (m methods) truth(method string) Truth {
	result := False
	for _, want := range m {
		if method == want {
			return True
		}
		if foldsToUpper(method, want) {
			result = Unknown
		}
	}
	return result
}

func foldsToUpper(s, upper string) bool {
	if len(s) != len(upper) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}

// Path is true when the canonical path is one of list or lies below it:
// "/admin" and "/admin/" both stand for /admin and /admin/x, not for
// /administrator; "/" stands for everything.
//
// Where a route permits doubled slashes or semicolons, upstreams disagree
// whether //admin and /admin;x are /admin. A path that is below a listed one
// only when read so is unknown.
func Path(list []string) Selector {
	return selector(func(*compiler) (test, error) {
		if len(list) == 0 {
			return test{}, fmt.Errorf("path: %w", errEmptyList)
		}
		var out prefixes
		for _, p := range list {
			if err := checkPrefix(p); err != nil {
				return test{}, err
			}
			out = append(out, strings.TrimSuffix(p, "/"))
		}
		return test{term: out}, nil
	})
}

// checkPrefix refuses prefixes that no canonical path has: they would make a
// deny that never denies.
func checkPrefix(p string) error {
	if !strings.HasPrefix(p, "/") {
		return fmt.Errorf("path: %q does not begin with a slash", p)
	}
	if strings.Contains(p, "//") || strings.ContainsAny(p, `\;`) {
		return fmt.Errorf("path: %q has a doubled slash, a backslash or a semicolon", p)
	}
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("path: %q has a dot segment", p)
		}
	}
	return nil
}

func (p prefixes) truth(path string) Truth {
	lenient := strings.Contains(path, "//") || strings.IndexByte(path, ';') >= 0
	result := False
	for _, prefix := range p {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return True
		}
		if lenient && belowLeniently(path, prefix) {
			result = Unknown
		}
	}
	return result
}

// belowLeniently reads path as an upstream does that merges slashes and drops
// segment parameters: segment by segment, and segments without a name do not
// count.
func belowLeniently(path, prefix string) bool {
	for want := range strings.SplitSeq(prefix, "/") {
		for name := ""; want != "" && name != want; {
			if path == "" {
				return false
			}
			var segment string
			segment, path, _ = strings.Cut(path, "/")
			if name, _, _ = strings.Cut(segment, ";"); name != "" && name != want {
				return false
			}
		}
	}
	return true
}
