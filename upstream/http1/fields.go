package http1

import "net/http"

// Fields are a request's header, to be gone through once for each time that it
// is sent: whoever makes it from several parts need not put them together in a
// map first.
type Fields interface {
	// Each gives each field with its values, no name twice, and stops at the
	// first error, which it returns.
	Each(give func(name string, values []string) error) error
}

// Header is a map as Fields.
type Header http.Header

// Each gives the map's fields.
func (h Header) Each(give func(name string, values []string) error) error {
	for name, values := range h {
		if err := give(name, values); err != nil {
			return err
		}
	}
	return nil
}
