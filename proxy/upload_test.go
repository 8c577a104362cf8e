package proxy

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestUploadIsLeftAloneAfterItsRequest: a transport's goroutine may come for
// more of a body when the handler has returned. In HTTP/2 that ended the
// process; in HTTP/1 it would move another request's deadline.
func TestUploadIsLeftAloneAfterItsRequest(t *testing.T) {
	uploads := make(chan *upload, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := &upload{ReadCloser: r.Body, deadline: http.NewResponseController(w)}
		defer u.Close()
		uploads <- u
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	for _, protocol := range []string{"HTTP/2.0", "HTTP/1.1"} {
		client := server.Client()
		if protocol == "HTTP/1.1" {
			transport := client.Transport.(*http.Transport).Clone()
			transport.Protocols = new(http.Protocols)
			transport.Protocols.SetHTTP1(true)
			transport.TLSClientConfig.NextProtos = nil
			client = &http.Client{Transport: transport}
		}
		ctx, cancel := context.WithCancel(t.Context())
		body, more := io.Pipe()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, io.MultiReader(strings.NewReader("x"), body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.Proto != protocol {
			t.Fatalf("spoke %s, want %s", res.Proto, protocol)
		}
		cancel()
		u := <-uploads
		for range 3 {
			if n, err := u.Read(make([]byte, 1)); err == nil || n != 0 {
				t.Errorf("%s: read %d bytes, %v", protocol, n, err)
			}
		}
		more.Close()
		client.CloseIdleConnections()
	}
}
