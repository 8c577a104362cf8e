package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestPathsAndHostsOnTheWayToTheUpstream: strip_prefix, add_prefix,
// preserve_host, several upstreams in turn.
func TestPathsAndHostsOnTheWayToTheUpstream(t *testing.T) {
	t.Parallel()
	second := newApp(t)
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: plain, from: "https://app.example.test", to: "${APP}", policy: public}
  - {name: strip, from: "https://app.example.test/strip/this", to: "${APP}", policy: public, strip_prefix: true}
  - {name: add, from: "https://app.example.test/add", to: "${APP}", policy: public, add_prefix: /v2/api}
  - {name: both, from: "https://app.example.test/both", to: "${APP}", policy: public, strip_prefix: true, add_prefix: /v2}
  - {name: own host, from: "https://app.example.test/own", to: "${APP}", policy: public, preserve_host: false}
  - {name: two, from: "https://app.example.test/two", to: ["${APP}", "${SECOND}"], policy: public}
  - {name: one is down, from: "https://app.example.test/down", to: ["http://127.0.0.1:1", "${APP}"], policy: public}
`, with("SECOND", second.url))
	b := h.browser()
	own := strings.TrimPrefix(h.app.url, "http://")
	for _, c := range []struct{ path, target, host string }{
		{"/a/b?c=d", "/a/b?c=d", "app.example.test"},
		{"/a%20b/%7Ec?q=%zz;x&%", "/a%20b/%7Ec?q=%zz;x&%", "app.example.test"},
		{"/x?", "/x?", "app.example.test"},
		{"/strip/this/x%20y?q", "/x%20y?q", "app.example.test"},
		{"/strip/this", "/", "app.example.test"},
		{"/strip/this/", "/", "app.example.test"},
		{"/strip/th%69s/x", "/x", "app.example.test"},
		{"/strip/thisx", "/strip/thisx", "app.example.test"},
		{"/add/x", "/v2/api/add/x", "app.example.test"},
		{"/both/x", "/v2/x", "app.example.test"},
		{"/both", "/v2/", "app.example.test"},
		{"/own/x", "/own/x", own},
		{"/down/x", "/down/x", "app.example.test"},
		{"/down/x", "/down/x", "app.example.test"},
	} {
		b.fetch("GET", home+c.path, "").fromApp()
		if got := h.app.only(t); got.Target != c.target || got.Host != c.host {
			t.Errorf("%s arrives as %s at %s, want %s at %s", c.path, got.Target, got.Host, c.target, c.host)
		}
	}
	for range 4 {
		b.fetch("GET", home+"/two", "").fromApp()
	}
	if first, other := len(h.app.take()), len(second.take()); first != 2 || other != 2 {
		t.Errorf("two upstreams in turn got %d and %d", first, other)
	}
	b.fetch("POST", home+"/down/x", "once").fromApp()
	if got := h.app.only(t); got.Body != "once" {
		t.Errorf("the second upstream received %q", got.Body)
	}
}

// TestMaxBody: 413 above it, with a length and without, and none at exactly
// it.
func TestMaxBody(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: public, max_body: 1KiB}
  - {name: big, from: "https://app.example.test/big", to: "${APP}", policy: public}
`)
	head := "POST /x HTTP/1.1\nHost: app.example.test\n"
	h.raw(t, head+"Content-Length: 1024\n\n"+strings.Repeat("x", 1024)).fromApp()
	h.app.only(t)
	h.raw(t, head+"Content-Length: 1025\n\n"+strings.Repeat("x", 1025)).wants(http.StatusRequestEntityTooLarge)
	h.app.untouched(t)
	h.raw(t, head+"Transfer-Encoding: chunked\n\n400\n"+strings.Repeat("x", 1024)+"\n0\n\n").fromApp()
	h.app.take()
	h.raw(t, head+"Transfer-Encoding: chunked\n\n401\n"+strings.Repeat("x", 1025)+"\n0\n\n").wants(http.StatusRequestEntityTooLarge)
	h.app.take()
	h.raw(t, strings.Replace(head, "/x", "/big/x", 1)+"Content-Length: 100000\n\n"+strings.Repeat("x", 100000)).fromApp()
}

// TestUpstreamFaults: what people are told, and never an inner address.
func TestUpstreamFaults(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: slow, from: "https://app.example.test", to: "${APP}", policy: public, timeout: {response_header: 50ms}}
  - {name: down, from: "https://app.example.test/down", to: "http://127.0.0.1:1", policy: public}
  - {name: unknown, from: "https://app.example.test/unknown", to: "http://no-such-host.invalid", policy: public, timeout: {dial: 2s}}
  - {name: tls, from: "https://app.example.test/tls", to: "${TLS}", policy: public}
`, before(func(h *house) {}), func(h *house, env map[string]string) {
		env["TLS"] = strings.Replace(h.app.url, "http://", "https://", 1)
	})
	hold := make(chan struct{})
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		case "/garbage":
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 what\r\n\r\n")
				conn.Close()
			}
		case "/hangup":
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, hello)
		}
	})
	t.Cleanup(func() { close(hold) })
	b := h.browser()
	b.fetch("GET", home+"/fine", "").fromApp()
	for _, c := range []struct {
		path string
		want int
	}{
		{"/slow", 504}, {"/garbage", 502}, {"/hangup", 502}, {"/down", 502}, {"/unknown", 502}, {"/tls", 502},
	} {
		body := b.fetch("GET", home+c.path, "")
		page := b.once(home + c.path)
		if body.StatusCode != c.want || page.StatusCode != c.want {
			t.Errorf("%s: %d and %d, want %d", c.path, body.StatusCode, page.StatusCode, c.want)
			continue
		}
		if o := body.json(); o["error"] == "" || o["reason"] == "" || o["request_id"] == "" {
			t.Errorf("%s: %v", c.path, o)
		}
		for _, text := range []string{body.text, page.gist()} {
			if strings.Contains(text, "127.0.0.1") || strings.Contains(text, "invalid") || strings.Contains(text, "dial") {
				t.Errorf("%s: internals are told:\n%s", c.path, text)
			}
		}
	}
	h.app.take()
	if a := b.fetch("POST", home+"/hangup", "x"); a.StatusCode != http.StatusBadGateway || len(h.app.take()) != 1 {
		t.Errorf("a POST that breaks off: %d, and not sent once", a.StatusCode)
	}
}

// TestEarlyAnswersDoNotBreakTheConnection: an application may answer before it
// has read the request, and net/http then finds the rest of the body where the
// next request should begin. The client gets every answer; a connection that
// cannot go on says so with Connection: close.
func TestEarlyAnswersDoNotBreakTheConnection(t *testing.T) {
	t.Parallel()
	h := start(t, simple+`
  - {name: down, from: "https://app.example.test/down", to: "http://127.0.0.1:1", policy: public}
`)
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, hello) })
	cleo := h.visitorCookie("cleo.marsh")
	for _, c := range []struct {
		name, target string
		want         int
	}{
		{"the app does not read it", "/public/x", 200},
		{"the app is down", "/down", 502},
		{"refused", "/x", 403},
		{"a path of nobody's", "/public//x", 400},
		{"one of our own addresses", "/.auth/me", 405},
		{"a broken form", "/.auth/callback/ping", 400},
	} {
		for _, size := range []int{1, 5_000, 100_000, 300_000} {
			conn := h.connect(t)
			for i := range 4 {
				conn.write(fmt.Sprintf("POST %s HTTP/1.1\nHost: app.example.test\nCookie: %s\nContent-Type: application/x-www-form-urlencoded\nContent-Length: %d\n\n", c.target, cleo, size))
				sent := make(chan error, 1)
				go func() {
					_, err := conn.Conn.Write(bytes.Repeat([]byte("x"), size))
					sent <- err
				}()
				res, err := http.ReadResponse(conn.r, nil)
				if err != nil {
					t.Errorf("%s, %d bytes: request %d: %v", c.name, size, i, err)
					break
				}
				_, err = io.Copy(io.Discard, res.Body)
				if res.Body.Close(); err != nil || res.StatusCode != c.want {
					t.Errorf("%s, %d bytes: request %d: %d, %v", c.name, size, i, res.StatusCode, err)
				}
				if res.Close {
					break
				}
				if err := <-sent; err != nil {
					t.Errorf("%s, %d bytes: request %d is cut without Connection: close: %v", c.name, size, i, err)
				}
			}
		}
	}
}

// TestTruncatedAnswersNeverLookComplete: the client sees an abort.
func TestTruncatedAnswersNeverLookComplete(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", "100")
		}
		io.WriteString(w, "the beginning")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	for _, query := range []string{"?length", "?chunked"} {
		for _, proto := range []string{"1.1", "2"} {
			client := h.plainClient(t, proto == "2")
			res, err := client.Get("http://app.example.test/public/x" + query)
			if err != nil {
				continue // cut before its head was sent
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil {
				t.Errorf("%s over HTTP/%s: %q looks complete", query, proto, body)
			}
		}
	}
}

// plainClient speaks HTTP/1.1, or HTTP/2 with prior knowledge, to the
// gateway's plaintext listener.
func (h *house) plainClient(t testing.TB, http2 bool) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{DialContext: h.dial, Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second, CheckRedirect: stay}
}

// handshake opens a WebSocket; lines are more headers, each with its end.
func handshake(path, lines string) string {
	return "GET " + path + " HTTP/1.1\nHost: app.example.test\nConnection: Upgrade\nUpgrade: websocket\n" +
		"Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n" + lines + "\n"
}

// echo is an app that sends back what comes over a WebSocket, byte for byte.
func echo(w http.ResponseWriter, _ *http.Request) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: x\r\nSet-Cookie: __Host-gatehouse=evil\r\n\r\n")
	io.Copy(conn, buffered)
}

// webSocket is an open one to an app that echoes.
func (h *house) webSocket(t testing.TB, path, cookie string) *connection {
	t.Helper()
	h.app.answers(echo)
	conn := h.connect(t)
	conn.write(handshake(path, "Cookie: "+cookie+"\n"))
	if res, err := http.ReadResponse(conn.r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", res, err)
	}
	return conn
}

// echoes fails unless a frame with this text, at most 125 bytes, comes back.
func (c *connection) echoes(text string) {
	c.t.Helper()
	frame := append([]byte{0x81, byte(len(text))}, text...) // the app echoes it as it is, unmasked
	if _, err := c.Conn.Write(frame); err != nil {
		c.t.Fatal(err)
	}
	back := make([]byte, len(frame))
	if _, err := io.ReadFull(c.r, back); err != nil || !bytes.Equal(back, frame) {
		c.t.Errorf("the echo of %q is %q, %v", text, back, err)
	}
}

// saysGoodbye fails unless a close frame with this status comes, answers it,
// and waits for the end.
func (c *connection) saysGoodbye(status uint16) {
	c.t.Helper()
	frame := make([]byte, 4)
	if _, err := io.ReadFull(c.r, frame); err != nil {
		c.t.Fatalf("no close frame: %v", err)
	}
	if want := []byte{0x88, 2, byte(status >> 8), byte(status)}; !bytes.Equal(frame, want) {
		c.t.Errorf("the frame is % x, want % x", frame, want)
	}
	c.Conn.Write([]byte{0x88, 0x82, 0, 0, 0, 0, byte(status >> 8), byte(status)})
	c.ended()
}

// TestWebSockets: right Origin, foreign Origin, none; sibling subdomains are
// same-site, so cookies alone do not protect.
func TestWebSockets(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - name: app
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: everyone}]
    websocket_origins: ["https://partner.example.test"]
`)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	h.app.answers(echo)
	for _, c := range []struct {
		name, lines string
		want        int
	}{
		{"own Origin", "Origin: https://app.example.test\nCookie: " + cookie + "\n", 101},
		{"own Origin with its port", "Origin: https://app.example.test:443\nCookie: " + cookie + "\n", 403}, // browsers leave it out
		{"listed Origin", "Origin: https://partner.example.test\nCookie: " + cookie + "\n", 101},
		{"no Origin, as programs do", "Cookie: " + cookie + "\n", 101},
		{"foreign Origin", "Origin: https://evil.example\nCookie: " + cookie + "\n", 403},
		{"sibling subdomain", "Origin: https://other.example.test\nCookie: " + cookie + "\n", 403},
		{"plaintext Origin", "Origin: http://app.example.test\nCookie: " + cookie + "\n", 403},
		{"another port", "Origin: https://app.example.test:8443\nCookie: " + cookie + "\n", 403},
		{"a look-alike", "Origin: https://app.example.test.evil.example\nCookie: " + cookie + "\n", 403},
		{"Origin null", "Origin: null\nCookie: " + cookie + "\n", 403},
		{"empty Origin", "Origin:\nCookie: " + cookie + "\n", 403},
		{"two Origins", "Origin: https://app.example.test\nOrigin: https://evil.example\nCookie: " + cookie + "\n", 403},
		{"no session", "Origin: https://app.example.test\n", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := h.connect(t)
			conn.write(handshake("/socket", c.lines))
			if c.want != http.StatusSwitchingProtocols {
				conn.read().wants(c.want).noCookie()
				h.app.untouched(t)
				return
			}
			res, err := http.ReadResponse(conn.r, nil)
			if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%v, %v", res, err)
			}
			if len(res.Cookies()) != 0 {
				t.Error("the upstream's 101 sets our cookie")
			}
			if got := h.app.only(t); got.Header.Get("X-Forwarded-User") == "" || got.Header.Get("Cookie") != "" {
				t.Errorf("the app sees %v", got.Header)
			}
			for _, message := range []string{"ping", strings.Repeat("long ", 20_000)} {
				go io.WriteString(conn.Conn, message)
				back := make([]byte, len(message))
				if _, err := io.ReadFull(conn.r, back); err != nil || string(back) != message {
					t.Fatalf("the echo of %d bytes: %v", len(message), err)
				}
			}
		})
	}
}

// TestWebSocketEndsWithItsSession [CVE-2021-41230]: signing out ends what the
// session opened.
func TestWebSocketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	conn := h.webSocket(t, "/x", b.sessionCookie())
	b.once(home + "/.auth/logout").wants(http.StatusSeeOther)
	conn.SetDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.Copy(io.Discard, conn.r); err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Error("the WebSocket outlives its session by 15 s")
		}
	}
}

// TestServerSentEventsArriveAtOnce: every flush of the upstream is one.
func TestServerSentEventsArriveAtOnce(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	next := make(chan struct{})
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 3 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			w.(http.Flusher).Flush()
			select {
			case <-next: // not before the client has read this one
			case <-r.Context().Done():
				return
			}
		}
	})
	conn := h.connect(t)
	conn.write("GET /public/events HTTP/1.1\nHost: app.example.test\nAccept: text/event-stream\n\n")
	res, err := http.ReadResponse(conn.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i := range 3 {
		line, err := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("data: %d\n", i) {
			t.Fatalf("event %d is %q, %v", i, line, err)
		}
		lines.ReadString('\n')
		next <- struct{}{}
	}
}

// TestGRPC: HTTP/2 in plaintext on both sides, messages both ways while the
// call is open, and trailers.
func TestGRPC(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: grpc, from: "https://app.example.test", to: "${H2C}", policy: [{allow: everyone}]}
`, func(h *house, env map[string]string) { env["H2C"] = strings.Replace(h.app.url, "http://", "h2c://", 1) })
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.(http.Flusher).Flush()
		buffer := make([]byte, 64)
		for {
			n, err := r.Body.Read(buffer)
			w.Write(bytes.ToUpper(buffer[:n]))
			w.(http.Flusher).Flush()
			if err != nil {
				break
			}
		}
		w.Header().Set("Grpc-Status", "0")
		w.Header().Set(http.TrailerPrefix+"Grpc-Message", "unannounced")
	})
	cookie := h.visitorCookie("ana.kovacs")
	client := h.plainClient(t, true)
	request, sending := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://app.example.test/pkg.Service/Method", request)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	r.Header.Set("Cookie", cookie)
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || res.ProtoMajor != 2 {
		t.Fatalf("%s over %s", res.Status, res.Proto)
	}
	for _, message := range []string{"first", "second"} {
		io.WriteString(sending, message)
		echo := make([]byte, len(message))
		if _, err := io.ReadFull(res.Body, echo); err != nil || string(echo) != strings.ToUpper(message) {
			t.Fatalf("the answer to %q is %q, %v", message, echo, err)
		}
	}
	sending.Close()
	if rest, err := io.ReadAll(res.Body); err != nil || len(rest) != 0 {
		t.Errorf("the rest is %q, %v", rest, err)
	}
	if res.Trailer.Get("Grpc-Status") != "0" || res.Trailer.Get("Grpc-Message") != "unannounced" {
		t.Errorf("trailers are %v", res.Trailer)
	}
	got := h.app.take()
	if last := got[len(got)-1]; last.Proto != "HTTP/2.0" || last.Header.Get("Te") != "trailers" || last.Header.Get("X-Forwarded-User") == "" {
		t.Errorf("the app sees %s %v", last.Proto, last.Header)
	}
	// Without a session a call is refused before any message.
	r2, _ := http.NewRequestWithContext(t.Context(), "POST", "http://app.example.test/pkg.Service/Method", strings.NewReader("x"))
	anonymous, err := client.Do(r2)
	if err != nil {
		t.Fatal(err)
	}
	anonymous.Body.Close()
	if anonymous.StatusCode != http.StatusUnauthorized {
		t.Errorf("an anonymous call is answered %d", anonymous.StatusCode)
	}
	h.app.untouched(t)
}

// visitorCookie is the session's cookie of somebody who never reached the app.
func (h *house) visitorCookie(user string) string { return h.visitor(user).sessionCookie() }

// TestBodiesPassUnharmed: ranges, HEAD, compressed answers as they are, large
// streams both ways, 304, and no content type that the app did not give.
func TestBodiesPassUnharmed(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	content := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MiB
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/public/file":
			w.Header().Set("Etag", `"v1"`)
			http.ServeContent(w, r, "file.bin", time.Time{}, bytes.NewReader(content))
		case "/public/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Set("X-Accept", r.Header.Get("Accept-Encoding"))
			w.Write([]byte{0x1f, 0x8b, 0x08})
		case "/public/untyped":
			w.Header()["Content-Type"] = nil
			io.WriteString(w, "<html><script>alert(1)</script>")
		case "/public/echo":
			io.Copy(w, r.Body)
		}
	})
	get := func(request string) *answer {
		return h.raw(t, strings.Replace(request, "\n", " HTTP/1.1\nHost: app.example.test\nConnection: close\n", 1)+"\n")
	}
	if a := get("GET /public/file\nRange: bytes=16-31\n"); a.StatusCode != 206 || a.text != "0123456789abcdef" || a.Header.Get("Content-Range") != "bytes 16-31/1048576" {
		t.Errorf("range: %d %q %q", a.StatusCode, a.text, a.Header.Get("Content-Range"))
	}
	if a := get("GET /public/file\nIf-None-Match: \"v1\"\n"); a.StatusCode != 304 {
		t.Errorf("conditional: %d", a.StatusCode)
	}
	if a := get("GET /public/gzip\nAccept-Encoding: br\n"); a.text != "\x1f\x8b\x08" || a.Header.Get("X-Accept") != "br" || a.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("compressed: %q %v", a.text, a.Header)
	}
	if a := get("GET /public/gzip\n"); a.Header.Get("X-Accept") != "" {
		t.Errorf("the app is told Accept-Encoding: %s", a.Header.Get("X-Accept"))
	}
	if a := get("GET /public/untyped\n"); a.Header.Get("Content-Type") != "" {
		t.Errorf("a content type is guessed: %s", a.Header.Get("Content-Type"))
	}
	b := h.browser()
	if a := b.fetch("POST", home+"/public/echo", string(content)); a.text != string(content) {
		t.Errorf("of %d bytes %d come back", len(content), len(a.text))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "HEAD", "http://app.example.test/public/file", nil)
	res, err := h.plainClient(t, false).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.ContentLength != int64(len(content)) {
		t.Errorf("HEAD says %d bytes", res.ContentLength)
	}
}
