package session

import (
	"net/http"
	"strings"
)

// maxSame is how many cookies of one name are tried. A sibling subdomain can
// plant some on plain http, where "__Host-" does not help.
const maxSame = 4

// found holds a request's session cookies, without copies.
type found struct {
	values [maxPieces][maxSame]string
	n      [maxPieces]int // how many of each, at most maxSame
}

// scan reads every Cookie line for the pieces called names, exactly.
func (f *found) scan(h http.Header, names *[maxPieces]string) {
	each(h, func(name, value string) bool {
		if strings.HasPrefix(name, names[0]) {
			for i := range names {
				if name == names[i] && f.n[i] < maxSame {
					f.values[i][f.n[i]] = value
					f.n[i]++
				}
			}
		}
		return true
	})
}

// tries is how many candidates there are.
func (f *found) tries() int {
	if f.n[0] == 0 {
		return 0
	}
	return max(f.n[0], f.n[1], f.n[2], f.n[3])
}

// at returns piece number piece of candidate i: its i-th cookie of that name,
// or the last. A stranger's cookies, planted before or behind ours, thus cost
// another try and not the session; trying every combination would cost 256.
func (f *found) at(i, piece int) (string, bool) {
	if f.n[piece] == 0 {
		return "", false
	}
	return f.values[piece][min(i, f.n[piece]-1)], true
}

// each calls do for every cookie pair of h, until do returns false.
func each(h http.Header, do func(name, value string) bool) {
	for _, line := range h["Cookie"] {
		for more := true; more; {
			var pair string
			pair, line, more = strings.Cut(line, ";")
			if name, value, ok := splitPair(pair); ok && !do(name, value) {
				return
			}
		}
	}
}

// splitPair reads one cookie-pair (RFC 6265 section 4.2.1): blanks before it
// are trimmed, and nothing else is forgiven. Quotes are not taken off.
func splitPair(pair string) (name, value string, ok bool) {
	for pair != "" && (pair[0] == ' ' || pair[0] == '\t') {
		pair = pair[1:]
	}
	return strings.Cut(pair, "=")
}
