package http1

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// framed are the fields that say where a message ends or belong to one
// connection. They are written from the request's own fields, never copied.
func framed(name string) bool {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection":
		return true
	}
	return false
}

// headWriter writes heads, one after the other into the same memory.
type headWriter struct {
	b       []byte
	expects bool // the body waits to be asked for (RFC 9110 section 10.1.1)
	field   func(name string, values []string) error
}

// prepare makes the function once: one for each head would be allocated.
func (w *headWriter) prepare() { w.field = w.write }

// maxSpare bounds the memory that an idle connection keeps for the next head.
const maxSpare = 8 << 10

// sent lets go of more than that.
func (w *headWriter) sent() {
	if cap(w.b) > maxSpare {
		w.b = nil
	}
}

// head is the head of req with its fields (RFC 9112 sections 3 and 5), until the
// next one is made. Whatever could end a line early is refused: one head must
// never read as two.
func (w *headWriter) head(req *http.Request, header Fields) ([]byte, error) {
	fail := func(format string, args ...any) ([]byte, error) { return nil, fmt.Errorf(format, args...) }
	b := w.b[:0]
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	if !httpguts.ValidHeaderFieldName(method) || method == http.MethodConnect { // a method is a token too
		return fail("method %q cannot be sent", method)
	}
	target := req.URL.RequestURI()
	if !strings.HasPrefix(target, "/") && target != "*" {
		return fail("the request's target is no path")
	}
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == 0x7f { // raw bytes of other alphabets go as they came
			return fail("the request's target holds a space or a control")
		}
	}
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	if host == "" || !httpguts.ValidHostHeader(host) {
		return fail("host %q cannot be sent", host)
	}
	b = append(b, method...)
	b = append(b, ' ')
	b = append(b, target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, host...)
	b = append(b, "\r\n"...)
	w.b, w.expects = b, false
	if err := header.Each(w.field); err != nil {
		return nil, err
	}
	b = w.b
	switch {
	case hasBody(req) && req.ContentLength > 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, req.ContentLength, 10)
		b = append(b, "\r\n"...)
	case hasBody(req):
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case method == http.MethodPost, method == http.MethodPut, method == http.MethodPatch:
		b = append(b, "Content-Length: 0\r\n"...)
	}
	if req.Close {
		b = append(b, "Connection: close\r\n"...)
	}
	w.b = append(b, "\r\n"...)
	return w.b, nil
}

func (w *headWriter) write(name string, values []string) error {
	if len(values) == 0 || framed(name) {
		return nil
	}
	if !httpguts.ValidHeaderFieldName(name) {
		return fmt.Errorf("header name %q cannot be sent", name)
	}
	if name == "Expect" {
		w.expects = httpguts.HeaderValuesContainsToken(values, "100-continue")
	}
	b := w.b
	for _, value := range values {
		if !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("the value of header %q cannot be sent", name)
		}
		b = append(b, name...)
		b = append(b, ": "...)
		b = append(b, value...)
		b = append(b, "\r\n"...)
	}
	w.b = b
	return nil
}
