package proxy

import "net/http"

// dropTrailers removes what an answer must not say behind its body. A recipient
// may merge trailers into the header (RFC 9110 section 6.5.1), so they may not
// change where a message ends or where it goes, and none may look like ours.
func (f *Forwarder) dropTrailers(trailer http.Header) {
	for name := range trailer {
		if hopByHop(name) || name == "Host" || f.scrubber.matches(name) {
			delete(trailer, name)
		}
	}
}
