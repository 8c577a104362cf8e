package attack

import (
	"io"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// head is a request for a public address in HTTP/2, with more behind it.
func head(more ...field) []field {
	return append([]field{{":method", "GET"}, {":scheme", "https"}, {":authority", host}, {":path", "/public/x"}}, more...)
}

// without is head without a field and with another one.
func without(name string, more ...field) []field {
	var fields []field
	for _, f := range head() {
		if f.name != name {
			fields = append(fields, f)
		}
	}
	return append(fields, more...)
}

// TestFramesCannotSmuggle: what would become another line in HTTP/1.1, and
// what has no meaning in HTTP/2 (RFC 9113 sections 8.2 and 8.3).
func TestFramesCannotSmuggle(t *testing.T) {
	a := begin(t, "framing, HTTP/2")
	w := open(t, simple)
	for _, c := range []struct {
		name   string
		fields []field
		want   verdict
	}{
		{"benign", head(field{"x-a", "b"}), pass},
		{"benign, cookies in crumbs", head(field{"cookie", "a=b"}, field{"cookie", "c=d"}), pass},
		{"benign, host beside authority", head(field{"host", host}), pass},
		{"benign, host in the place of authority", without(":authority", field{"host", host}), pass},
		{"benign, te: trailers", head(field{"te", "trailers"}), pass},

		{"CR LF in a value", head(field{"x-a", "b\r\nX-Forwarded-Email: " + forger}), refuse},
		{"LF in a value", head(field{"x-a", "b\nX-Forwarded-Email: " + forger}), refuse},
		{"CR in a value", head(field{"x-a", "b\rc"}), refuse},
		{"NUL in a value", head(field{"x-a", "b\x00c"}), refuse},
		{"DEL in a value", head(field{"x-a", "b\x7fc"}), refuse},
		{"CR LF before a value", head(field{"x-a", "\r\nX-Forwarded-Email: " + forger}), refuse},
		{"CR LF behind a value", head(field{"x-a", "b\r\n"}), refuse},
		{"CR LF in a cookie", head(field{"cookie", "a=b\r\nX-Forwarded-Email: " + forger}), refuse},
		{"CR LF in a name", head(field{"x-a: b\r\nx-c", "d"}), refuse},
		{"NUL in a name", head(field{"x-a\x00", "b"}), refuse},
		{"a blank in a name", head(field{"x-a ", "b"}), refuse},
		{"a colon in a name", head(field{"x-a:b", "c"}), refuse},
		{"an empty name", head(field{"", "b"}), refuse},
		{"upper case in a name", head(field{"X-Forwarded-Email", forger}), refuse},
		{"a byte above ASCII in a name", head(field{"x-\xc3\xa9", "b"}), refuse},
		{"transfer-encoding", head(field{"transfer-encoding", "chunked"}), refuse},
		{"transfer-encoding identity", head(field{"transfer-encoding", "identity"}), refuse},
		{"connection", head(field{"connection", "x-forwarded-email"}), refuse},
		{"connection: close", head(field{"connection", "close"}), refuse},
		{"keep-alive", head(field{"keep-alive", "timeout=5"}), refuse},
		{"proxy-connection", head(field{"proxy-connection", "keep-alive"}), refuse},
		{"upgrade", head(field{"upgrade", "h2c"}), refuse},
		{"upgrade: websocket", head(field{"upgrade", "websocket"}), refuse},
		{"te: chunked", head(field{"te", "chunked"}), refuse},
		{"a content-length without a body", head(field{"content-length", "5"}), refuse},
		{"two content-lengths", head(field{"content-length", "0"}, field{"content-length", "5"}), refuse},
		{"a negative content-length", head(field{"content-length", "-1"}), refuse},
		{"a content-length that is a list", head(field{"content-length", "0, 0"}), refuse},
		{"two paths", head(field{":path", "/admin"}), refuse},
		{"two methods", head(field{":method", "POST"}), refuse},
		{"two authorities", head(field{":authority", "evil.example"}), refuse},
		{"a pseudo field behind others", append([]field{{"x-a", "b"}}, head()...), refuse},
		{"an unknown pseudo field", head(field{":forwarded", "x"}), refuse},
		{"a status", head(field{":status", "200"}), refuse},
		{"no path", without(":path"), refuse},
		{"an empty path", without(":path", field{":path", ""}), refuse},
		{"no method", without(":method"), refuse},
		{"no scheme", without(":scheme"), refuse},
		{"no authority and no host", without(":authority"), refuse},
		{"authority and another host", head(field{"host", "evil.example"}), refuse},
		{"another authority and this host", without(":authority", field{":authority", "evil.example"}, field{"host", host}), refuse},
		{"two hosts", without(":authority", field{"host", host}, field{"host", "evil.example"}), refuse},
		{"a user in the authority", without(":authority", field{":authority", "a@" + host}), refuse},
		{"a path in the authority", without(":authority", field{":authority", host + "/x"}), refuse},
		{"CR LF in the authority", without(":authority", field{":authority", host + "\r\nA: b"}), refuse},
		{"CR LF in the path", without(":path", field{":path", "/public/x HTTP/1.1\r\nA: b"}), refuse},
		{"a blank in the path", without(":path", field{":path", "/public/x HTTP/1.1"}), refuse},
		{"a path without a slash", without(":path", field{":path", "public/x"}), refuse},
		{"a whole address as the path", without(":path", field{":path", "https://app.example.test/public/x"}), refuse},
		{"a star as the path", without(":path", field{":path", "*"}), refuse},
		{"CR LF in the method", without(":method", field{":method", "GET / HTTP/1.1\r\nA: b"}), refuse},
		{"a blank in the method", without(":method", field{":method", "GET /admin"}), refuse},
		{"CR LF in the scheme", without(":scheme", field{":scheme", "https\r\nA: b"}), refuse},
		{"CONNECT", []field{{":method", "CONNECT"}, {":authority", host + ":443"}}, refuse},
		{"CONNECT with a path", without(":method", field{":method", "CONNECT"}), refuse},
		{"extended CONNECT", without(":method", field{":method", "CONNECT"}, field{":protocol", "websocket"}), refuse},
		{"TRACE", without(":method", field{":method", "TRACE"}), refuse},
		{"PRI", without(":method", field{":method", "PRI"}), refuse},
	} {
		for _, v := range versionTwo {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				conn := v.dial(w, t)
				defer conn.Close()
				s := openFrames(t, conn)
				s.head(1, true, c.fields)
				w.judge(t, c.want, s.receive(w, t, 1))
			})
		}
	}
}

// TestFramesOutOfOrder: what is no request, and what goes on behind one. Nobody
// else is harmed, which the next connection shows.
func TestFramesOutOfOrder(t *testing.T) {
	a := begin(t, "framing, HTTP/2")
	w := open(t, simple)
	post := without(":method", field{":method", "POST"})
	for _, c := range []struct {
		name string
		do   func(s *frames)
	}{
		{"data on an idle stream", func(s *frames) { _ = s.WriteData(1, true, []byte("x")) }},
		{"an even stream", func(s *frames) { s.head(2, true, head()) }},
		{"stream 0", func(s *frames) { s.head(0, true, head()) }},
		{"a continuation of nothing", func(s *frames) { _ = s.WriteContinuation(1, true, []byte("x")) }},
		{"a head that another frame interrupts", func(s *frames) {
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x82}, EndStream: true})
			_ = s.WritePing(false, [8]byte{})
		}},
		{"a head that no HPACK made", func(s *frames) {
			_ = s.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, EndHeaders: true, EndStream: true})
		}},
		{"a push", func(s *frames) {
			_ = s.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, EndHeaders: true})
		}},
		{"a window of nothing", func(s *frames) { _ = s.WriteWindowUpdate(0, 0) }},
		{"a window above 31 bits", func(s *frames) { _ = s.WriteWindowUpdate(0, 1<<31-1) }},
		{"a stream that depends on itself", func(s *frames) {
			_ = s.WritePriority(1, http2.PriorityParam{StreamDep: 1})
			s.head(1, true, []field{{":method", "TRACE"}})
		}},
		{"less body than its content-length", func(s *frames) {
			s.head(1, false, append(post[:len(post):len(post)], field{"content-length", "10"}))
			_ = s.WriteData(1, true, []byte("hello"))
		}},
		{"more body than its content-length", func(s *frames) {
			s.head(1, false, append(post[:len(post):len(post)], field{"content-length", "1"}))
			_ = s.WriteData(1, true, []byte("hello"))
		}},
		{"a trailer with a pseudo field", func(s *frames) {
			s.head(1, false, post)
			s.head(1, true, []field{{":path", "/admin"}})
		}},
		{"a frame of 1 MB", func(s *frames) { _ = s.WriteRawFrame(http2.FrameHeaders, 0x5, 1, make([]byte, 1<<20)) }},
		{"settings that are no settings", func(s *frames) { _ = s.WriteRawFrame(http2.FrameSettings, 0, 0, []byte("x")) }},
		{"an HTTP/1 request behind the preface", func(s *frames) { _, _ = io.WriteString(s.conn, get+"\r\n") }},
	} {
		for _, v := range versionTwo {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				conn := v.dial(w, t)
				s := openFrames(t, conn)
				c.do(s)
				r := s.receive(w, t, 1)
				conn.Close()
				if r.status >= 200 && r.status < 300 || r.status >= 500 {
					t.Errorf("%d, want the end", r.status)
				}
				if r := v.ask(w, t, request{target: "/public/x"}); r.status != 200 {
					t.Errorf("afterwards others get %d", r.status)
				}
			})
		}
	}
}

// TestTrailersAreNoHeaders: an upstream may take them for such.
func TestTrailersAreNoHeaders(t *testing.T) {
	a := begin(t, "framing, HTTP/2")
	w := open(t, simple)
	for _, name := range []string{"x-forwarded-email", "remote-user", "x_forwarded_email", "content-length", "transfer-encoding", "cookie", "host", "authorization"} {
		for _, v := range versionTwo {
			a.try(v.name+" a trailer called "+name, func(t *testing.T) {
				conn := v.dial(w, t)
				defer conn.Close()
				s := openFrames(t, conn)
				s.head(1, false, without(":method", field{":method", "POST"}, field{"trailer", name}))
				_ = s.WriteData(1, false, []byte("hello"))
				s.head(1, true, []field{{name, forger}})
				s.receive(w, t, 1)
				if _, raw := w.app.take(); strings.Contains(raw, forger) {
					t.Errorf("arrives: %.400q", raw)
				}
			})
		}
	}
}
