package proxy

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// Each gives the fields that go to the upstream: the client's, less those of the
// connection and those that only Gatehouse may set, and ours. Nothing of ours can
// be had removed or doubled by a client (CVE-2021-32813): ours are given whatever
// the client's say, and what we give is not taken from the client.
func (x *exchange) Each(give func(name string, values []string) error) error {
	connection := x.sent["Connection"]
	for name, values := range x.sent {
		if hopByHop(name) || x.f.scrubber.matches(name) || named(connection, name) || x.ours(name) {
			continue
		}
		if err := give(name, values); err != nil {
			return err
		}
	}
	if httpguts.HeaderValuesContainsToken(x.sent["Te"], "trailers") {
		// gRPC asks for it (RFC 9110 section 10.1.4).
		if err := give("Te", trailersOnly); err != nil {
			return err
		}
	}
	if len(x.cookies) > 0 {
		if err := give("Cookie", x.cookies); err != nil {
			return err
		}
	}
	for i := range x.visit.Headers.fields {
		field := &x.visit.Headers.fields[i]
		if x.visit.assertions.sets(field.name) || x.says(field.name) {
			continue
		}
		if err := give(field.name, field.value); err != nil {
			return err
		}
	}
	if at := x.visit.assertions; at != nil {
		for i := range at.fields {
			if err := give(at.fields[i].name, at.fields[i].value); err != nil {
				return err
			}
		}
	}
	for i := range x.facts {
		fact := &x.facts[i]
		if fact.value[0] == "" {
			continue
		}
		if err := give(fact.name, fact.value[:]); err != nil {
			return err
		}
	}
	return nil
}

var trailersOnly = []string{"trailers"}

// fact is what the door knows of a request, as a field.
type fact struct {
	name  string
	value [1]string // empty is not sent
}

// tell makes ready what Each gives besides the client's own.
func (x *exchange) tell(sent http.Header) {
	v := &x.visit
	x.sent = sent
	if v.Headers == nil {
		v.Headers = x.f.headers.Render(nil)
	}
	x.cookies = v.assertions.beside(x.f.stripCookies(sent["Cookie"]))
	x.facts = [...]fact{
		{"X-Forwarded-Proto", [1]string{v.Scheme}},
		{"X-Forwarded-Host", [1]string{v.Host}},
		{"X-Request-Id", [1]string{v.RequestID}},
		{"X-Forwarded-For", [1]string{}},
		{"Traceparent", [1]string{v.Traceparent}},
		{"Tracestate", [1]string{}},
	}
	if v.ClientIP.IsValid() {
		x.facts[3].value[0] = v.ClientIP.Unmap().WithZone("").String()
	}
	if v.Traceparent != "" {
		x.facts[5].value[0] = v.Tracestate
	}
}

// ours reports whether the field is given by us, or withheld.
func (x *exchange) ours(name string) bool {
	switch name {
	case "Cookie":
		return true
	case "Authorization":
		if x.visit.ownAuthorization {
			return true
		}
	case "Tracestate":
		if x.visit.Traceparent != "" {
			return true
		}
	}
	return x.says(name) || x.visit.Headers.sets(name) || x.visit.assertions.sets(name)
}

// says reports whether a fact is given by this name.
func (x *exchange) says(name string) bool {
	for i := range x.facts {
		if fact := &x.facts[i]; fact.name == name && fact.value[0] != "" {
			return true
		}
	}
	return false
}

// hopByHop are the fields of one connection (RFC 9110 section 7.6.1, and what
// RFC 2616 section 13.5.1 knew besides).
func hopByHop(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// named reports whether a Connection field names the header, which belongs to
// the connection then.
func named(connection []string, name string) bool {
	for _, line := range connection {
		for rest, more := line, true; more; {
			var token string
			token, rest, more = strings.Cut(rest, ",")
			if token = strings.Trim(token, " \t"); len(token) == len(name) && strings.EqualFold(token, name) {
				return true
			}
		}
	}
	return false
}

// asker is an *upstream.Pool, which need not have a header in a map.
type asker interface {
	Send(*http.Request, upstream.Fields) (*http.Response, error)
}

// collecting is any http.RoundTripper as an asker.
type collecting struct{ http.RoundTripper }

func (c collecting) Send(req *http.Request, header upstream.Fields) (*http.Response, error) {
	req.Header = upstream.Collect(header)
	return c.RoundTrip(req)
}
