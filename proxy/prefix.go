package proxy

import (
	"net/url"
	"strings"
)

// rewritePath drops and adds prefixes on the escaped path, so that what the
// client encoded stays encoded (a permitted %2F is no slash).
func (f *Forwarder) rewritePath(u *url.URL) (path, rawPath string, err error) {
	if len(f.strip) == 0 && f.add == "" {
		return u.Path, u.RawPath, nil
	}
	raw, ok := stripSegments(u.EscapedPath(), f.strip)
	if !ok {
		// The route matched a path that does not begin as the route does:
		// two readings of one path, so neither is forwarded.
		return "", "", ambiguousPath(otherRoute)
	}
	if !strings.HasPrefix(raw, "/") {
		raw = "/" + raw
	}
	raw = f.add + raw
	if path, err = url.PathUnescape(raw); err != nil {
		return "", "", ambiguousPath(otherRoute)
	}
	return path, raw, nil
}

// stripSegments drops segments from the front of an escaped path. They are
// compared decoded, because /%64ocs/x is under /docs too.
func stripSegments(raw string, segments []string) (rest string, ok bool) {
	for _, want := range segments {
		after, found := strings.CutPrefix(raw, "/")
		if !found {
			return "", false
		}
		end := strings.IndexByte(after, '/')
		if end < 0 {
			end = len(after)
		}
		if got, err := url.PathUnescape(after[:end]); err != nil || got != want {
			return "", false
		}
		raw = after[end:]
	}
	return raw, true
}
