package telemetry

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// ResponseWriter is the http.ResponseWriter of one request together with its
// Record, whose Status and Bytes it fills.
//
// It costs one allocation a request. It is not pooled on purpose: a goroutine
// that writes late, after its handler returned, must find the dead writer of
// its own request and never the live one of somebody else's.
//
// What the server's own writer can do is kept: Flush, FlushError, Hijack,
// ReadFrom and WriteString are here because they change what is recorded, and
// http.ResponseController finds deadlines and full duplex through Unwrap.
// Server push is left out: no browser accepts it any more.
type ResponseWriter struct {
	Record
	w http.ResponseWriter
}

// NewResponseWriter wraps w.
func NewResponseWriter(w http.ResponseWriter) *ResponseWriter {
	return &ResponseWriter{w: w}
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (w *ResponseWriter) Unwrap() http.ResponseWriter { return w.w }

// Header returns the header to be sent.
func (w *ResponseWriter) Header() http.Header { return w.w.Header() }

// WriteHeader sends the head. Informational answers other than 101 announce a
// later one and are passed on unrecorded.
func (w *ResponseWriter) WriteHeader(status int) {
	if status >= 200 || status == http.StatusSwitchingProtocols {
		w.began(status)
	}
	w.w.WriteHeader(status)
}

// Write sends a part of the body.
func (w *ResponseWriter) Write(p []byte) (int, error) {
	w.began(http.StatusOK)
	n, err := w.w.Write(p)
	w.Bytes += int64(n)
	return n, err
}

// WriteString is Write without copying s.
func (w *ResponseWriter) WriteString(s string) (int, error) {
	w.began(http.StatusOK)
	n, err := io.WriteString(w.w, s)
	w.Bytes += int64(n)
	return n, err
}

// ReadFrom sends src as the body. On HTTP/1.1 the server's writer hands it to
// the connection, which can splice a socket or a file without copying it
// through this process.
func (w *ResponseWriter) ReadFrom(src io.Reader) (int64, error) {
	w.began(http.StatusOK)
	var n int64
	var err error
	if to, ok := w.w.(io.ReaderFrom); ok {
		n, err = to.ReadFrom(src)
	} else {
		n, err = io.Copy(writerOnly{w.w}, src)
	}
	w.Bytes += n
	return n, err
}

// Flush sends what is buffered. It is there for handlers that look for an
// http.Flusher; http.ResponseController uses FlushError.
func (w *ResponseWriter) Flush() { _ = w.FlushError() }

// FlushError sends what is buffered, the head first.
func (w *ResponseWriter) FlushError() error {
	err := http.NewResponseController(w.w).Flush()
	if err == nil {
		w.began(http.StatusOK)
	}
	return err
}

// Hijack hands the connection over, as a protocol switch does. Whoever takes
// it writes its own head, which for every user in this gateway says 101.
func (w *ResponseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.w).Hijack()
	if err == nil {
		w.began(http.StatusSwitchingProtocols)
	}
	return conn, buffered, err
}

// began records the first final status, like net/http, which ignores the rest.
func (w *ResponseWriter) began(status int) {
	if w.Status == 0 {
		w.Status = status
	}
}

// writerOnly hides ReadFrom from io.Copy.
type writerOnly struct{ io.Writer }

// RecordOf returns the record that travels with w, nil if none does.
func RecordOf(w http.ResponseWriter) *Record {
	if rw, ok := w.(*ResponseWriter); ok {
		return &rw.Record
	}
	return nil
}
