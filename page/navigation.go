package page

import (
	"net/http"
	"strings"
)

// Navigation reports whether r is a browser going somewhere, so that a
// redirect to the provider or a page makes sense: GET or HEAD with
// Sec-Fetch-Mode navigate, or without any Sec-Fetch header and with Accept
// naming text/html.
//
// A frame navigates too (Sec-Fetch-Dest iframe): its redirect is let happen,
// and whether the provider may be framed is the provider's affair. Pictures,
// scripts and fetches have another mode. A prefetch or prerender of a page has
// mode navigate and counts: its redirect is what the later click gets, and the
// attempt it starts lives in the browser's cookies, which are bounded. What a
// prefetch must not do is sign out, and that is decided there.
func Navigation(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && navigates(r)
}

// navigates is Navigation for any method, thus also for a submitted form.
func navigates(r *http.Request) bool {
	if mode := r.Header["Sec-Fetch-Mode"]; len(mode) > 0 {
		return len(mode) == 1 && mode[0] == "navigate"
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Sec-Fetch-") {
			return false
		}
	}
	return acceptsHTML(r.Header.Values("Accept"))
}

// acceptsHTML reports whether text/html is among the media ranges by name. A
// range such as */* is what scripts and curl send, and does not count; nor
// does a weight of zero, which refuses (RFC 9110 section 12.4.2).
func acceptsHTML(accept []string) bool {
	for _, line := range accept {
		for part := range strings.SplitSeq(line, ",") {
			media, params, _ := strings.Cut(part, ";")
			if foldASCII(strings.TrimSpace(media)) == "text/html" && !zeroWeight(params) {
				return true
			}
		}
	}
	return false
}

func zeroWeight(params string) bool {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if foldASCII(name) == "q" {
			return strings.HasPrefix(value, "0") && strings.Trim(value, "0.") == ""
		}
	}
	return false
}

// foldASCII lowers A to Z and nothing else: strings.ToLower also maps the
// Kelvin sign to "k".
func foldASCII(s string) string {
	return strings.Map(func(c rune) rune {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
