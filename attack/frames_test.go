package attack

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// field is one of an HTTP/2 head, as it stands on the wire.
type field struct{ name, value string }

// fieldsOf says a request in HTTP/2.
func fieldsOf(r request) []field {
	fields := []field{{":method", r.method}, {":scheme", "https"}, {":authority", r.host}, {":path", r.target}}
	for _, f := range r.fields {
		name, value, _ := strings.Cut(f, ":")
		fields = append(fields, field{strings.ToLower(name), strings.TrimSpace(value)})
	}
	return fields
}

func askFrames(w *world, t testing.TB, c net.Conn, r request) reply {
	t.Helper()
	s := openFrames(t, c)
	s.head(1, r.body == "", fieldsOf(r))
	if r.body != "" {
		_ = s.WriteData(1, true, []byte(r.body))
	}
	return s.receive(w, t, 1)
}

// frames is an HTTP/2 connection that says whatever it is told to.
type frames struct {
	*http2.Framer
	conn    net.Conn
	encoded *bytes.Buffer
	encoder *hpack.Encoder
}

// openFrames sends the preface. Writes fail once the gateway has heard enough,
// and what counts is what it answered, so nobody looks at their errors.
func openFrames(t testing.TB, c net.Conn) *frames {
	t.Helper()
	send(t, c, http2.ClientPreface)
	s := &frames{Framer: http2.NewFramer(c, c), conn: c, encoded: &bytes.Buffer{}}
	s.AllowIllegalWrites = true
	s.SetMaxReadFrameSize(1 << 20)
	s.ReadMetaHeaders = hpack.NewDecoder(1<<16, nil)
	s.encoder = hpack.NewEncoder(s.encoded)
	_ = s.WriteSettings()
	return s
}

// head sends a head in as many frames as it takes.
func (s *frames) head(stream uint32, last bool, fields []field) {
	s.encoded.Reset()
	for _, f := range fields {
		_ = s.encoder.WriteField(hpack.HeaderField{Name: f.name, Value: f.value})
	}
	block := s.encoded.Bytes()
	first := block[:min(len(block), 16<<10)]
	block = block[len(first):]
	_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: first, EndHeaders: len(block) == 0, EndStream: last})
	for len(block) > 0 {
		part := block[:min(len(block), 16<<10)]
		block = block[len(part):]
		_ = s.WriteContinuation(stream, len(block) == 0, part)
	}
}

// receive reads the stream's final answer.
func (s *frames) receive(w *world, t testing.TB, stream uint32) reply {
	t.Helper()
	r := reply{header: http.Header{}}
	var body strings.Builder
	for {
		frame, err := s.ReadFrame()
		if err != nil {
			return reply{ended: !timedOut(err)}
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = s.WriteSettingsAck()
			}
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return reply{ended: true}
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream && r.status == 0 {
				return reply{}
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID != stream {
				continue
			}
			if status, _ := strconv.Atoi(f.PseudoValue("status")); status >= 200 {
				r.status = status
			}
			for _, h := range f.RegularFields() {
				r.header.Add(h.Name, h.Value)
			}
		case *http2.DataFrame:
			if f.StreamID == stream {
				body.Write(f.Data())
			}
		}
		if h := frame.Header(); h.StreamID == stream && r.status >= 200 && h.Flags.Has(http2.FlagDataEndStream) && (h.Type == http2.FrameData || h.Type == http2.FrameHeaders) {
			if r.body = body.String(); r.body != greeting {
				w.search(t, "the answer", r.body)
			}
			return r
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
