package proxy

import (
	"net/http"
	"strings"
)

// enterRoute finds the route that answers.
//
// The door read the path with what any route of the site permits, so it is
// read again with this route's permit. A permit says how an upstream reads its
// own paths; it must not open a way round a stricter route or into our own
// addresses. So a path that could be read as one of another route is refused:
// //admin and /admin;x as /admin, /public%2Fx as a file of the root.
func (rt *Runtime) enterRoute(r *http.Request, v *visit) error {
	route, err := v.site.route(v.path)
	if err != nil {
		return err
	}
	v.route = route
	v.record.Route = route.Name
	if v.site.permit == (Permit{}) {
		return nil
	}
	escaped := r.URL.EscapedPath()
	if _, err := CanonicalPath(escaped, route.permit); err != nil {
		return ambiguousPath(err)
	}
	for _, other := range otherReadings(v.path, escaped) {
		if _, ours := rt.own(other); ours {
			return ambiguousPath(otherRoute)
		}
		if also, err := v.site.route(other); err != nil || also != route {
			return ambiguousPath(otherRoute)
		}
	}
	return nil
}

// otherReadings are what an upstream might make of a path that only a permit
// let through: doubled slashes merged, parameters after semicolons dropped, an
// encoded slash left as a character of its segment. Most paths have none.
func otherReadings(path, escaped string) []string {
	var readings []string
	if strings.Contains(path, "//") || strings.Contains(path, ";") {
		readings = append(readings, merged(path))
	}
	if kept, ok := keepingEncodedSlashes(escaped); ok {
		readings = append(readings, kept)
		if other := merged(kept); other != kept {
			readings = append(readings, other)
		}
	}
	return readings
}

// merged drops parameters and then empty segments but the last.
func merged(path string) string {
	var b strings.Builder
	for segment := range strings.SplitSeq(path, "/") {
		segment, _, _ = strings.Cut(segment, ";")
		if segment != "" {
			b.WriteByte('/')
			b.WriteString(segment)
		}
	}
	if b.Len() == 0 || strings.HasSuffix(path, "/") {
		b.WriteByte('/')
	}
	return b.String()
}

// keepingEncodedSlashes decodes an accepted path but for its encoded slashes,
// which stay as they are: no route's prefix has one.
func keepingEncodedSlashes(escaped string) (string, bool) {
	if !strings.Contains(escaped, "%2F") && !strings.Contains(escaped, "%2f") {
		return "", false
	}
	out := make([]byte, 0, len(escaped))
	for i := 0; i < len(escaped); i++ {
		if c, ok := escapedByte(escaped[i:]); ok && c != '/' {
			out = append(out, c)
			i += 2
			continue
		}
		out = append(out, escaped[i])
	}
	return string(out), true
}
