package gateway_test

import (
	"bytes"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// TestAmbiguousFramingIsRefusedAndClosed [RFC 9112 6.1]: two readers of the
// same bytes must not find different requests in them.
func TestAmbiguousFramingIsRefusedAndClosed(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	const head = " /public/x HTTP/1.1\nHost: app.example.test\n"
	const smuggled = "GET /public/smuggled HTTP/1.1\nHost: app.example.test\n\n"
	for _, c := range []struct{ name, request string }{
		{"CL and TE", "POST" + head + "Content-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n" + smuggled},
		{"TE and CL", "POST" + head + "Transfer-Encoding: chunked\nContent-Length: 5\n\n0\n\n" + smuggled},
		{"CL and TE, oddly cased", "POST" + head + "content-LENGTH: 5\ntransfer-ENCODING: chunked\n\n0\n\n" + smuggled},
		{"CL 0 and TE", "POST" + head + "Content-Length: 0\nTransfer-Encoding: chunked\n\n0\n\n" + smuggled},
		{"TE with a blank before the colon", "POST" + head + "Transfer-Encoding : chunked\n\n0\n\n" + smuggled},
		{"CL with a blank before the colon", "POST" + head + "Content-Length : 5\n\nhello" + smuggled},
		{"TE with a tab", "POST" + head + "Transfer-Encoding:\tchunked\nContent-Length: 5\n\n0\n\n" + smuggled},
		{"TE of something else", "POST" + head + "Transfer-Encoding: xchunked\n\n0\n\n" + smuggled},
		{"TE identity", "POST" + head + "Transfer-Encoding: identity\nContent-Length: 5\n\nhello" + smuggled},
		{"two TEs", "POST" + head + "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n\n0\n\n" + smuggled},
		{"two TEs in one", "POST" + head + "Transfer-Encoding: gzip, chunked\n\n0\n\n" + smuggled},
		{"two different lengths", "POST" + head + "Content-Length: 5\nContent-Length: 6\n\nhello!" + smuggled},
		{"the same length twice", "POST" + head + "Content-Length: 5\nContent-Length: 5\n\nhello" + smuggled},
		{"a list of lengths", "POST" + head + "Content-Length: 5, 5\n\nhello" + smuggled},
		{"a negative length", "POST" + head + "Content-Length: -5\n\nhello" + smuggled},
		{"a length with a sign", "POST" + head + "Content-Length: +5\n\nhello" + smuggled},
		{"a hexadecimal length", "POST" + head + "Content-Length: 0x5\n\nhello" + smuggled},
		{"a folded line", "POST" + head + "X-A: b\n Content-Length: 5\n\nhello" + smuggled},
		{"chunks in HTTP/1.0", "POST /public/x HTTP/1.0\nHost: app.example.test\nTransfer-Encoding: chunked\n\n0\n\n" + smuggled},
		{"two Hosts", "GET /public/x HTTP/1.1\nHost: app.example.test\nHost: app.example.test\n\n" + smuggled},
		{"two different Hosts", "GET /public/x HTTP/1.1\nHost: app.example.test\nHost: evil.example\n\n" + smuggled},
		{"no Host", "GET /public/x HTTP/1.1\n\n" + smuggled},
		{"a Host with a user", "GET /public/x HTTP/1.1\nHost: a@app.example.test\n\n" + smuggled},
		{"a Host with a path", "GET /public/x HTTP/1.1\nHost: app.example.test/x\n\n" + smuggled},
		{"CONNECT", "CONNECT app.example.test:443 HTTP/1.1\nHost: app.example.test:443\n\n" + smuggled},
		{"CONNECT of a path", "CONNECT" + head + "\n" + smuggled},
		{"TRACE", "TRACE" + head + "\n" + smuggled},
		{"TRACK", "TRACK" + head + "\n" + smuggled},
		{"connect in lower case", "connect" + head + "\n" + smuggled},
		{"Upgrade: h2c", "GET" + head + "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__\n\n" + smuggled},
		{"Upgrade: h2c beside websocket", "GET" + head + "Connection: Upgrade\nUpgrade: websocket, h2c\n\n" + smuggled},
		{"two Upgrades", "GET" + head + "Connection: Upgrade\nUpgrade: websocket\nUpgrade: h2c\n\n" + smuggled},
		{"Upgrade: tls", "GET" + head + "Connection: Upgrade\nUpgrade: TLS/1.2\n\n" + smuggled},
		{"a NUL in a value", "GET" + head + "X-A: b\x00c\n\n" + smuggled},
		{"a bare CR in a value", "GET" + head + "X-A: b\rTransfer-Encoding: chunked\n\n" + smuggled},
		{"a blank in the path", "GET /public/x y HTTP/1.1\nHost: app.example.test\n\n" + smuggled},
		{"a name with a blank", "GET" + head + "X A: b\n\n" + smuggled},
		{"an empty name", "GET" + head + ": b\n\n" + smuggled},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := h.connect(t)
			conn.write(c.request)
			a := conn.read()
			// RFC 9112 section 6.1 has 501 for a transfer coding that is not understood.
			if a.StatusCode != http.StatusNotImplemented && (a.StatusCode < 400 || a.StatusCode > 499) {
				t.Errorf("%d, want 4xx", a.StatusCode)
			}
			conn.ended()
			h.app.untouched(t)
		})
	}
	t.Run("benign twins on one connection", func(t *testing.T) {
		conn := h.connect(t)
		for _, body := range []string{"Content-Length: 5\n\nhello", "Content-Length: 0\n\n", "\n", "Content-Length: 00005\n\nhello"} {
			conn.write("POST" + head + body)
			conn.read().fromApp()
			h.app.only(t)
		}
		conn.write("POST" + head + "Transfer-Encoding: chunked\n\n5\nhello\n0\n\n")
		conn.read().fromApp()
		if got := h.app.only(t); got.Body != "hello" {
			t.Errorf("the app received %q", got.Body)
		}
	})
	t.Run("benign pipeline", func(t *testing.T) {
		conn := h.connect(t)
		conn.write("POST" + head + "Content-Length: 5\n\nhelloGET" + head + "\nGET" + head + "\n")
		for range 3 {
			conn.read().fromApp()
		}
		if n := len(h.app.take()); n != 3 {
			t.Errorf("the app received %d requests", n)
		}
	})
}

// TestAnonymousUploadIsRefusedBeforeItIsSent: 401, and no 100 that asks for
// the body.
func TestAnonymousUploadIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.connect(t)
	conn.write("POST /upload HTTP/1.1\nHost: app.example.test\nExpect: 100-continue\nContent-Length: 10737418240\n\n")
	conn.read().wants(http.StatusUnauthorized).noCookie()
	conn.ended()
	h.app.untouched(t)

	conn = h.connect(t) // benign: the app's reading asks for it
	conn.write("POST /public/upload HTTP/1.1\nHost: app.example.test\nExpect: 100-continue\nContent-Length: 5\n\n")
	if line, err := conn.r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("the first line is %q, %v", line, err)
	}
	conn.r.ReadString('\n')
	conn.write("hello")
	conn.read().fromApp()
	if got := h.app.only(t); got.Body != "hello" {
		t.Errorf("the app received %q", got.Body)
	}
}

// TestHeadsAreBounded: 431, whoever sends them.
func TestHeadsAreBounded(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.connect(t)
	big := "GET /public/x HTTP/1.1\nHost: app.example.test\nX-Big: " + strings.Repeat("x", 1<<20) + "\n\n"
	go conn.Conn.Write([]byte(strings.ReplaceAll(big, "\n", "\r\n"))) // may be cut short
	conn.read().wants(http.StatusRequestHeaderFieldsTooLarge)
	h.app.untouched(t)
	h.raw(t, "GET /public/x HTTP/1.1\nHost: app.example.test\nX-Big: "+strings.Repeat("x", 32<<10)+"\n\n").fromApp()
}

// TestSlowHeadsAreCut: a request's head must arrive within ten seconds.
func TestSlowHeadsAreCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	t.Parallel()
	h := start(t, simple)
	began := time.Now()
	conn := h.connect(t)
	conn.SetDeadline(began.Add(15 * time.Second))
	conn.write("GET /public/x HTTP/1.1\nHost: app.exam")
	conn.ended()
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("cut after %s", took)
	}
}

// h2Request sends one HTTP/2 request with fields as they stand and returns
// its status, "" if the stream or connection was refused.
func h2Request(t *testing.T, conn net.Conn, fields ...[2]string) string {
	t.Helper()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	framer.WriteSettings()
	framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: hpacked(fields...), EndHeaders: true, EndStream: true})
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return ""
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			return frame.PseudoValue("status")
		case *http2.RSTStreamFrame, *http2.GoAwayFrame:
			return ""
		}
	}
}

// TestHTTP2FieldsCannotSmuggle: what would become another line in HTTP/1.1,
// and what has no meaning in HTTP/2.
func TestHTTP2FieldsCannotSmuggle(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	request := func(more ...[2]string) [][2]string {
		return append([][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/x"}}, more...)
	}
	for _, c := range []struct {
		name   string
		fields [][2]string
		fine   bool
	}{
		{"benign", request([2]string{"x-a", "b"}), true},
		{"CR LF in a value", request([2]string{"x-a", "b\r\nX-Forwarded-Email: m@example.com"}), false},
		{"LF in a value", request([2]string{"x-a", "b\nc"}), false},
		{"NUL in a value", request([2]string{"x-a", "b\x00c"}), false},
		{"CR LF in a name", request([2]string{"x-a: b\r\nx-c", "d"}), false},
		{"upper case in a name", request([2]string{"X-A", "b"}), false},
		{"a colon in a name", request([2]string{"x-a:b", "c"}), false},
		{"transfer-encoding", request([2]string{"transfer-encoding", "chunked"}), false},
		{"connection", request([2]string{"connection", "x-forwarded-email"}), false},
		{"CR LF in the path", [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/x HTTP/1.1\r\nA: b"}}, false},
		{"CR LF in the authority", [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "app.example.test\r\nA: b"}, {":path", "/public/x"}}, false},
		{"CR LF in the method", [][2]string{{":method", "GET / HTTP/1.1\r\nA: b"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/x"}}, false},
		{"two paths", request([2]string{":path", "/admin"}), false},
		{"a path without a slash", [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "public/x"}}, false},
		{"authority and another host", request([2]string{"host", "evil.example"}), false},
		{"a dot segment", [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/../admin"}}, false},
		{"CONNECT", [][2]string{{":method", "CONNECT"}, {":authority", "app.example.test:443"}}, false},
		{"extended CONNECT", [][2]string{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/x"}}, false},
		{"TRACE", [][2]string{{":method", "TRACE"}, {":scheme", "https"}, {":authority", "app.example.test"}, {":path", "/public/x"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			status := h2Request(t, h.connect(t), c.fields...)
			if got := h.app.take(); c.fine && (status != "200" || len(got) != 1) || !c.fine && (len(got) != 0 || strings.HasPrefix(status, "2")) {
				t.Errorf("status %q, and the app received %d requests", status, len(got))
			}
		})
	}
}

// hpacked is a header block of these fields.
func hpacked(fields ...[2]string) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, f := range fields {
		encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	return block.Bytes()
}
