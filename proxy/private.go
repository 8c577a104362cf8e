package proxy

import (
	"net/http"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// makePrivate keeps an answer that carries somebody's cookie out of shared
// caches: a cookie that a cache hands to the next visitor signs them in as
// somebody else. Set-Cookie alone does not prevent storing (RFC 9111 section
// 7.3).
func makePrivate(h http.Header) {
	kept := make([]string, 0, 4)
	stored := true
	for _, line := range h["Cache-Control"] {
		directives, ok := splitDirectives(line)
		if !ok { // nobody knows what a cache makes of it
			directives = []string{"no-store"}
		}
		for _, directive := range directives {
			name, _, _ := strings.Cut(directive, "=")
			switch identity.FoldASCII(strings.TrimSpace(name)) {
			case "", "public", "s-maxage", "private":
				// private="field" covers that field alone; the plain one is added below.
			case "no-store":
				stored = false
				kept = append(kept, "no-store")
			default:
				kept = append(kept, directive)
			}
		}
	}
	if stored {
		kept = append([]string{"private"}, kept...)
	}
	h["Cache-Control"] = []string{strings.Join(kept, ", ")}
	for name := range h {
		// What caches of one kind obey instead (RFC 9213 section 3).
		folded := foldName(name)
		if folded == "surrogate-control" || folded == "x-accel-expires" || folded == "edge-control" ||
			folded == "cdn-cache-control" || strings.HasSuffix(folded, "-cdn-cache-control") {
			delete(h, name)
		}
	}
}

// splitDirectives splits at the commas outside of quotes. It is not ok if a
// quote is left open.
func splitDirectives(line string) (list []string, ok bool) {
	quoted, start := false, 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && quoted:
			i++
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ',' && !quoted:
			list = append(list, strings.TrimSpace(line[start:i]))
			start = i + 1
		}
	}
	return append(list, strings.TrimSpace(line[start:])), !quoted
}
