package trace

import (
	"context"
	"strings"
	"time"
)

// Kind says which side of a call a span is (OTLP's numbers).
type Kind uint8

const (
	// Server answers a call.
	Server Kind = 2
	// Client makes one.
	Client Kind = 3
)

// Span is one part of a sampled request. A nil Span is a part of a request
// that is not sampled: it takes everything and does nothing. Only one
// goroutine may use a Span.
type Span struct {
	Context
	exporter   *Exporter
	parent     SpanID
	name       string
	kind       Kind
	start, end time.Time
	attributes []attribute
	failed     bool
}

// attribute is a text, or a number if text is empty.
type attribute struct {
	key, text string
	number    int64
}

// Child begins a part of s.
func (s *Span) Child(name string, kind Kind, now time.Time) *Span {
	if s == nil {
		return nil
	}
	child := &Span{Context: s.Context, exporter: s.exporter, parent: s.Span, name: name, kind: kind, start: now}
	child.Span = newSpanID()
	return child
}

// maxText bounds an attribute.
const maxText = 256

// Text notes something about s; empty texts are left out. What comes from
// strangers is cut and made UTF-8, or a collector would refuse it together
// with its neighbours. No secret may be noted.
func (s *Span) Text(key, value string) {
	if s == nil || value == "" {
		return
	}
	s.attributes = append(s.attributes, attribute{key: key, text: strings.ToValidUTF8(value[:min(len(value), maxText)], "\ufffd")})
}

// Number notes a number.
func (s *Span) Number(key string, value int64) {
	if s != nil {
		s.attributes = append(s.attributes, attribute{key: key, number: value})
	}
}

// Fail marks s as failed.
func (s *Span) Fail() {
	if s != nil {
		s.failed = true
	}
}

// End closes s and hands it over. Afterwards it may not be used.
func (s *Span) End(now time.Time) {
	if s != nil {
		s.end = now
		s.exporter.take(s)
	}
}

type spanKey struct{}

// With puts s into a context, for the calls that are made on its behalf.
func With(ctx context.Context, s *Span) context.Context {
	return context.WithValue(ctx, spanKey{}, s)
}

// Of is the span of a context, or nil.
func Of(ctx context.Context) *Span {
	s, _ := ctx.Value(spanKey{}).(*Span)
	return s
}
