package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const someTrace = "4bf92f3577b34da6a3ce929d0e0e4736"

// TestTraceOfStrangersIsMadeAnew: only a trusted proxy's traceparent counts;
// the log names the trace that the upstream is told.
func TestTraceOfStrangersIsMadeAnew(t *testing.T) {
	t.Parallel()
	bodies := make(chan string, 16)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- string(body)
	}))
	defer collector.Close()
	for _, c := range []struct {
		name, server string
		believed     bool
	}{
		{"stranger", "", false},
		{"proxy", "\n  trusted_proxies: [127.0.0.0/8]", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := strings.Replace(simple, "listen: 127.0.0.1:0", "listen: 127.0.0.1:0"+c.server, 1)
			h := start(t, file+"telemetry: {otlp_endpoint: \"${COLLECTOR}\", sample: 1}\n", with("COLLECTOR", collector.URL))
			conn := h.connect(t)
			conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\nTraceparent: 00-" + someTrace + "-00f067aa0ba902b7-01\nTracestate: a=b\nX-Forwarded-Proto: https\n\n")
			conn.read().fromApp()
			r := h.app.only(t)
			parent, state := r.Header.Get("Traceparent"), r.Header.Get("Tracestate")
			if strings.Contains(parent, someTrace) != c.believed || (state == "a=b") != c.believed || len(parent) != 55 || !strings.HasSuffix(parent, "-01") {
				t.Errorf("the app sees %s and %q", parent, state)
			}
			if strings.Contains(parent, "00f067aa0ba902b7") {
				t.Error("the app sees the proxy's span as its parent")
			}
			line := h.log.last(t, "request", func(r map[string]any) bool { return true })
			if fmt.Sprint(line["trace_id"]) != parent[3:35] {
				t.Errorf("the log says %v, the app sees %s", line["trace_id"], parent)
			}
			h.stop() // what is left is sent at the end
			for body := range bodies {
				if h.log.reveals(body) {
					t.Error("a span holds a secret")
				}
				if strings.Contains(body, "http.route") && strings.Contains(body, "front") {
					break
				}
			}
		})
	}
}

// TestWithoutACollectorNothingIsTraced: headers pass as they are, and the log
// has no field more.
func TestWithoutACollectorNothingIsTraced(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.connect(t)
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\nTraceparent: 00-" + someTrace + "-00f067aa0ba902b7-01\n\n")
	conn.read().fromApp()
	if got := h.app.only(t).Header.Get("Traceparent"); got != "00-"+someTrace+"-00f067aa0ba902b7-01" {
		t.Errorf("the app sees %q", got)
	}
	if line := h.log.last(t, "request", func(map[string]any) bool { return true }); line["trace_id"] != nil {
		t.Errorf("the log says %v", line["trace_id"])
	}
}

// TestCollectorThatIsDownHoldsNothingUp: requests and the end alike.
func TestCollectorThatIsDownHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := start(t, simple+"telemetry: {otlp_endpoint: \"grpc://127.0.0.1:1\", sample: 1}\n")
	for range 20 {
		h.browser().fetch("GET", home+"/public/x", "").wants(200)
	}
	h.close()
}
