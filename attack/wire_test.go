package attack

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// request is one that can be said in HTTP/1.1 and HTTP/2 alike. Empty parts are
// GET, the app's host, and none.
type request struct {
	method, target, host string
	fields               []string // "Name: value"
	body                 string
}

// reply is what came back. Status 0 is no answer: the stream or the connection
// was ended instead.
type reply struct {
	status int
	header http.Header
	body   string
	ended  bool // the connection was closed by the gateway
}

// way is one of the ways into a gateway.
type way struct {
	name string
	dial func(w *world, t testing.TB) net.Conn
	h2   bool
}

var (
	inTheClear   = way{"HTTP/1.1", (*world).dialPlain, false}
	overTLS      = way{"HTTP/1.1 over TLS", func(w *world, t testing.TB) net.Conn { return w.dialTLS(t, "http/1.1") }, false}
	framesTLS    = way{"HTTP/2", func(w *world, t testing.TB) net.Conn { return w.dialTLS(t, "h2") }, true}
	framesPlain  = way{"HTTP/2 in the clear", (*world).dialPlain, true}
	ways         = []way{inTheClear, overTLS, framesTLS, framesPlain}
	versionOne   = []way{inTheClear, overTLS}
	versionTwo   = []way{framesTLS, framesPlain}
	replyTimeout = 20 * time.Second
)

// ask sends one request over a connection of its own.
func (v way) ask(w *world, t testing.TB, r request) reply {
	t.Helper()
	if r.method == "" {
		r.method = http.MethodGet
	}
	if r.host == "" {
		r.host = host
	}
	c := v.dial(w, t)
	defer c.Close()
	if v.h2 {
		return askFrames(w, t, c, r)
	}
	var b strings.Builder
	b.WriteString(r.method + " " + r.target + " HTTP/1.1\r\nHost: " + r.host + "\r\nConnection: close\r\n")
	for _, f := range r.fields {
		b.WriteString(f + "\r\n")
	}
	if r.body != "" {
		b.WriteString("Content-Length: " + itoa(len(r.body)) + "\r\n")
	}
	send(t, c, b.String()+"\r\n"+r.body)
	return receive(w, t, c, r.method)
}

// raw sends bytes as they stand and reads one answer and the end.
func (v way) raw(w *world, t testing.TB, bytes string) reply {
	t.Helper()
	c := v.dial(w, t)
	defer c.Close()
	send(t, c, bytes)
	return receive(w, t, c, http.MethodGet)
}

// send writes, unless the gateway has heard enough.
func send(t testing.TB, c net.Conn, bytes string) {
	t.Helper()
	_, _ = io.WriteString(c, bytes)
}

// receive reads the final answer, and then waits a little for the end.
func receive(w *world, t testing.TB, c net.Conn, method string) reply {
	t.Helper()
	return receiveFrom(w, t, bufio.NewReader(c), method)
}

func receiveFrom(w *world, t testing.TB, in *bufio.Reader, method string) reply {
	t.Helper()
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			return reply{ended: !timedOut(err)}
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Errorf("the answer breaks off: %v", err)
		}
		if res.StatusCode < 200 && res.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		if string(body) != greeting {
			w.search(t, "the answer", string(body))
		}
		r := reply{status: res.StatusCode, header: res.Header, body: string(body)}
		if res.Close {
			more, err := io.ReadAll(in)
			if r.ended = !timedOut(err); len(more) > 0 {
				t.Errorf("a second answer came: %.200q", more)
			}
		}
		return r
	}
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (w *world) dialPlain(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", w.plain.Address("public").String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(replyTimeout))
	return c
}

func (w *world) dialTLS(t testing.TB, protocol string) net.Conn {
	t.Helper()
	c, err := tls.Dial("tcp", w.tls.Address("public").String(), &tls.Config{
		InsecureSkipVerify: true, ServerName: host, NextProtos: []string{protocol}, // it is the gateway that is tried here
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(replyTimeout))
	return c
}

// pair writes a self-signed certificate and its key.
func pair(t testing.TB) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		write(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// everything is all that an answer to a public request brings, in text: final
// and informational heads, body and trailers.
func (w *world) everything(t testing.TB, v way, c net.Conn) string {
	t.Helper()
	if !v.h2 {
		send(t, c, "GET /public/x HTTP/1.1\r\nHost: "+host+"\r\nTE: trailers\r\nConnection: close\r\n\r\n")
		text, err := io.ReadAll(c)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	s := openFrames(t, c)
	s.head(1, true, head(field{"te", "trailers"}))
	var text strings.Builder
	for {
		frame, err := s.ReadFrame()
		if err != nil {
			t.Error(err)
			return text.String()
		}
		if f, ok := frame.(*http2.MetaHeadersFrame); ok {
			for _, h := range f.Fields {
				text.WriteString(h.Name + ": " + h.Value + "\r\n")
			}
		}
		if h := frame.Header(); h.StreamID == 1 && h.Flags.Has(http2.FlagDataEndStream) && (h.Type == http2.FrameData || h.Type == http2.FrameHeaders) {
			return text.String()
		}
	}
}
