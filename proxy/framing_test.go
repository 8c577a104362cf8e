package proxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// wireServer is net/http with framed in front of a handler that reads the body.
func wireServer(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ConnContext: WithWire,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			last, err := framed(r)
			if err != nil {
				w.Header().Set("Connection", "close")
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			if last {
				w.Header().Set("Connection", "close")
			}
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s:%s", r.URL.Path, body)
		}),
	}
	go server.Serve(watched{l, nil})
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

type watched struct {
	net.Listener
	gateway *Gateway
}

func (l watched) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.gateway.Watch(c, 0), nil
}

// talk sends raw bytes and returns the status and body of each answer until
// the server closes or n answers have come.
func talk(t *testing.T, address, raw string, n int) (answers []string, closed bool) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, raw)
	in := bufio.NewReader(c)
	for range n {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return answers, true
		}
		body, _ := io.ReadAll(answer.Body)
		answers = append(answers, fmt.Sprintf("%d %s", answer.StatusCode, body))
		closed = answer.Close
	}
	return answers, closed
}

func TestFramingThatTwoReadersReadDifferentlyIsRefused(t *testing.T) {
	address := wireServer(t)
	const host = "Host: a\r\n"
	cases := []struct{ name, raw string }{
		{"length and chunked", "POST /x HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"chunked and length", "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
		{"odd case", "POST /x HTTP/1.1\r\n" + host + "content-LENGTH: 5\r\nTRANSFER-encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"length of zero and chunked", "POST /x HTTP/1.1\r\n" + host + "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a bare line feed", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: b\nX-C: d\r\n\r\n"},
		{"a bare line feed after the request line", "GET /x HTTP/1.1\nHost: a\r\n\r\n"},
		{"a bare line feed at the end", "GET /x HTTP/1.1\r\nHost: a\r\n\n"},
		{"a bare line feed before the request", "\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"},
		{"bare line feeds", "POST /x HTTP/1.1\nHost: a\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\r\n\r\n"},
		{"blank before the colon", "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\nabc"},
		{"the same length twice", "POST /x HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
		{"two lengths", "POST /x HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
		{"a list of lengths", "POST /x HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc"},
		{"a signed length", "POST /x HTTP/1.1\r\n" + host + "Content-Length: +3\r\n\r\nabc"},
		{"chunked twice", "POST /x HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"chunked in HTTP/1.0", "POST /x HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"chunked in HTTP/1.0 with a length", "POST /x HTTP/1.0\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"a folded line", "POST /x HTTP/1.1\r\n" + host + "X-A: b\r\n Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
		{"two hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answers, closed := talk(t, address, c.raw, 1)
			if len(answers) != 1 || !strings.HasPrefix(answers[0], "4") && !strings.HasPrefix(answers[0], "501") || !closed {
				t.Errorf("answers %q, closed %v; want one 4xx and the end", answers, closed)
			}
		})
		t.Run(c.name+" as the second request", func(t *testing.T) {
			first := "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n\r\nContent-Length: 9\r\nabcde\n"
			answers, _ := talk(t, address, first+c.raw, 2)
			if len(answers) != 2 || !strings.HasPrefix(answers[0], "200 /first") || strings.HasPrefix(answers[1], "2") {
				t.Errorf("answers %q; want the first served and the second refused", answers)
			}
		})
	}
}

func TestPlainFramingPasses(t *testing.T) {
	address := wireServer(t)
	cases := []struct {
		name, raw string
		want      []string
	}{
		{"no body", "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 /x:"}},
		{"a line longer than what is kept of one", "GET /x HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("b", 200<<10) + "\r\n\r\n", []string{"200 /x:"}},
		{"length", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", []string{"200 /x:abc"}},
		{"chunked", "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", []string{"200 /x:abc"}},
		{"a header that only begins alike", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length-Hint: 9\r\nContent-Length: 3\r\n\r\nabc", []string{"200 /x:abc"}},
		{"pipelined", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /y HTTP/1.1\r\nHost: a\r\n\r\nGET /z HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 /x:abc", "200 /y:", "200 /z:"}},
		{"a body that looks like a head", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n\r\n\r\nTransfer-Encoding: chunked\r\nabcdefghGET /y HTTP/1.1\r\nHost: a\r\n\r\n", []string{"200 /x:\r\n\r\nTransfer-Encoding: chunked\r\nabcdefgh", "200 /y:"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			answers, _ := talk(t, address, c.raw, len(c.want))
			if fmt.Sprint(answers) != fmt.Sprint(c.want) {
				t.Errorf("answers %q, want %q", answers, c.want)
			}
		})
	}
}
