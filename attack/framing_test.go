package attack

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// post begins a request that everybody may make, smuggled is what an attacker
// would like to be read behind it.
const (
	post     = "POST /public/x HTTP/1.1\r\nHost: app.example.test\r\n"
	get      = "GET /public/x HTTP/1.1\r\nHost: app.example.test\r\n"
	smuggled = "GET /public/smuggled HTTP/1.1\r\nHost: app.example.test\r\n\r\n"
)

// TestARequestHasOneLength [RFC 9112 6.1]: two readers of the same bytes must
// not find different requests in them. What could be read twice is refused, the
// connection ends, and what stands behind it reaches nobody.
func TestARequestHasOneLength(t *testing.T) {
	a := begin(t, "framing")
	w := open(t, simple)
	for _, c := range []struct{ name, bytes string }{
		// Both lengths.
		{"CL and TE", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"TE and CL", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
		{"CL and TE with others between", post + "Content-Length: 5\r\nA: b\r\nC: d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE, oddly cased", post + "content-LENGTH: 5\r\ntransfer-ENCODING: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE, coding oddly cased", post + "Content-Length: 5\r\nTransfer-Encoding: ChUnKeD\r\n\r\n0\r\n\r\n"},
		{"CL 0 and TE", post + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"the right CL and TE", post + "Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
		{"CL and TE in a GET", get + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE without a colon's blank", post + "Content-Length:5\r\nTransfer-Encoding:chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE behind tabs", post + "Content-Length:\t5\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE before blanks", post + "Content-Length: 5 \r\nTransfer-Encoding: chunked  \r\n\r\n0\r\n\r\n"},
		{"CL and empty TE", post + "Content-Length: 5\r\nTransfer-Encoding:\r\n\r\nhello"},
		{"empty CL and TE", post + "Content-Length:\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE with 100-continue", post + "Expect: 100-continue\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE named by Connection", post + "Connection: Content-Length\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"CL and TE in HTTP/1.0", "POST /public/x HTTP/1.0\r\nHost: app.example.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		// Names that only some take for these.
		{"TE with a blank before the colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
		{"TE with a tab before the colon", post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"},
		{"TE with a blank before the colon, and CL", post + "Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
		{"CL with a blank before the colon", post + "Content-Length : 5\r\n\r\nhello"},
		{"TE behind a blank", post + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"TE behind a NUL", post + "\x00Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"TE with a vertical tab", post + "Transfer-Encoding\x0b: chunked\r\n\r\n0\r\n\r\n"},
		{"TE in quotes", post + "\"Transfer-Encoding\": chunked\r\n\r\n0\r\n\r\n"},
		{"TE with a byte above ASCII", post + "Transfer-Encoding\xa0: chunked\r\n\r\n0\r\n\r\n"},
		// Codings.
		{"TE xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
		{"TE xchunked and CL", post + "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\nhello"},
		{"TE identity and CL", post + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"},
		{"TE identity", post + "Transfer-Encoding: identity\r\n\r\n"},
		{"TE gzip, chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"TE chunked, identity", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
		{"TE chunked, chunked", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"},
		{"TE chunked with a comma", post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n"},
		{"TE chunked with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"},
		{"TE chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
		{"TE chunked behind a vertical tab", post + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"},
		{"TE chunked before a NUL", post + "Transfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n"},
		{"TE of a no-break space and chunked", post + "Transfer-Encoding: \xc2\xa0chunked\r\n\r\n0\r\n\r\n"},
		{"TE cow", post + "Content-Length: 5\r\nTransfer-Encoding: cow\r\n\r\nhello"},
		{"two TEs", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"two TEs, one identity", post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"two TEs, one unknown, and CL", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n\r\n0\r\n\r\n"},
		{"TE in HTTP/1.0", "POST /public/x HTTP/1.0\r\nHost: app.example.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		// Lengths.
		{"two different lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"},
		{"the same length twice", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
		{"the same length twice, once padded", post + "Content-Length: 5\r\nContent-Length: 05\r\n\r\nhello"},
		{"a list of lengths", post + "Content-Length: 5, 5\r\n\r\nhello"},
		{"a list of other lengths", post + "Content-Length: 5,6\r\n\r\nhello!"},
		{"a negative length", post + "Content-Length: -5\r\n\r\nhello"},
		{"a length of minus zero", post + "Content-Length: -0\r\n\r\n"},
		{"a length with a plus", post + "Content-Length: +5\r\n\r\nhello"},
		{"a hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello"},
		{"an underscored length", post + "Content-Length: 1_0\r\n\r\nhellohello"},
		{"a length with a fraction", post + "Content-Length: 5.0\r\n\r\nhello"},
		{"a length with an exponent", post + "Content-Length: 5e0\r\n\r\nhello"},
		{"a length with a blank inside", post + "Content-Length: 1 0\r\n\r\nhellohello"},
		{"a length with a comma", post + "Content-Length: 5,\r\n\r\nhello"},
		{"an empty length", post + "Content-Length:\r\n\r\n"},
		{"a length that is a word", post + "Content-Length: five\r\n\r\nhello"},
		{"a length in Arabic digits", post + "Content-Length: \xd9\xa5\r\n\r\nhello"},
		{"a length above 64 bits", post + "Content-Length: 18446744073709551621\r\n\r\nhello"},
		{"a length above 63 bits", post + "Content-Length: 9223372036854775808\r\n\r\nhello"},
		{"a length behind a vertical tab", post + "Content-Length: \x0b5\r\n\r\nhello"},
		{"a length before a NUL", post + "Content-Length: 5\x00\r\n\r\nhello"},
		// Lines.
		{"a folded line", post + "X-A: b\r\n Content-Length: 5\r\n\r\nhello"},
		{"a folded line with a tab", post + "X-A: b\r\n\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a folded TE", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
		{"a folded CL", post + "Content-Length:\r\n 5\r\n\r\nhello"},
		{"a folded first line", "GET /public/x HTTP/1.1\r\n Host: app.example.test\r\nHost: app.example.test\r\n\r\n"},
		{"a folded empty line", post + "Content-Length: 5\r\n \r\n\r\nhello"},
		{"bare line feeds", strings.ReplaceAll(post, "\r\n", "\n") + "\n"},
		{"a bare line feed before TE", post + "X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a bare line feed after CL", post + "Content-Length: 5\n\r\nhello"},
		{"a bare line feed at the end", post + "Content-Length: 5\r\n\nhello"},
		{"a bare line feed after the request line", "GET /public/x HTTP/1.1\nHost: app.example.test\r\n\r\n"},
		{"a bare CR in a value", get + "X-A: b\rTransfer-Encoding: chunked\r\n\r\n"},
		{"a bare CR before CL", post + "\rContent-Length: 5\r\n\r\nhello"},
		{"a bare CR after a name", post + "Content-Length\r: 5\r\n\r\nhello"},
		{"CR CR LF", get + "X-A: b\r\r\n\r\n"},
		{"CR CR LF at the end", get + "\r\r\n"},
		{"a bare CR in the request line", "GET /public/x\r HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a line without a colon", get + "X-A\r\n\r\n"},
		{"a NUL in a value", get + "X-A: b\x00c\r\n\r\n"},
		{"a DEL in a value", get + "X-A: b\x7fc\r\n\r\n"},
		{"an escape in a value", get + "X-A: b\x1bc\r\n\r\n"},
		{"a name with a blank", get + "X A: b\r\n\r\n"},
		{"a name with brackets", get + "X[A]: b\r\n\r\n"},
		{"a name with a slash", get + "X/A: b\r\n\r\n"},
		{"an empty name", get + ": b\r\n\r\n"},
		{"a Trailer field that names CL", post + "Transfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n0\r\n\r\n"},
		// Hosts.
		{"two Hosts", get + "Host: app.example.test\r\n\r\n"},
		{"two different Hosts", get + "Host: evil.example\r\n\r\n"},
		{"a Host oddly cased and another", get + "hOST: evil.example\r\n\r\n"},
		{"no Host", "GET /public/x HTTP/1.1\r\n\r\n"},
		{"an empty Host", "GET /public/x HTTP/1.1\r\nHost:\r\n\r\n"},
		{"no Host in HTTP/1.0", "GET /public/x HTTP/1.0\r\n\r\n"},
		{"a Host with a user", "GET /public/x HTTP/1.1\r\nHost: a@app.example.test\r\n\r\n"},
		{"a Host with a path", "GET /public/x HTTP/1.1\r\nHost: app.example.test/x\r\n\r\n"},
		{"a Host with a query", "GET /public/x HTTP/1.1\r\nHost: app.example.test?x\r\n\r\n"},
		{"a Host with a blank", "GET /public/x HTTP/1.1\r\nHost: app.example.test evil.example\r\n\r\n"},
		{"a list of Hosts", "GET /public/x HTTP/1.1\r\nHost: app.example.test, evil.example\r\n\r\n"},
		{"a Host with an empty port", "GET /public/x HTTP/1.1\r\nHost: app.example.test:\r\n\r\n"},
		{"a Host with a port of zeros", "GET /public/x HTTP/1.1\r\nHost: app.example.test:000443\r\n\r\n"},
		{"a Host with two ports", "GET /public/x HTTP/1.1\r\nHost: app.example.test:443:80\r\n\r\n"},
		{"a Host in percent-encoding", "GET /public/x HTTP/1.1\r\nHost: app%2eexample.test\r\n\r\n"},
		{"a Host with two dots at the end", "GET /public/x HTTP/1.1\r\nHost: app.example.test..\r\n\r\n"},
		{"a Host that is folded", "GET /public/x HTTP/1.1\r\nHost:\r\n app.example.test\r\n\r\n"},
		{"a Host of look-alikes", "GET /public/x HTTP/1.1\r\nHost: app\xe3\x80\x82example.test\r\n\r\n"},
		{"a target with another host than Host", "GET https://evil.example/public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a target with this host and another Host", "GET https://app.example.test/public/x HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
		{"a target with this host and no Host", "GET https://app.example.test/public/x HTTP/1.1\r\n\r\n"},
		// Methods and versions.
		{"CONNECT", "CONNECT app.example.test:443 HTTP/1.1\r\nHost: app.example.test:443\r\n\r\n"},
		{"CONNECT of another host", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"},
		{"CONNECT of a path", "CONNECT /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"CONNECT without a Host", "CONNECT app.example.test:443 HTTP/1.1\r\n\r\n"},
		{"TRACE", "TRACE /public/x HTTP/1.1\r\nHost: app.example.test\r\nMax-Forwards: 0\r\n\r\n"},
		{"TRACE oddly cased", "tRaCe /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"TRACK", "TRACK /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a method in brackets", "(GET) /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"PRI", "PRI * HTTP/2.0\r\nHost: app.example.test\r\n\r\n"},
		{"HTTP/0.9", "GET /public/x\r\n"},
		{"HTTP/1", "GET /public/x HTTP/1\r\nHost: app.example.test\r\n\r\n"},
		{"HTTP/01.1", "GET /public/x HTTP/01.1\r\nHost: app.example.test\r\n\r\n"},
		{"http/1.1", "GET /public/x http/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"HTTPS/1.1", "GET /public/x HTTPS/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a blank in the path", "GET /public/x y HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a blank before the path", "GET  /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a tab for a blank", "GET\t/public/x\tHTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"a blank behind the version", "GET /public/x HTTP/1.1 \r\nHost: app.example.test\r\n\r\n"},
		{"a blank before the method", " GET /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: app.example.test\r\n\r\n"},
		// Upgrades.
		{"Upgrade: h2c", get + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"},
		{"Upgrade: h2c that Connection does not name", get + "Upgrade: h2c\r\n\r\n"},
		{"Upgrade: H2C", get + "Connection: upgrade\r\nUpgrade: H2C\r\n\r\n"},
		{"Upgrade: h2c beside websocket", get + "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n"},
		{"Upgrade: h2c before websocket", get + "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n\r\n"},
		{"two Upgrades", get + "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n"},
		{"Upgrade: h2", get + "Connection: Upgrade\r\nUpgrade: h2\r\n\r\n"},
		{"Upgrade: HTTP/2.0", get + "Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n\r\n"},
		{"Upgrade: TLS/1.2", get + "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n"},
		{"Upgrade: websocket/13", get + "Connection: Upgrade\r\nUpgrade: websocket/13\r\n\r\n"},
		{"Upgrade: connect-udp", get + "Connection: Upgrade\r\nUpgrade: connect-udp\r\n\r\n"},
		{"an empty Upgrade", get + "Connection: Upgrade\r\nUpgrade:\r\n\r\n"},
		{"a WebSocket by POST", post + "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"},
		{"a WebSocket with a body", get + "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello"},
		{"a WebSocket in HTTP/1.0", "GET /public/x HTTP/1.0\r\nHost: app.example.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
		// Expectations.
		{"Expect: something else", post + "Expect: 200-ok\r\nContent-Length: 5\r\n\r\nhello"},
		{"Expect: 100-continue among others", post + "Expect: 100-continue, other\r\nContent-Length: 5\r\n\r\nhello"},
		{"two Expects", post + "Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"},
	} {
		for _, v := range versionOne {
			for _, place := range []struct{ name, before string }{{"", ""}, {", second on its connection", get + "\r\n"}} {
				a.try(v.name+" "+c.name+place.name, func(t *testing.T) {
					w.refusesAndEnds(t, v, place.before, c.bytes+smuggled)
				})
			}
		}
	}
}

// refusesAndEnds sends bytes behind a request that is fine, or behind none.
func (w *world) refusesAndEnds(t *testing.T, v way, before, bytes string) {
	t.Helper()
	c := v.dial(w, t)
	defer c.Close()
	in := bufio.NewReader(c)
	if before != "" {
		send(t, c, before)
		if res, err := http.ReadResponse(in, nil); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("the request before: %v", err)
		} else if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		w.app.take()
	}
	send(t, c, bytes)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, _ := io.ReadAll(res.Body)
	w.judge(t, refuse, reply{status: res.StatusCode, header: res.Header, body: string(body)})
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the answer is not one of Gatehouse's: %v", res.Header)
	}
	if rest, err := io.ReadAll(in); timedOut(err) || len(rest) > 0 {
		t.Errorf("the connection goes on: %v, %.200q", err, rest)
	}
	w.app.untouched(t)
}

// TestBrokenChunksNeverLookWhole: what stands before the fault may have reached
// the app already, for bodies are not held back. It never gets the end of one,
// nor anything behind it.
func TestBrokenChunksNeverLookWhole(t *testing.T) {
	a := begin(t, "framing")
	w := open(t, simple)
	for _, c := range []struct{ name, bytes string }{
		{"a chunk of a negative size", post + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"},
		{"a chunk with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"},
		{"a chunk above 64 bits", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"},
		{"a chunk behind a blank", post + "Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n"},
		{"a chunk of no size", post + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"},
		{"a chunk of a word", post + "Transfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r\n\r\n"},
		{"a chunk longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"},
		{"a chunk that ends in LF", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n"},
		{"a chunk's size that ends in LF", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"},
		{"a chunk's extension with a bare LF", post + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\nhello\r\n0\r\n\r\n"},
		{"a chunk's extension with a bare CR", post + "Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n"},
		{"a chunk's extension of 64 KiB", post + "Transfer-Encoding: chunked\r\n\r\n5;" + strings.Repeat("a", 64<<10) + "\r\nhello\r\n0\r\n\r\n"},
		{"a trailer without a colon", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A\r\n\r\n"},
	} {
		for _, v := range versionOne {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				r := v.raw(w, t, c.bytes+smuggled)
				if r.status < 400 || r.status > 499 || !r.ended {
					t.Errorf("%d, and the connection ended: %v", r.status, r.ended)
				}
				if _, raw := w.app.take(); strings.Contains(raw, "smuggled") || strings.Contains(raw, "\r\n0\r\n") {
					t.Errorf("the app received %.300q", raw)
				}
			})
		}
	}
}

// TestHonestFramingPasses: the twins, several on one connection.
func TestHonestFramingPasses(t *testing.T) {
	a := begin(t, "framing")
	w := open(t, simple)
	for _, c := range []struct {
		name, bytes string
		bodies      []string
	}{
		{"no body", get + "\r\n", []string{""}},
		{"HTTP/1.0", "GET /public/x HTTP/1.0\r\nHost: app.example.test\r\n\r\n", []string{""}},
		{"a body", post + "Content-Length: 5\r\n\r\nhello", []string{"hello"}},
		{"an empty body", post + "Content-Length: 0\r\n\r\n", []string{""}},
		{"no length", post + "\r\n", []string{""}},
		{"a padded length", post + "Content-Length: 005\r\n\r\nhello", []string{"hello"}},
		{"a body in HTTP/1.0", "POST /public/x HTTP/1.0\r\nHost: app.example.test\r\nContent-Length: 5\r\n\r\nhello", []string{"hello"}},
		{"chunks", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;a=b\r\n!\r\n0\r\n\r\n", []string{"hello!"}},
		{"chunks oddly cased", post + "tRANSFER-eNCODING: Chunked\r\n\r\n000A\r\nhellohello\r\n0\r\n\r\n", []string{"hellohello"}},
		{"a trailer", post + "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n", []string{"hello"}},
		{"a malformed trailer, which goes no further", post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A : b\r\n\r\n", []string{"hello"}},
		{"a body that looks like a request", post + "Content-Length: 40\r\n\r\n\r\n\r\nTransfer-Encoding: chunked\r\n\r\nabcdef", []string{"\r\n\r\nTransfer-Encoding: chunked\r\n\r\nabcdef"}},
		{"names that only begin alike", get + "Content-Length-Hint: 9\r\nTransfer-Encoding-Hint: chunked\r\n\r\n", []string{""}},
		{"a TE of trailers", get + "TE: trailers\r\nConnection: TE\r\n\r\n", []string{""}},
		{"a pipeline", post + "Content-Length: 5\r\n\r\nhello" + get + "\r\n" + post + "Content-Length: 1\r\n\r\n!", []string{"hello", "", "!"}},
		{"a line end behind a body", post + "Content-Length: 5\r\n\r\nhello\r\n" + get + "\r\n", []string{"hello", ""}},
		{"a target with the host", "GET https://app.example.test/public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n", []string{""}},
		{"a value with every fine byte", get + "X-A: \x21\x7e\t\xe9\xff\r\n\r\n", []string{""}},
		{"100-continue with its body", post + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", []string{"hello"}},
	} {
		for _, v := range versionOne {
			a.try(v.name+" "+c.name, func(t *testing.T) { w.passes(t, v, c.bytes, c.bodies) })
		}
	}
	a.try("an upload that waits for 100 gets it", func(t *testing.T) {
		c := inTheClear.dial(w, t)
		defer c.Close()
		send(t, c, post+"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		in := bufio.NewReader(c)
		if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
			t.Fatalf("the first line is %q, %v", line, err)
		}
		_, _ = in.ReadString('\n')
		send(t, c, "hello")
		w.judge(t, pass, receiveFrom(w, t, in, http.MethodPost))
	})
	for _, v := range versionOne {
		a.try(v.name+" a stranger's upload is refused before it is sent", func(t *testing.T) {
			r := v.raw(w, t, "POST /upload HTTP/1.1\r\nHost: app.example.test\r\nExpect: 100-continue\r\nContent-Length: 10737418240\r\n\r\n")
			if w.judge(t, signIn, r); !r.ended || r.status != http.StatusUnauthorized {
				t.Errorf("%d, and the connection ended: %v", r.status, r.ended)
			}
		})
	}
}

// passes sends bytes and expects that the app gets these bodies.
func (w *world) passes(t *testing.T, v way, bytes string, bodies []string) {
	t.Helper()
	var mu = make(chan string, len(bodies))
	w.app.answers(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu <- string(body)
		_, _ = io.WriteString(rw, greeting)
	})
	defer w.app.answers(nil)
	c := v.dial(w, t)
	defer c.Close()
	send(t, c, bytes)
	in := bufio.NewReader(c)
	for _, want := range bodies {
		res, err := http.ReadResponse(in, nil)
		for err == nil && res.StatusCode == http.StatusContinue {
			res, err = http.ReadResponse(in, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || string(body) != greeting {
			t.Fatalf("%d: %.300s", res.StatusCode, body)
		}
		if got := <-mu; got != want {
			t.Errorf("the app received %q, want %q", got, want)
		}
	}
	w.app.take()
}

// TestARefusedHeadHasNoBody [RFC 9112 6.3]: what followed would be read as the
// answer to the next request on the connection, whoever refuses.
func TestARefusedHeadHasNoBody(t *testing.T) {
	a := begin(t, "framing")
	w := open(t, simple)
	for _, c := range []struct {
		name string
		request
		want verdict
	}{
		{"benign", request{target: "/public/x"}, elsewhere},
		{"a malformed Host", request{target: "/public/x", host: "a@b"}, refuse},
		{"a malformed line", request{target: "/public/x", fields: []string{"A B: c"}}, refuse},
		{"a target without a slash", request{target: "x"}, refuse},
		{"a broken target", request{target: "/%"}, refuse},
		{"an unknown host", request{target: "/x", host: "evil.example"}, refuse},
		{"an ambiguous path", request{target: "//x"}, refuse},
		{"an unknown expectation", request{target: "/public/x", fields: []string{"Expect: miracles"}}, refuse},
		{"a head that is too large", request{target: "/public/x", fields: []string{"A: " + strings.Repeat("a", 200_000)}}, refuse},
		{"two lengths", request{target: "/public/x", fields: []string{"Content-Length: 1", "Content-Length: 2"}}, refuse},
		{"a coding that nobody knows", request{target: "/public/x", fields: []string{"Transfer-Encoding: x"}}, refuse},
		{"nobody", request{target: "/x"}, refuse},
	} {
		for _, v := range versionOne {
			a.try(v.name+" HEAD of "+c.name, func(t *testing.T) {
				c.request.method = "HEAD"
				if r := v.ask(w, t, c.request); c.want == elsewhere && r.status != 200 || c.want == refuse && (r.status < 400 || r.status > 499) {
					t.Errorf("%d", r.status)
				}
				w.app.take()
			})
		}
	}
}
