package telemetry

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bothWays is the line of rec as the access log writes it and as slog does.
func bothWays(rec *Record) (ours, slogs string) {
	var fast, slow bytes.Buffer
	NewAccessLog(NewLogger(&fast, "json", "info", false), true).Write(rec)
	NewAccessLog(slog.New(slog.NewJSONHandler(&slow, nil)), true).Write(rec)
	return fast.String(), slow.String()
}

// TestTheLineIsTheOneThatSlogWouldWrite, byte for byte.
func TestTheLineIsTheOneThatSlogWouldWrite(t *testing.T) {
	for _, d := range []time.Duration{0, 1, 499, 500, 999_499, time.Microsecond, 10 * time.Microsecond, 100 * time.Microsecond, 1_230_000, 1_200_000, time.Second, 24 * time.Hour, -time.Millisecond, 1_234_567} {
		rec := full()
		rec.Duration = d
		if ours, slogs := bothWays(rec); ours != slogs {
			t.Errorf("%d ns:\n%s", d, cmp.Diff(slogs, ours))
		}
	}
	zoned := full()
	zoned.Started = noon.In(time.FixedZone("", -5400)).Add(120 * time.Millisecond)
	zoned.Peer = netip.MustParseAddr("2001:db8::1%eth0")
	if ours, slogs := bothWays(zoned); ours != slogs {
		t.Error(cmp.Diff(slogs, ours))
	}
}

// FuzzTheLineIsTheOneThatSlogWouldWrite whatever strangers send.
func FuzzTheLineIsTheOneThatSlogWouldWrite(f *testing.F) {
	for _, seed := range []string{"", `"\`, "a\x00\x1b\u0085\u2028\u202e", "é日本\xff\xfe", "<script>&'", "\ufffd", "😀\x7f"} {
		f.Add(seed, seed, int64(1234567), 200)
	}
	f.Fuzz(func(t *testing.T, path, text string, duration int64, status int) {
		rec := full()
		rec.Path, rec.Host, rec.Method, rec.Email, rec.Rule = path, text, text, text, path
		rec.Duration, rec.Status = time.Duration(duration), status
		if text != "" {
			rec.Err = errors.New(text)
		}
		if ours, slogs := bothWays(rec); ours != slogs {
			t.Error(cmp.Diff(slogs, ours))
		}
	})
}

func TestAccessLogKeepsALoggersAttributes(t *testing.T) {
	var out bytes.Buffer
	NewAccessLog(NewLogger(&out, "json", "info", false).With("node", "a"), true).Write(full())
	if !bytes.Contains(out.Bytes(), []byte(`"node":"a"`)) {
		t.Errorf("%s", &out)
	}
}
