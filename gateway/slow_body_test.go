package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBodyThatNeverArrivesHoldsNothing: net/http reads what a handler left of
// a request before it answers, for as long as the client likes. Refusals go out
// at once, and the connection ends.
func TestBodyThatNeverArrivesHoldsNothing(t *testing.T) {
	cases := []struct {
		name, request string
		want          int
	}{
		{"an anonymous upload", "PUT /p HTTP/1.1\nHost: app.example.test\nContent-Length: 1000\n\nabc", http.StatusUnauthorized},
		{"a chunked one", "PUT /p HTTP/1.1\nHost: app.example.test\nTransfer-Encoding: chunked\n\n", http.StatusUnauthorized},
		{"one that waits to be asked", "PUT /p HTTP/1.1\nHost: app.example.test\nExpect: 100-continue\nTransfer-Encoding: chunked\n\n", http.StatusUnauthorized},
		{"an unknown host", "PUT /p HTTP/1.1\nHost: other.example.test\nContent-Length: 1000\n\nabc", http.StatusMisdirectedRequest},
		{"an ambiguous path", "PUT //p HTTP/1.1\nHost: app.example.test\nContent-Length: 1000\n\nabc", http.StatusBadRequest},
		{"a navigation that is sent to sign in", "GET /p HTTP/1.1\nHost: app.example.test\nAccept: text/html\nContent-Length: 1000\n\nabc", http.StatusFound},
		{"one with chunks that do not come", "GET /p HTTP/1.1\nHost: app.example.test\nAccept: text/html\nTransfer-Encoding: chunked\n\n", http.StatusFound},
		{"one of our own addresses", "GET /.auth/me HTTP/1.1\nHost: app.example.test\nContent-Length: 1000\n\nabc", http.StatusUnauthorized},
		{"a method that the address does not know", "PUT /.auth/me HTTP/1.1\nHost: app.example.test\nContent-Length: 1000\n\nabc", http.StatusMethodNotAllowed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := start(t, simple)
			began := time.Now()
			conn := h.connect(t)
			conn.SetDeadline(began.Add(15 * time.Second))
			conn.write(c.request)
			conn.read().wants(c.want)
			if took := time.Since(began); took > time.Second {
				t.Errorf("answered after %v", took)
			}
			conn.ended()
			h.app.untouched(t)
		})
	}
}

// TestRefusedRequestWithAWholeBodyKeepsItsConnection is the benign twin.
func TestRefusedRequestWithAWholeBodyKeepsItsConnection(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.connect(t)
	for range 2 {
		conn.write("POST /p HTTP/1.1\nHost: app.example.test\nContent-Length: 5\n\nhello")
		conn.read().wants(http.StatusUnauthorized)
	}
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	conn.read().fromApp()
}

// TestSlowUploadOfASignedInPersonIsLeftAlone: bounds on refused bodies must not
// reach those that are forwarded.
func TestSlowUploadOfASignedInPersonIsLeftAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("takes three seconds")
	}
	t.Parallel()
	h := start(t, simple)
	conn := h.connect(t)
	conn.write("POST /public/upload HTTP/1.1\nHost: app.example.test\nContent-Length: 10\n\nhello")
	time.Sleep(3 * time.Second) // longer than a refused body may take
	conn.write("world")
	conn.read().fromApp()
	if got := h.app.only(t); !strings.HasSuffix(got.Body, "helloworld") {
		t.Errorf("the app received %q", got.Body)
	}
}
