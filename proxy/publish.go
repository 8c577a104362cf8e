package proxy

import (
	"net/http"
	"strconv"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// publish answers with a document of public keys, the only answers of ours
// that caches may keep. Five minutes are as long as an assertion lasts: by
// then whoever verifies one has seen a key that was added since. Without a
// document there is nothing at the address.
func (rt *Runtime) publish(contentType string, document []byte) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if document == nil {
			return addressUnknown()
		}
		h := w.Header()
		page.SetHeaders(h, r.URL.Scheme == "https")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(document)))
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodHead {
			return nil
		}
		_, err := w.Write(document)
		return err
	}
}
