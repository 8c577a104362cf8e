package upstream

import (
	"net/http"
	"net/http/httptrace"
	"net/textproto"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// Inform is the context key under which a request may carry a function
// func(status int, header http.Header) error. It is told of every informational
// answer before the final one, perhaps by another goroutine, and ends the
// exchange with its error.
type Inform = http1.Inform

// Guard is the context key under which a request may carry a Guardian, which
// knows its context's end.
type Guard = http1.Guard

// ask sends through c. net/http wants a map of the header, and has to be told what
// http1.Client does by itself: what not to send twice, whom to tell of
// informational answers, and to say nothing of its own.
func ask(c client, req *http.Request, header Fields) (*http.Response, error) {
	if own, ok := c.(*http1.Client); ok {
		return own.Send(req, header)
	}
	req.Header = Collect(header)
	if _, has := req.Header["User-Agent"]; !has {
		req.Header["User-Agent"] = nil // or net/http would say its own
	}
	sentOnce(req)
	return c.RoundTrip(traced(req))
}

func traced(req *http.Request) *http.Request {
	tell, ok := req.Context().Value(Inform{}).(func(int, http.Header) error)
	if !ok {
		return req
	}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(status int, header textproto.MIMEHeader) error { return tell(status, http.Header(header)) },
	}))
}
