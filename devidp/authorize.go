package devidp

import (
	"bytes"
	"net/http"
)

// authorize leaves the request to pkg/op and puts a page where op would write a
// line of text: at a wrong client or redirect_uri nobody may be redirected (RFC
// 6749 section 4.1.2.1), so a person reads the answer.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	if endpointOf(r.URL.Path) == Authorize {
		if err := s.unfold(r); err != nil {
			writeNotice(w, http.StatusBadRequest, "The request could not be completed", err.Error())
			return
		}
	}
	answer := &refusal{ResponseWriter: w}
	s.op.ServeHTTP(answer, r)
	if answer.status != 0 {
		w.Header().Del("Content-Length")
		writeNotice(w, answer.status, "The request could not be completed", answer.text.String())
	}
}

// refusal lets answers through and keeps errors back.
type refusal struct {
	http.ResponseWriter
	status int // of the error kept back, or 0
	text   bytes.Buffer
}

func (a *refusal) WriteHeader(status int) {
	if status >= 400 {
		a.status = status
		return
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *refusal) Write(b []byte) (int, error) {
	if a.status != 0 {
		return a.text.Write(b)
	}
	return a.ResponseWriter.Write(b)
}
