package proxy

import (
	"io"
	"net/http"
	"time"
)

const (
	// formTimeout is how long a form for one of our own addresses may take.
	formTimeout = 10 * time.Second
	// settleTimeout is how long a refusal waits for the rest of a small body,
	// to keep the connection; settleBytes is how much of one it reads.
	settleTimeout = 50 * time.Millisecond
	settleBytes   = 64 << 10
)

// boundForm gives the body of a request to one of our own addresses its time.
func boundForm(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && r.ContentLength != 0 {
		// Fails only for a writer that is no HTTP/1 connection.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(formTimeout))
	}
}

// settleBody sees to what is left of a refused request's body. net/http would
// read it before it answers HTTP/1, without a deadline, and so hold answer and
// connection for as long as a client likes. Now a body that is all but there is
// taken in, and otherwise the answer goes out at once and the connection ends.
func settleBody(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 || r.ContentLength == 0 || r.Body == nil {
		return
	}
	c := http.NewResponseController(w)
	// Reading would answer 100-continue, and so ask for what is not wanted.
	if r.Header["Expect"] == nil && r.ContentLength <= settleBytes {
		_ = c.SetReadDeadline(time.Now().Add(settleTimeout))
		if _, err := io.CopyN(io.Discard, r.Body, settleBytes+1); err == io.EOF {
			_ = c.SetReadDeadline(time.Time{})
			return
		}
	}
	if wire := wireOf(r); wire != nil {
		wire.lingerAtClose()
	}
	w.Header().Set("Connection", "close")
	_ = c.EnableFullDuplex()
	_ = c.SetReadDeadline(time.Now()) // nobody reads the rest
}
