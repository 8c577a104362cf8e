package trace

import "encoding/binary"

// message is a protobuf message under construction
// (https://protobuf.dev/programming-guides/encoding).
type message []byte

const (
	varint  = 0
	fixed64 = 1
	length  = 2
	fixed32 = 5
)

func (m *message) key(field, wire int) { *m = binary.AppendUvarint(*m, uint64(field<<3|wire)) }

func (m *message) number(field int, n uint64) {
	m.key(field, varint)
	*m = binary.AppendUvarint(*m, n)
}

func (m *message) fixed(field int, n uint64) {
	m.key(field, fixed64)
	*m = binary.LittleEndian.AppendUint64(*m, n)
}

func (m *message) text(field int, s string) {
	m.key(field, length)
	*m = binary.AppendUvarint(*m, uint64(len(s)))
	*m = append(*m, s...)
}

func (m *message) inside(field int, inner message) { m.text(field, string(inner)) }

// request is an ExportTraceServiceRequest. The numbers of the fields are those
// of opentelemetry/proto/trace/v1/trace.proto and its neighbours.
func request(resource []attribute, scope string, version string, spans []*Span) message {
	var res, about, scoped, all, out message
	for _, a := range resource {
		res.inside(1, a.keyValue())
	}
	about.text(1, scope)
	about.text(2, version)
	scoped.inside(1, about)
	for _, s := range spans {
		scoped.inside(2, s.message())
	}
	all.inside(1, res)
	all.inside(2, scoped)
	out.inside(1, all)
	return out
}

func (s *Span) message() message {
	var m message
	m.text(1, string(s.Trace[:]))
	m.text(2, string(s.Span[:]))
	if s.State != "" {
		m.text(3, s.State)
	}
	if s.parent != (SpanID{}) {
		m.text(4, string(s.parent[:]))
	}
	m.text(5, s.name)
	m.number(6, uint64(s.kind))
	m.fixed(7, uint64(s.start.UnixNano()))
	m.fixed(8, uint64(s.end.UnixNano()))
	for _, a := range s.attributes {
		m.inside(9, a.keyValue())
	}
	if s.failed {
		var status message
		status.number(3, 2) // STATUS_CODE_ERROR
		m.inside(15, status)
	}
	m.key(16, fixed32) // flags: sampled
	m = binary.LittleEndian.AppendUint32(m, 1)
	return m
}

func (a attribute) keyValue() message {
	var value, m message
	if a.text != "" {
		value.text(1, a.text)
	} else {
		value.number(3, uint64(a.number))
	}
	m.text(1, a.key)
	m.inside(2, value)
	return m
}
