package trace

import (
	"net/http"
	"time"
)

// Calls makes a span of every request that next sends on behalf of a traced
// one. Nothing is added to the request: whom it goes to is no part of our
// traces. The span ends with the head of the answer.
func Calls(next http.RoundTripper, name string) http.RoundTripper { return calls{next, name} }

type calls struct {
	next http.RoundTripper
	name string
}

func (c calls) RoundTrip(r *http.Request) (*http.Response, error) {
	span := Of(r.Context()).Child(c.name, Client, time.Now())
	if span == nil {
		return c.next.RoundTrip(r)
	}
	res, err := c.next.RoundTrip(r)
	span.Text("http.request.method", r.Method)
	span.Text("server.address", r.URL.Host)
	span.Text("url.path", r.URL.Path) // a query may hold what nobody should read
	if err != nil {
		span.Fail()
	} else {
		span.Number("http.response.status_code", int64(res.StatusCode))
		if res.StatusCode >= 400 {
			span.Fail()
		}
	}
	span.End(time.Now())
	return res, err
}

// CloseIdleConnections lets http.Client close those of next.
func (c calls) CloseIdleConnections() {
	if n, ok := c.next.(interface{ CloseIdleConnections() }); ok {
		n.CloseIdleConnections()
	}
}
