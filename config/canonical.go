package config

import "strings"

// pathProblem says why p is no path in canonical form, or "". Requests are
// matched in that form alone: whatever else is written here would never match,
// or match what its author did not mean.
func pathProblem(p string) string {
	switch {
	case !strings.HasPrefix(p, "/"):
		return "must begin with /"
	case strings.Contains(p, "//"):
		return "holds a doubled slash"
	case strings.Contains(p, `\`):
		return "holds a backslash"
	case strings.Contains(p, ";"):
		return "holds a semicolon"
	case strings.ContainsAny(p, "?#"):
		return "must be a path alone, without ? and #"
	case strings.Contains(p, "*"):
		return "holds a *; a path is a prefix without it"
	case strings.Contains(p, "%"):
		return "holds a %; write the decoded path"
	case strings.ContainsFunc(p, isControl):
		return "holds a control character"
	}
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return "holds the segment " + segment
		}
	}
	if len(p) > 1 && strings.HasSuffix(p, "/") {
		return "must not end with /"
	}
	return ""
}

// under reports whether p is prefix or lies under it at a segment bound.
func under(p, prefix string) bool {
	rest, ok := strings.CutPrefix(p, prefix)
	return ok && (rest == "" || rest[0] == '/')
}
