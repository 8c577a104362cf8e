package trace

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strings"
)

// TraceID and SpanID name a trace and a part of it (W3C Trace Context 3.2.2).
type (
	TraceID [16]byte
	SpanID  [8]byte
)

// String is the id's hex digits.
func (id TraceID) String() string { return hex.EncodeToString(id[:]) }

// Context is where a request stands in its trace.
type Context struct {
	Trace   TraceID
	Span    SpanID
	Sampled bool
	// State is what other tracing systems said in tracestate, as it came.
	State string
}

// Valid reports whether there is a trace.
func (c Context) Valid() bool { return c.Trace != TraceID{} && c.Span != SpanID{} }

// newContext begins a trace.
func newContext(sampled bool) Context {
	c := Context{Sampled: sampled, Span: newSpanID()}
	for c.Trace == (TraceID{}) {
		put(c.Trace[:8], rand.Uint64())
		put(c.Trace[8:], rand.Uint64())
	}
	return c
}

// newSpanID is random, and needs no secrecy.
func newSpanID() (id SpanID) {
	for id == (SpanID{}) {
		put(id[:], rand.Uint64())
	}
	return id
}

func put(b []byte, n uint64) {
	for i := range 8 {
		b[i] = byte(n >> (8 * i))
	}
}

// Traceparent is the header's value (W3C Trace Context 3.2).
func (c Context) Traceparent() string {
	var b [55]byte
	copy(b[:], "00-")
	hex.Encode(b[3:], c.Trace[:])
	b[35] = '-'
	hex.Encode(b[36:], c.Span[:])
	copy(b[52:], "-00")
	if c.Sampled {
		b[54] = '1'
	}
	return string(b[:])
}

// maxState bounds tracestate: 32 members and 512 bytes are what others must
// pass on (W3C Trace Context 3.3.1.5).
const (
	maxState   = 512
	maxMembers = 32
)

// read takes a request's place from its headers. Anything but one well-formed
// traceparent counts as none.
func read(h http.Header) (Context, bool) {
	values := h["Traceparent"]
	if len(values) != 1 {
		return Context{}, false
	}
	c, ok := parse(values[0])
	if ok {
		if state := strings.Join(h["Tracestate"], ","); len(state) <= maxState && strings.Count(state, ",") < maxMembers && visible(state) {
			c.State = state
		}
	}
	return c, ok
}

// parse reads version 00, and what later versions say in its first fields
// (W3C Trace Context 3.2.4).
func parse(text string) (c Context, ok bool) {
	if len(text) < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-' || strings.HasPrefix(text, "ff") {
		return c, false
	}
	if len(text) > 55 && (strings.HasPrefix(text, "00") || text[55] != '-') {
		return c, false
	}
	for i := range 55 {
		if b := text[i]; i != 2 && i != 35 && i != 52 && (b < '0' || b > '9') && (b < 'a' || b > 'f') {
			return c, false
		}
	}
	var flags [1]byte
	hex.Decode(c.Trace[:], []byte(text[3:35]))
	hex.Decode(c.Span[:], []byte(text[36:52]))
	hex.Decode(flags[:], []byte(text[53:55]))
	c.Sampled = flags[0]&1 == 1
	return c, c.Valid()
}

// visible reports whether s is what tracestate may hold.
func visible(s string) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] > '~') && s[i] != '\t' {
			return false
		}
	}
	return true
}
