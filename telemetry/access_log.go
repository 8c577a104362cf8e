package telemetry

import (
	"context"
	"io"
	"log/slog"
	"math"
	"time"
)

// AccessLog writes one line a request, msg="request", at level info. A request
// that failed for a cause of the gateway's own is written at level error and
// carries the cause in `error`.
//
// Fields are always in the same order. request_id, method, host, path, status,
// bytes and duration_ms are always there; the others are left out when there
// is nothing to say.
type AccessLog struct {
	handler slog.Handler
	fast    io.Writer // where JSON goes past slog; nil sends all through handler
	lines   lines
	all     bool
}

// NewAccessLog returns an AccessLog that writes through log. Unless all is set
// it writes only the failures, whose causes are told nowhere else.
func NewAccessLog(log *slog.Logger, all bool) *AccessLog {
	l := &AccessLog{handler: log.Handler(), all: all}
	if h, ok := l.handler.(jsonHandler); ok {
		l.fast = h.w
	}
	return l
}

// maxFields is how many attributes a line has at most.
const maxFields = 19

// Write writes the line of a finished record. It builds nothing when the line
// is not wanted.
func (l *AccessLog) Write(rec *Record) {
	level := slog.LevelInfo
	if rec.failed() {
		level = slog.LevelError
	} else if !l.all {
		return
	}
	ctx := context.Background()
	if !l.handler.Enabled(ctx, level) {
		return
	}
	if l.fast != nil {
		b := l.lines.get()
		*b = rec.appendJSON(*b, level)
		_, _ = l.fast.Write(*b) // see below
		l.lines.put(b)
		return
	}
	line := slog.NewRecord(rec.Started.Add(rec.Duration), level, "request", 0)
	// A group without a name is written in place. Given the fields as one,
	// slog does not copy them once more.
	line.AddAttrs(slog.Attr{Value: slog.GroupValue(rec.fields()...)})
	// The only error is the writer's, and a log that cannot be written has
	// nowhere to say so.
	_ = l.handler.Handle(ctx, line)
}

// fields are the attributes of the line, every one a plain string or number.
func (rec *Record) fields() []slog.Attr {
	f := make(fields, 0, maxFields)
	f = append(f,
		slog.String("request_id", printable(rec.RequestID, maxName)),
		slog.String("method", printable(rec.Method, maxMethod)),
		slog.String("host", printable(rec.Host, maxHost)),
		slog.String("path", printable(rec.Path, maxPath)),
		slog.Int("status", rec.Status),
		slog.Int64("bytes", rec.Bytes),
		slog.Float64("duration_ms", milliseconds(rec.Duration)),
	)
	if rec.Peer.IsValid() {
		f = append(f, slog.String("peer", rec.Peer.String()))
	}
	f.text("route", rec.Route)
	f.text("provider", rec.Provider)
	f.text("subject", rec.Subject)
	f.text("email", rec.Email)
	f.text("decision", rec.Decision.String())
	f.text("rule", rec.Rule)
	f.text("shadow", rec.Shadow)
	f.text("reason", rec.Reason)
	f.text("upstream", rec.Upstream)
	f.text("session", rec.Session)
	f.text("trace_id", rec.TraceID)
	f.cause(rec.Err)
	return f
}

// fields collects attributes that may be absent.
type fields []slog.Attr

// text adds a value unless it is empty.
func (f *fields) text(key, value string) {
	if value != "" {
		*f = append(*f, slog.String(key, printable(value, maxName)))
	}
}

// cause adds the error unless it is nil.
func (f *fields) cause(err error) {
	if err != nil {
		*f = append(*f, slog.String("error", printable(oneLine(err), maxError)))
	}
}

// milliseconds keeps three decimals: microseconds are as fine as a request
// can be told from the next.
func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
