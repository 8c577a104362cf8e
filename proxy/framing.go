package proxy

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// net/http serves a request that has both Content-Length and Transfer-Encoding
// and drops the length before a handler can see it; a front proxy that believed
// the length would then read another request out of the same bytes (RFC 9112
// section 6.1, request smuggling). So Wire looks at the bytes too, but only at
// where heads end and which lines begin with one of three names.
//
// That is sound without a parser of its own, because its verdict counts only
// together with net/http's reading: framed compares the request line that Wire
// saw with the request that net/http made, and any disagreement is refused and
// ends the connection. Where the end of a body cannot be known without parsing
// (chunked), the connection serves no further request.

type wireState uint8

const (
	inHead wireState = iota
	inBody
	opaque // chunked, upgraded, HTTP/2, or not understood: look no further
)

// head is what Wire saw of one request's head.
type head struct {
	requestLine []byte
	lengths     int // Content-Length lines
	encodings   int // Transfer-Encoding lines
	length      int64
	malformed   bool // a length that is no number
	folded      bool // a line that continues the one before (obs-fold)
	bare        bool // a line that ends in LF without CR
	absolute    bool // the target is a whole address, so Host is read twice
	host        string
}

// maxWireLine and maxWireField bound what is kept of one line. Only the request
// line is ever needed whole; a longer one is refused by net/http or by framed.
const (
	maxWireLine  = 64 << 10
	maxWireField = 1 << 10
)

// maxPipelined bounds the requests that a client may send ahead.
const maxPipelined = 64

// watch follows the bytes that net/http gets.
func (w *Wire) watch(p []byte) {
	for len(p) > 0 && w.state != opaque {
		if w.state == inBody {
			n := min(w.body, int64(len(p)))
			p = p[n:]
			if w.body -= n; w.body == 0 {
				w.state = inHead
			}
			continue
		}
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			w.size += len(p)
			w.keep(p)
			break
		}
		w.size += end + 1
		line := p[:end]
		if len(w.line) > 0 {
			w.keep(line)
			line = w.line
		}
		p = p[end+1:]
		w.takeLine(line)
		w.line = w.line[:0]
		if cap(w.line) > maxSpare {
			w.line = nil
		}
	}
	if w.limit > 0 && w.size > w.limit {
		w.state = opaque
		w.excess.Store(true)
	}
	if c := w.calm.Load(); c != nil {
		c.hear(p, time.Now())
	}
}

// keep remembers the beginning of a line that a later read continues, and its
// last byte, which is a CR if all is well.
func (w *Wire) keep(p []byte) {
	most := maxWireField
	if len(w.current.requestLine) == 0 {
		most = maxWireLine
	}
	n := min(len(p), most-len(w.line))
	w.line = append(w.line, p[:n]...)
	if n < len(p) {
		w.line[len(w.line)-1] = p[len(p)-1]
	}
}

// takeLine reads a line of a head, without its LF. A line that ends in LF alone
// is one to net/http, and to others a part of the one before (RFC 9112 section
// 2.2): whose Transfer-Encoding it is would depend on the reader.
func (w *Wire) takeLine(line []byte) {
	line, whole := bytes.CutSuffix(line, []byte{'\r'})
	h := &w.current
	h.bare = h.bare || !whole
	switch {
	case len(h.requestLine) == 0:
		// Blank lines before a request line are skipped, as net/http does
		// after some; where it does not, the request never reaches framed.
		h.requestLine = append(h.requestLine[:0], line...)
		h.absolute = !bytes.Contains(line, []byte(" /")) && bytes.Contains(line, []byte("://"))
		if string(line) == "PRI * HTTP/2.0" {
			w.state = opaque
			w.foreign.Store(true)
			w.headBy = time.Time{}
			w.beCalm()
		}
	case len(line) == 0:
		w.endHead()
	case line[0] == ' ' || line[0] == '\t':
		h.folded = true
	case hasFieldName(line, "content-length"):
		h.lengths++
		value := bytes.Trim(line[len("content-length:"):], " \t")
		n, err := strconv.ParseUint(string(value), 10, 63)
		h.length, h.malformed = int64(n), h.malformed || err != nil
	case hasFieldName(line, "transfer-encoding"):
		h.encodings++
	case h.absolute && hasFieldName(line, "host"):
		h.host = string(bytes.Trim(line[len("host:"):], " \t"))
	}
}

// hasFieldName reports whether the line is a field of this name, in any case.
// A name with blanks before the colon is refused by net/http itself.
func hasFieldName(line []byte, lower string) bool {
	if len(line) <= len(lower) || line[len(lower)] != ':' {
		return false
	}
	for i := range len(lower) {
		c := line[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func (w *Wire) endHead() {
	h := w.current
	w.size, w.headBy = 0, time.Time{}
	w.current, w.spare = head{requestLine: w.spare[:0]}, nil
	switch {
	case h.encodings > 0 || h.lengths > 1 || h.malformed || len(w.heads) == maxPipelined:
		w.state = opaque
	case h.length > 0:
		w.state, w.body = inBody, h.length
	}
	w.heads = append(w.heads, h)
}

// wireKey finds the Wire in a request's context.
type wireKey struct{}

// WithWire is an http.Server's ConnContext.
func WithWire(ctx context.Context, c net.Conn) context.Context {
	watched, ok := c.(interface{ wire() *Wire })
	if !ok {
		return ctx
	}
	w := watched.wire()
	w.mu.Lock()
	defer w.mu.Unlock()
	ctx, w.cancel = context.WithCancel(ctx)
	return context.WithValue(ctx, wireKey{}, w)
}

// wire lets what embeds a Wire, as a TLS connection does, be found as one.
func (w *Wire) wire() *Wire { return w }

func wireOf(r *http.Request) *Wire {
	w, _ := r.Context().Value(wireKey{}).(*Wire)
	return w
}

// framed refuses an HTTP/1 request whose framing two readers could read
// differently, and one that Wire and net/http did not read alike. It reports
// whether the connection must end after the answer.
func framed(r *http.Request) (last bool, err error) {
	w := wireOf(r)
	if w != nil {
		w.asked.Store(true)
	}
	if r.Method == "PRI" {
		// net/http lets the preface of HTTP/2 through as a request where it
		// is none, and would go on with HTTP/1 behind it.
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
		return true, ambiguousFraming("the preface of HTTP/2 in HTTP/1")
	}
	if r.ProtoMajor != 1 {
		return false, nil
	}
	if w == nil {
		return true, ambiguousFraming("nobody watches this connection")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.heads) == 0 {
		return true, ambiguousFraming("no head was seen for this request")
	}
	h := w.takeHead()
	if fault := h.fault(r); fault != "" {
		return true, ambiguousFraming(fault)
	}
	if cap(h.requestLine) <= maxSpare {
		w.spare = h.requestLine
	}
	return w.state == opaque && len(w.heads) == 0, nil
}

// takeHead removes the oldest of w.heads. Of many that were sent ahead nothing
// stays behind: an idle connection would keep all their lines.
func (w *Wire) takeHead() head {
	h := w.heads[0]
	left := copy(w.heads, w.heads[1:])
	w.heads[left] = head{}
	if w.heads = w.heads[:left]; left == 0 && cap(w.heads) > 1 {
		w.heads = nil
	}
	return h
}

// fault says what is wrong with a head that net/http read as r, or "".
func (h *head) fault(r *http.Request) string {
	switch {
	case !h.is(r):
		return "the head seen is another request's"
	case h.absolute && !h.namesHostOf(r):
		return "the target names another host than Host"
	case h.folded:
		return "a folded header line"
	case h.bare:
		return "a line that ends without CR"
	case h.lengths > 1:
		return "more than one Content-Length"
	case h.encodings > 0 && h.lengths > 0:
		return "both Content-Length and Transfer-Encoding"
	case h.encodings > 1:
		return "more than one Transfer-Encoding"
	case h.encodings > 0 && !r.ProtoAtLeast(1, 1):
		return "Transfer-Encoding in HTTP/1.0"
	}
	return ""
}

// namesHostOf compares the Host field, which net/http drops where the target is
// a whole address, with the target's host.
func (h *head) namesHostOf(r *http.Request) bool {
	sent, ok1 := parseAuthority(h.host)
	asked, ok2 := parseAuthority(r.URL.Host)
	return ok1 && ok2 && sent == asked
}

// is reports whether the request line belongs to r.
func (h *head) is(r *http.Request) bool {
	line := h.requestLine
	for _, part := range [...]string{r.Method, " ", r.RequestURI, " ", r.Proto} {
		if len(line) < len(part) || string(line[:len(part)]) != part {
			return false
		}
		line = line[len(part):]
	}
	return len(line) == 0
}

func ambiguousFraming(fault string) error {
	return &page.Error{
		Status: http.StatusBadRequest, Reason: "framing_ambiguous",
		Text: "The request's length can be read in more than one way.", Cause: errors.New(fault), Close: true,
	}
}
