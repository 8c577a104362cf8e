package identity

import "strings"

// Email is an address in the one form in which addresses are compared.
type Email struct {
	Local, Domain string // ASCII lower case
}

// ParseEmail splits an address at its only "@". Readers that take the first or
// the last of several disagree about whose address "a@evil@corp.example" is
// (CVE-2026-40574), so two are refused, as are blanks, controls, commas,
// angle brackets and quotes, which only lists and display names need.
func ParseEmail(s string) (Email, bool) {
	local, domain, found := strings.Cut(s, "@")
	if !found || local == "" || domain == "" || strings.Contains(domain, "@") {
		return Email{}, false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`,;<>"\`, c) >= 0 {
			return Email{}, false
		}
	}
	return Email{FoldASCII(local), FoldASCII(domain)}, true
}

// String is local@domain, folded.
func (e Email) String() string { return e.Local + "@" + e.Domain }

// FoldASCII lowers A to Z and nothing else. strings.ToLower and EqualFold also
// map the Kelvin sign to "k" and so make strangers equal to people.
func FoldASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
