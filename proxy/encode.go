package proxy

import (
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// claimOf returns nil for what is absent.
func claimOf(id *identity.Identity, path string) any {
	if id == nil {
		return nil
	}
	return id.Claim(path)
}

// render writes a claim. An absent one is "", true; one that cannot be sent
// is "", false.
//
// Only what is joined is percent-encoded. A single scalar under a joiner of
// its own is joined too: a provider may write a list of one as a string, and
// its reader will split it.
func (rule *HeaderRule) render(v any) (string, bool) {
	var members []string
	switch v := v.(type) {
	case nil:
		return "", true
	case []string:
		members = v
	case []any:
		members = identity.Strings(v)
	default:
		s, ok := identity.Scalar(v)
		if !ok {
			return "", false // an object
		}
		if rule.Join == "" || rule.Join == "," {
			ok = sendable(s) && len(s) <= maxHeaderValue
			if !ok {
				s = ""
			}
			return s, ok
		}
		members = []string{s}
	}
	join := rule.Join
	if join == "" {
		join = ","
	}
	var b strings.Builder
	size := 0
	for _, member := range members {
		size += len(member) + len(join)
	}
	b.Grow(min(size, maxHeaderValue+len(join)))
	for _, member := range members {
		if member == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(join)
		}
		encodeMember(&b, member, join)
		if b.Len() > maxHeaderValue {
			return "", false
		}
	}
	return b.String(), true
}

// unencoded reports whether nothing of a member has to be encoded. It is ASCII without
// spaces then, as most are.
func unencoded(s, join string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '%' || strings.IndexByte(join, c) >= 0 {
			return false
		}
	}
	return true
}

// encodeMember writes one member of a joined value so that no reader finds a
// joiner, a control character or invalid UTF-8 in it. Spaces around it are
// encoded too: readers trim them, and " admins" must not become "admins".
func encodeMember(b *strings.Builder, s, join string) {
	if unencoded(s, join) {
		b.WriteString(s)
		return
	}
	const digits = "0123456789ABCDEF"
	last := len(s) - 1
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		encode := r == '%' || isControl(r) || r == utf8.RuneError && size == 1 ||
			r == ' ' && (i == 0 || i == last || strings.Trim(join, " ") == "") ||
			r != ' ' && strings.ContainsRune(join, r)
		for _, c := range []byte(s[i : i+size]) {
			if encode {
				b.WriteByte('%')
				b.WriteByte(digits[c>>4])
				b.WriteByte(digits[c&15])
			} else {
				b.WriteByte(c)
			}
		}
		i += size
	}
}

// sendable reports whether s survives as the value of a header: HTTP drops
// spaces around values (RFC 9110 section 5.5), which would make "admin " and
// "admin" the same person.
func sendable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, isControl) < 0 &&
		!strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ")
}

// isControl reports C0, DEL and C1.
func isControl(r rune) bool { return r < ' ' || 0x7f <= r && r <= 0x9f }
