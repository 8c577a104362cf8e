package e2e

import (
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// spansTo is a collector that reads with OpenTelemetry's own definitions.
type spansTo struct {
	collector.UnimplementedTraceServiceServer
	got chan *collector.ExportTraceServiceRequest
}

func (s spansTo) Export(_ context.Context, r *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	s.got <- r
	return &collector.ExportTraceServiceResponse{}, nil
}

func (s spansTo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var m collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &m); err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	s.got <- &m
}

// TestCollectorReadsOurSpans over OTLP/HTTP and over gRPC, as OpenTelemetry's
// own libraries read them.
func TestCollectorReadsOurSpans(t *testing.T) {
	s := spansTo{got: make(chan *collector.ExportTraceServiceRequest, 16)}
	overHTTP := httptest.NewServer(s)
	defer overHTTP.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	overGRPC := grpc.NewServer()
	collector.RegisterTraceServiceServer(overGRPC, s)
	go overGRPC.Serve(listener)
	defer overGRPC.Stop()

	for name, endpoint := range map[string]string{"http": overHTTP.URL, "grpc": "grpc://" + listener.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			parents := make(chan string, 1)
			app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { parents <- r.Header.Get("Traceparent") }))
			defer app.Close()
			port := freePorts(t, 1)[0]
			base := "http://localhost:" + port
			serve(t, `
server: {listen: "127.0.0.1:`+port+`", admin: {listen: ""}, trusted_proxies: [127.0.0.0/8]}
session: {keys: ["${GATEHOUSE_KEY}"]}
routes: [{name: app, from: "`+base+`", to: "`+app.URL+`", policy: public}]
telemetry: {otlp_endpoint: "`+endpoint+`", sample: 0}
`, base, http.DefaultClient)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/a%FFb?secret=x", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
			r.Header.Set("Tracestate", "vendor=1")
			if answer, err := http.DefaultClient.Do(r); err != nil {
				t.Fatal(err)
			} else {
				answer.Body.Close()
			}
			// The path is no UTF-8 and refused, and its span must be readable
			// all the same.
			r.URL.Path, r.URL.RawPath = "/x", ""
			if answer, err := http.DefaultClient.Do(r); err != nil {
				t.Fatal(err)
			} else {
				answer.Body.Close()
			}
			spans := map[string]*trace.Span{}
			for len(spans) < 2 {
				select {
				case m := <-s.got:
					if v := m.ResourceSpans[0].Resource.Attributes[0]; v.Key != "service.name" || v.Value.GetStringValue() != "gatehouse" {
						t.Errorf("the resource is %v", m.ResourceSpans[0].Resource)
					}
					for _, span := range m.ResourceSpans[0].ScopeSpans[0].Spans {
						if hex.EncodeToString(span.TraceId) != "4bf92f3577b34da6a3ce929d0e0e4736" || span.TraceState != "vendor=1" || span.EndTimeUnixNano < span.StartTimeUnixNano {
							t.Errorf("a span is %v", span)
						}
						spans[span.Name] = span
					}
				case <-time.After(patience):
					t.Fatalf("only %d kinds of spans arrived", len(spans))
				}
			}
			request, upstream := spans["GET"], spans["upstream"]
			if request == nil || upstream == nil {
				t.Fatalf("the spans are %v", spans)
			}
			if hex.EncodeToString(request.ParentSpanId) != "00f067aa0ba902b7" || request.Kind != trace.Span_SPAN_KIND_SERVER {
				t.Errorf("the request's span is %v", request)
			}
			if upstream.Kind != trace.Span_SPAN_KIND_CLIENT {
				t.Errorf("the upstream's span is %v", upstream)
			}
			if got, want := <-parents, "00-4bf92f3577b34da6a3ce929d0e0e4736-"+hex.EncodeToString(upstream.SpanId)+"-01"; got != want {
				t.Errorf("the app sees %s, want %s", got, want)
			}
		})
	}
}
