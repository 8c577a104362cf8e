package telemetry

import (
	"io"
	"log/slog"
)

// NewLogger returns the process's logger.
//
// Format is "json", "text" or "auto": text when tty says that a person watches,
// JSON otherwise. Level is "debug", "info", "warn" or "error", and info for
// anything else. Every line is exactly one Write to w, which must
// take writes of several goroutines at once, as a LineWriter does.
func NewLogger(w io.Writer, format, level string, tty bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: logLevel(level)}
	if format == "text" || format != "json" && tty {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(jsonHandler{slog.NewJSONHandler(w, options), w})
}

// jsonHandler lets an AccessLog past slog to the writer. With attributes or
// groups it becomes slog's own again, which puts them where they belong.
type jsonHandler struct {
	*slog.JSONHandler
	w io.Writer
}

func logLevel(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
