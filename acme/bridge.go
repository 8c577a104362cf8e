package acme

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"go.uber.org/zap/zapcore"
)

// bridge hands certmagic's log lines to ours.
type bridge struct {
	to     slog.Handler
	fields []zapcore.Field
}

var _ zapcore.Core = (*bridge)(nil)

// level maps zap's levels. certmagic's panics are errors to us.
func level(l zapcore.Level) slog.Level {
	switch {
	case l < zapcore.InfoLevel:
		return slog.LevelDebug
	case l == zapcore.InfoLevel:
		return slog.LevelInfo
	case l == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelError
}

func (b *bridge) Enabled(l zapcore.Level) bool {
	return b.to.Enabled(context.Background(), level(l))
}

func (b *bridge) With(fields []zapcore.Field) zapcore.Core {
	return &bridge{to: b.to, fields: slices.Concat(b.fields, fields)}
}

func (b *bridge) Check(entry zapcore.Entry, to *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if b.Enabled(entry.Level) {
		return to.AddCore(entry, b)
	}
	return to
}

// Write writes one line; what certmagic says stands under `acme`.
func (b *bridge) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, field := range slices.Concat(b.fields, fields) {
		field.AddTo(values)
	}
	said := []slog.Attr{slog.String("said", entry.Message)}
	for _, name := range slices.Sorted(maps.Keys(values.Fields)) {
		said = append(said, slog.Any(name, values.Fields[name]))
	}
	line := slog.NewRecord(entry.Time, level(entry.Level), "acme", 0)
	line.AddAttrs(slog.Attr{Key: "acme", Value: slog.GroupValue(said...)})
	return b.to.Handle(context.Background(), line)
}

func (b *bridge) Sync() error { return nil }
