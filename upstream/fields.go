package upstream

import (
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/upstream/http1"
)

// Fields are a request's header, made from several parts while it is sent.
type Fields = http1.Fields

// Collect puts fields together in a map of their own.
func Collect(fields Fields) http.Header {
	h := http.Header{}
	_ = fields.Each(func(name string, values []string) error {
		h[name] = values
		return nil
	})
	return h
}
