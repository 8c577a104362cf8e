package proxy

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// refuseMethod keeps out what is no request for a resource: CONNECT would make
// a tunnel of us, TRACE echoes cookies and headers.
func refuseMethod(r *http.Request) error {
	switch identity.FoldASCII(r.Method) {
	case "connect", "trace", "track":
		return &page.Error{Status: http.StatusMethodNotAllowed, Reason: "method_not_allowed", Text: "This method is not served here.", Close: true}
	}
	if !httpguts.ValidHeaderFieldName(r.Method) {
		return &page.Error{Status: http.StatusBadRequest, Reason: "method_malformed", Text: "The request's method is no word.", Close: true}
	}
	return nil
}

// refuseTarget wants a path, or in HTTP/1 a whole address as proxies are sent
// (RFC 9112 section 3.2.2). A target has no fragment: net/http takes one for a
// part of the path, a front proxy may drop it. HTTP/2 has no other form, and
// net/http lets blanks through there.
func refuseTarget(r *http.Request) error {
	target := r.RequestURI
	good := strings.HasPrefix(target, "/")
	if !good && r.ProtoMajor == 1 {
		scheme := identity.FoldASCII(r.URL.Scheme)
		good = (scheme == "http" || scheme == "https") && r.URL.Host != "" && r.URL.User == nil
	}
	if !good || r.URL.Opaque != "" || strings.IndexFunc(target, func(c rune) bool { return c <= ' ' || c == '#' || c == 0x7f }) >= 0 {
		return &page.Error{Status: http.StatusBadRequest, Reason: "target_malformed", Text: "The request's target is no path.", Close: true}
	}
	return nil
}

// refuseLength: HTTP/2 frames end a body whatever Content-Length says, and
// net/http does not hold the two against each other. The upstream is sent the
// length that the frames make (RFC 9113 section 8.1.1).
func refuseLength(r *http.Request) error {
	values := r.Header["Content-Length"]
	if r.ProtoMajor == 1 || len(values) == 0 {
		return nil // Wire and net/http have looked
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if len(values) > 1 || err != nil || int64(n) != r.ContentLength {
		return ambiguousFraming("Content-Length is not the body's")
	}
	return nil
}

// refuseExpectation: net/http finds 100-continue among other words, an
// upstream may read it otherwise (RFC 9110 section 10.1.1).
func refuseExpectation(r *http.Request) error {
	values := r.Header["Expect"]
	if len(values) == 0 || len(values) == 1 && identity.FoldASCII(values[0]) == "100-continue" {
		return nil
	}
	return &page.Error{Status: http.StatusExpectationFailed, Reason: "expectation_unknown", Text: "The request expects something unknown.", Close: true}
}

// refuseSecondHost: an HTTP/2 request may name its host twice, in :authority
// and in a host field, which net/http leaves among the headers. A front proxy
// could go by the other one (RFC 9113 section 8.3.1).
func refuseSecondHost(r *http.Request) error {
	for _, host := range r.Header["Host"] {
		if host != r.Host {
			return malformedHost()
		}
	}
	return nil
}

// refuseUpgrade lets WebSockets through to the route, which checks their
// origin, and refuses every other upgrade: h2c would open a second way in that
// no policy sees. HTTP/2 has no Upgrade header.
func refuseUpgrade(r *http.Request) error {
	values := r.Header["Upgrade"]
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 || identity.FoldASCII(strings.TrimSpace(values[0])) != "websocket" {
		return &page.Error{Status: http.StatusBadRequest, Reason: "upgrade_not_allowed", Text: "This upgrade is not served here.", Close: true}
	}
	return nil
}

func ambiguousPath(cause error) error {
	return &page.Error{
		Status: http.StatusBadRequest, Reason: "path_ambiguous",
		Text:  "This address can be read in more than one way, so it is not served.",
		Cause: cause,
	}
}

func malformedHost() error {
	return &page.Error{Status: http.StatusBadRequest, Reason: "host_malformed", Text: "The Host header is missing or malformed.", Close: true}
}

func misdirected() error {
	return &page.Error{
		Status: http.StatusMisdirectedRequest, Reason: "host_unknown",
		Text: "No site is served under this address.",
	}
}
