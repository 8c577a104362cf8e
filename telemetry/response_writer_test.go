package telemetry

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"
)

// record serves one handler behind a ResponseWriter and returns the server's
// address and a channel with the record of each request.
func record(t *testing.T, handler http.HandlerFunc) (string, <-chan Record) {
	t.Helper()
	records := make(chan Record, 8)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := NewResponseWriter(rw)
		w.Begin(r, time.Now())
		handler(w, r)
		w.Finish(time.Now())
		records <- w.Record
	}))
	// Some handlers misbehave on purpose, which net/http reports.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, records
}

func TestResponseWriterRecordsStatusAndBytes(t *testing.T) {
	tests := []struct {
		name   string
		method string
		handle http.HandlerFunc
		status int
		bytes  int64
	}{
		{"nothing written", "GET", func(http.ResponseWriter, *http.Request) {}, 200, 0},
		{"body alone", "GET", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("abc")) }, 200, 3},
		{"string", "GET", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "abcd") }, 200, 4},
		{"status and body", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			io.WriteString(w, "no")
		}, 404, 2},
		{"second status", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			w.WriteHeader(200)
		}, 403, 0},
		{"informational first", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(503)
		}, 503, 0},
		{"informational alone", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
		}, 200, 0},
		{"HEAD", "HEAD", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 99)) }, 200, 0},
		{"no content", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(204)
			w.Write([]byte("not allowed"))
		}, 204, 0},
		{"reader", "GET", func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, struct{ io.Reader }{strings.NewReader(strings.Repeat("x", 100_000))})
		}, 200, 100_000},
		{"flush", "GET", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			w.WriteHeader(500)
		}, 200, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			address, records := record(t, test.handle)
			request, _ := http.NewRequest(test.method, address, nil)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			rec := <-records
			if rec.Status != test.status || rec.Bytes != test.bytes {
				t.Errorf("recorded %d and %d bytes, want %d and %d", rec.Status, rec.Bytes, test.status, test.bytes)
			}
			if response.StatusCode != rec.Status || int64(len(body)) != rec.Bytes {
				t.Errorf("recorded %d and %d bytes, sent %d and %d", rec.Status, rec.Bytes, response.StatusCode, len(body))
			}
			if rec.Duration <= 0 {
				t.Errorf("Duration = %v", rec.Duration)
			}
		})
	}
}

func TestResponseWriterKeepsResponseControllerWhole(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				w := NewResponseWriter(rw)
				if r.Proto != protocol {
					t.Errorf("Proto = %s", r.Proto)
				}
				control := http.NewResponseController(w)
				for name, err := range map[string]error{
					"SetReadDeadline":  control.SetReadDeadline(time.Now().Add(time.Minute)),
					"SetWriteDeadline": control.SetWriteDeadline(time.Now().Add(time.Minute)),
					"EnableFullDuplex": control.EnableFullDuplex(),
					"Flush":            control.Flush(),
				} {
					if err != nil {
						t.Errorf("%s: %v", name, err)
					}
				}
				// Copying from a reader works with and without a ReaderFrom below.
				if n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader("body")}); n != 4 || err != nil || w.Bytes != 4 {
					t.Errorf("io.Copy = %d, %v; Bytes = %d", n, err, w.Bytes)
				}
			}))
			server.EnableHTTP2 = protocol == "HTTP/2.0"
			server.StartTLS()
			defer server.Close()
			response, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, _ := io.ReadAll(response.Body); string(body) != "body" {
				t.Errorf("body = %q", body)
			}
		})
	}
}

func TestResponseWriterNotesHijackedConnectionsAs101(t *testing.T) {
	address, records := record(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		conn.Close()
	})
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if rec := <-records; rec.Status != 101 {
		t.Errorf("Status = %d, want 101", rec.Status)
	}
}

func TestResponseWriterLeavesStatusWhenHijackFails(t *testing.T) {
	w := NewResponseWriter(httptest.NewRecorder()) // which cannot be hijacked
	if _, _, err := w.Hijack(); err == nil {
		t.Fatal("hijacked a recorder")
	}
	w.WriteHeader(502)
	if w.Status != 502 {
		t.Errorf("Status = %d, want 502", w.Status)
	}
}

func TestReverseProxyWorksThroughResponseWriter(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "echo" {
			conn, buffered, _ := http.NewResponseController(w).Hijack()
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			line, _ := buffered.ReadString('\n')
			io.WriteString(conn, line)
			return
		}
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Set("Trailer", "X-Sum")
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		io.WriteString(w, "second")
		w.Header().Set("X-Sum", "11")
	}))
	defer upstream.Close()
	target, _ := url.Parse(upstream.URL)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
	}
	address, records := record(t, proxy.ServeHTTP)

	t.Run("informational answers, flushes and trailers", func(t *testing.T) {
		var hints int
		trace := traceHints(&hints)
		request, _ := http.NewRequestWithContext(trace, "GET", address, nil)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		rec := <-records
		if rec.Status != 200 || rec.Bytes != 11 || string(body) != "firstsecond" {
			t.Errorf("recorded %d and %d bytes of %q", rec.Status, rec.Bytes, body)
		}
		if hints != 1 || response.Trailer.Get("X-Sum") != "11" {
			t.Errorf("%d early hints, trailer %v", hints, response.Trailer)
		}
	})
	t.Run("protocol switch", func(t *testing.T) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		reader := bufio.NewReader(conn)
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 101 {
			t.Fatalf("%v, %v", response, err)
		}
		io.WriteString(conn, "hello\n")
		if line, _ := reader.ReadString('\n'); line != "hello\n" {
			t.Errorf("echo = %q", line)
		}
		conn.Close()
		if rec := <-records; rec.Status != 101 {
			t.Errorf("Status = %d, want 101", rec.Status)
		}
	})
}

// traceHints returns a context whose requests count early hints in n.
func traceHints(n *int) context.Context {
	return httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			if code == http.StatusEarlyHints {
				*n++
			}
			return nil
		},
	})
}
