package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Redirect sends the client to location with an empty body. status is 302, 303
// or 308; anything else becomes 303, so that a body with a password never
// follows along by a mistaken 307 (RFC 9700 section 4.12).
func (p *Pages) Redirect(w http.ResponseWriter, r *http.Request, status int, location string) {
	switch status {
	case http.StatusFound, http.StatusSeeOther, http.StatusPermanentRedirect:
	default:
		status = http.StatusSeeOther
	}
	h := w.Header()
	forget(h)
	delete(h, "Content-Type")
	delete(h, "Content-Length") // net/http knows it, and one line less keeps the map small
	setHeaders(h, everywhere[:unframed], secure(r))
	h["Location"] = []string{headerURL(location)}
	w.WriteHeader(status)
}

// headerURL percent-encodes what a URL cannot hold as it is (RFC 3986 section
// 2): controls, blanks and bytes outside ASCII. Everything else stays byte for
// byte.
func headerURL(s string) string {
	if fits(s) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; unfit(c) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func fits(s string) bool {
	for i := range len(s) {
		if unfit(s[i]) {
			return false
		}
	}
	return true
}

func unfit(c byte) bool { return c <= ' ' || c >= 0x7f }

// JSON answers with v as JSON. It fails, before anything is written, only on a
// v that JSON cannot hold.
func (p *Pages) JSON(w http.ResponseWriter, r *http.Request, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	SetHeaders(w.Header(), secure(r))
	write(w, r, status, "application/json", append(body, '\n'))
	return nil
}
