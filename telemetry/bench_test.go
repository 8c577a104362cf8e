package telemetry

import (
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// The benchmarks follow a request's way. CI watches their allocations; times
// depend on the machine.

func BenchmarkRequestID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		NewRequestID()
	}
}

func BenchmarkObserve(b *testing.B) {
	route := NewMetrics(Build{}).Route("wiki")
	rec := full()
	rec.UpstreamDuration = rec.Duration / 2
	b.ReportAllocs()
	for b.Loop() {
		route.Observe(rec)
	}
}

func BenchmarkAccessLog(b *testing.B) {
	file, err := os.Create(filepath.Join(b.TempDir(), "access.log"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	run := func(name string, w io.Writer, format string, all bool) {
		b.Run(name, func(b *testing.B) {
			log := NewAccessLog(NewLogger(w, format, "info", false), all)
			rec := full()
			b.ReportAllocs()
			for b.Loop() {
				log.Write(rec)
			}
		})
	}
	run("off", io.Discard, "json", false)
	run("json", io.Discard, "json", true)
	run("text", io.Discard, "text", true)
	run("json to a file", file, "json", true)
	behind := NewLineWriter(file)
	defer behind.Close()
	run("json to a file behind a LineWriter", behind, "json", true)
}

func BenchmarkRequest(b *testing.B) {
	route := NewMetrics(Build{}).Route("wiki")
	answer := httptest.NewRecorder()
	body := make([]byte, 1024)
	for _, test := range []struct {
		name string
		all  bool
	}{{"log off", false}, {"log on", true}} {
		b.Run(test.name, func(b *testing.B) {
			log := NewAccessLog(NewLogger(io.Discard, "json", "info", false), test.all)
			b.ReportAllocs()
			for b.Loop() {
				w := NewResponseWriter(answer)
				w.Record = *full()
				w.RequestID = NewRequestID()
				_, _ = w.Write(body)
				answer.Body.Reset()
				w.Finish(noon.Add(1))
				route.Observe(&w.Record)
				log.Write(&w.Record)
			}
		})
	}
}
