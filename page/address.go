package page

import (
	"net/url"
	"strings"
)

// address returns s if a page may link to it: a path on this host, or an
// absolute http or https URL without a user name. Otherwise it returns "", and
// the page shows no link.
func address(s string) string {
	if strings.HasPrefix(s, "/") {
		return localPath(s)
	}
	u, err := url.Parse(s)
	if err != nil || hasBlankOrControl(s) ||
		u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}

// localPath returns s if every browser reads it as a path on this host,
// otherwise "". Browsers drop tabs and newlines and read "\" as "/", which
// turns "/\evil.example" into another host (CVE-2020-4037): such addresses are
// refused, not mended.
func localPath(s string) string {
	path := s
	if end := strings.IndexAny(s, "?#"); end >= 0 {
		path = s[:end]
	}
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.Contains(path, `\`) || hasBlankOrControl(s) {
		return ""
	}
	return s
}

func hasBlankOrControl(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f })
}
