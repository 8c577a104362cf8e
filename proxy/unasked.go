package proxy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// net/http answers a head that it cannot read by itself and asks no handler:
// without our headers, without a line in the log, and with 501 where a transfer
// coding it does not know came beside a Content-Length. Wire puts our answer in
// the place of its.
//
// That cannot touch an answer of anybody else. net/http reads a head only when
// the answer before is written to its end, which Between tells; and every
// handler begins with framed, which says that it was asked. What is written
// between the two is net/http's own.

// Between is an http.Server's ConnState: what comes now is a new request.
func Between(c net.Conn, state http.ConnState) {
	if watched, ok := c.(interface{ wire() *Wire }); ok && state == http.StateIdle {
		watched.wire().asked.Store(false)
	}
}

// Write passes answers on.
func (w *Wire) Write(p []byte) (int, error) {
	if c := w.calm.Load(); c != nil {
		return w.writeCalmly(c, p)
	}
	if w.mute.Load() {
		return len(p), nil
	}
	if w.gateway == nil || w.asked.Load() || w.foreign.Load() || !bytes.HasPrefix(p, []byte("HTTP/1.")) {
		return w.Conn.Write(p)
	}
	w.asked.Store(true) // one answer, however it is cut into pieces
	ours := w.gateway.unasked(w.Conn, p)
	if head, _, ok := bytes.Cut(ours, []byte("\r\n\r\n")); ok && w.asksForHead() {
		ours = ours[:len(head)+4] // what followed would be another answer (RFC 9112 section 6.3)
	}
	w.lingerAtClose()
	w.forget() // nothing is read any more, and a flood of large heads would stay for the linger's time
	if _, err := w.Conn.Write(ours); err != nil {
		return 0, err
	}
	return len(p), nil
}

// refuseHead answers a head that is too large as soon as that is known.
// net/http would take 4 KiB more, and wait for half a second with all of it in
// memory. What it says by itself then is not passed on.
func (w *Wire) refuseHead() error {
	_, _ = io.WriteString(w, "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n")
	w.mute.Store(true)
	return io.EOF
}

// asksForHead reports whether the request that is answered next is HEAD.
func (w *Wire) asksForHead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	line := w.current.requestLine
	if len(w.heads) > 0 {
		line = w.heads[0].requestLine
	}
	return bytes.HasPrefix(line, []byte("HEAD "))
}

// unasked is our answer in the place of net/http's, with its line in the log.
func (g *Gateway) unasked(c net.Conn, theirs []byte) []byte {
	rt := g.current.Load()
	e := restated(theirs)
	rec := telemetry.Record{RequestID: telemetry.NewRequestID(), Started: time.Now(), Status: e.Status, Reason: e.Reason}
	if ap, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil {
		rec.Peer = ap.Addr().Unmap().WithZone("")
	}
	rt.metrics.Refused(rec.Reason)
	rt.unrouted.Observe(&rec)
	rt.accessLog.Write(&rec)

	body, err := json.Marshal(map[string]string{"error": e.Reason, "reason": e.Reason, "request_id": rec.RequestID})
	if err != nil {
		return theirs
	}
	h := http.Header{}
	page.SetHeaders(h, false)
	h.Set("Content-Type", "application/json")
	h.Set("Connection", "close")
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Length: %d\r\n", e.Status, http.StatusText(e.Status), rec.Started.UTC().Format(http.TimeFormat), len(body))
	_ = h.Write(&out) // a buffer takes everything
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}

// restated says in our words what net/http refuses.
func restated(theirs []byte) *page.Error {
	line, _, _ := strings.Cut(string(theirs), "\r\n")
	_, line, _ = strings.Cut(line, " ")
	switch {
	case strings.HasPrefix(line, "431"):
		return &page.Error{Status: http.StatusRequestHeaderFieldsTooLarge, Reason: "head_too_large"}
	case strings.HasPrefix(line, "501"): // one reader may frame by what this one does not know
		return &page.Error{Status: http.StatusBadRequest, Reason: "framing_ambiguous"}
	case strings.HasPrefix(line, "505"):
		return &page.Error{Status: http.StatusHTTPVersionNotSupported, Reason: "version_not_supported"}
	case strings.HasPrefix(line, "417"):
		return &page.Error{Status: http.StatusExpectationFailed, Reason: "expectation_unknown"}
	case strings.HasSuffix(line, "Host header"):
		return &page.Error{Status: http.StatusBadRequest, Reason: "host_malformed"}
	}
	return &page.Error{Status: http.StatusBadRequest, Reason: "head_malformed"}
}
