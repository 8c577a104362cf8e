package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// full is a record in which every field has a value.
func full() *Record {
	return &Record{
		RequestID: "0123456789abcdefghjkmnpqrs",
		Method:    "GET", Host: "wiki.example.com", Path: "/docs/a",
		Status: 200, Bytes: 1024,
		Started: noon, Duration: 1234567 * time.Nanosecond,
		Peer:  netip.MustParseAddr("203.0.113.7"),
		Route: "wiki", Provider: "ping", Subject: "a1b2", Email: "ann@example.com",
		Decision: DecisionAllow, Rule: "engineers", Reason: "allowed",
		Upstream: "http://10.0.0.5:8080", Session: "0123456789ab",
	}
}

func TestAccessLogWritesTheContractsFieldsAndNoOthers(t *testing.T) {
	var out bytes.Buffer
	NewAccessLog(NewLogger(&out, "json", "info", false), true).Write(full())

	const want = `{"time":"2026-05-04T12:00:00.001234567Z","level":"INFO","msg":"request",` +
		`"request_id":"0123456789abcdefghjkmnpqrs","method":"GET","host":"wiki.example.com","path":"/docs/a",` +
		`"status":200,"bytes":1024,"duration_ms":1.235,"peer":"203.0.113.7","route":"wiki","provider":"ping",` +
		`"subject":"a1b2","email":"ann@example.com","decision":"allow","rule":"engineers","reason":"allowed",` +
		`"upstream":"http://10.0.0.5:8080","session":"0123456789ab"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAccessLogLeavesOutWhatIsAbsent(t *testing.T) {
	var out bytes.Buffer
	NewAccessLog(NewLogger(&out, "json", "info", false), true).Write(&Record{
		RequestID: "r", Method: "GET", Host: "h", Path: "/", Status: 421, Started: noon,
	})
	const want = `{"time":"2026-05-04T12:00:00Z","level":"INFO","msg":"request",` +
		`"request_id":"r","method":"GET","host":"h","path":"/","status":421,"bytes":0,"duration_ms":0}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAccessLogWritesFailuresAlways(t *testing.T) {
	failure := full()
	failure.Status, failure.Err = 502, errors.New("dial tcp 10.0.0.5:8080: connection refused")
	upstreams := full()
	upstreams.Status = 500
	refused := full()
	refused.Status, refused.Err = 400, errors.New("state unknown")

	tests := []struct {
		name  string
		rec   *Record
		level string
		all   bool
		lines int
	}{
		{"access on", full(), "info", true, 1},
		{"access off", full(), "info", false, 0},
		{"access on, level error", full(), "error", true, 0},
		{"own failure, access off", failure, "info", false, 1},
		{"own failure, level error", failure, "error", true, 1},
		{"upstream's 500, access off", upstreams, "info", false, 0},
		{"refusal with a cause, access on", refused, "info", true, 1},
		{"refusal with a cause, access off", refused, "info", false, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			NewAccessLog(NewLogger(&out, "json", test.level, false), test.all).Write(test.rec)
			if got := strings.Count(out.String(), "\n"); got != test.lines {
				t.Fatalf("%d lines, want %d: %s", got, test.lines, out.String())
			}
			if test.lines == 1 && test.rec.Err != nil && !strings.Contains(out.String(), `"error":"`+test.rec.Err.Error()) {
				t.Errorf("no cause in %s", out.String())
			}
		})
	}
}

// hostile is text with which strangers try to make lines of their own.
var hostile = []string{
	"/a\n{\"level\":\"INFO\",\"msg\":\"audit\"}",
	"/a\r\nlevel=INFO msg=audit event=sign_in",
	"/a\" msg=audit event=\"sign_in",
	`/a","msg":"audit","x":"`,
	"/a level=INFO msg=audit",
	"/a\x00\x1b[2J\x7f\u009b31m",
	"/a\u2028\u2029\u202e\u2066b",
	"/\xff\xfe\xc0\xaf",
	"/" + strings.Repeat("a", 100_000),
	"/" + strings.Repeat("é", 100_000),
	"/" + strings.Repeat("\n", 100_000),
}

func TestStrangersCannotForgeOrFloodLines(t *testing.T) {
	for _, text := range append([]string{"/plain", "/Grüße/你好"}, hostile...) {
		for _, format := range []string{"json", "text"} {
			rec := full()
			rec.Method, rec.Host, rec.Path, rec.Subject, rec.Email = text, text, text, text, text
			rec.Status, rec.Err = 502, errors.New(text)
			var out bytes.Buffer
			log := NewLogger(&out, format, "info", false)
			NewAccessLog(log, true).Write(rec)
			checkLine(t, format, "request", out.String())

			out.Reset()
			Audit(log, AuditEvent{Event: EventDenied, Subject: text, Email: text, Reason: text, Err: errors.New(text)})
			checkLine(t, format, "audit", out.String())
		}
	}
}

// checkLine fails unless line is one bounded line with one message.
func checkLine(t *testing.T, format, message, line string) {
	t.Helper()
	if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") || len(line) > 32<<10 {
		t.Errorf("%s: %d bytes are not one bounded line: %.300q", format, len(line), line)
	}
	for _, r := range strings.TrimSuffix(line, "\n") {
		if !unicode.IsPrint(r) {
			t.Errorf("%s: %U in %.300q", format, r, line)
		}
	}
	if format == "text" {
		// Outside quotes, the words that make a line are there once.
		if bare := withoutQuoted(line); strings.Count(bare, "msg="+message) != 1 || strings.Count(bare, "msg=") != 1 {
			t.Errorf("text: forged %.300q", line)
		}
		return
	}
	decoder := json.NewDecoder(strings.NewReader(line))
	seen := make(map[string]bool)
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			t.Fatalf("%v in %.300q", err, line)
		}
		value, err := decoder.Token()
		if err != nil {
			t.Fatalf("%v in %.300q", err, line)
		}
		if seen[key.(string)] || key == "msg" && value != message {
			t.Errorf("json: forged %v in %.300q", key, line)
		}
		seen[key.(string)] = true
	}
}

// withoutQuoted drops what stands between quotes.
func withoutQuoted(line string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case quoted && line[i] == '\\':
			i++
		case line[i] == '"':
			quoted = !quoted
		case !quoted:
			out.WriteByte(line[i])
		}
	}
	return out.String()
}

func FuzzPrintableIsBoundedAndPrints(f *testing.F) {
	for _, text := range hostile {
		f.Add(text[:min(len(text), 64)], 16)
	}
	f.Add("é", 1)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(limit%64, 0)
		got := printable(s, limit)
		if len(got) > 3*limit+len("…") {
			t.Errorf("%d bytes for a limit of %d", len(got), limit)
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Errorf("%U in %q", r, got)
			}
		}
		if len(s) <= limit && plain(s) && got != s {
			t.Errorf("changed %q to %q", s, got)
		}
	})
}

func TestAuditIsWrittenWhateverTheLevel(t *testing.T) {
	var out bytes.Buffer
	Audit(NewLogger(&out, "json", "error", false), AuditEvent{
		Event: EventSignIn, Outcome: OutcomeFailure, Reason: "nonce_mismatch", RequestID: "r", Provider: "ping",
		Subject: "a1b2", Email: "ann@example.com", Peer: netip.MustParseAddr("2001:db8::1"),
		Route: "wiki", Session: SessionHash("s"), Err: errors.New("nonce differs"),
	})
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "time")
	want := map[string]any{
		"level": "INFO", "msg": "audit", "event": "sign_in", "outcome": "failure", "reason": "nonce_mismatch",
		"request_id": "r", "provider": "ping", "subject": "a1b2", "email": "ann@example.com",
		"peer": "2001:db8::1", "route": "wiki", "session": SessionHash("s"), "error": "nonce differs",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoggerChoosesFormat(t *testing.T) {
	tests := []struct {
		format string
		tty    bool
		json   bool
	}{
		{"auto", false, true}, {"auto", true, false},
		{"json", true, true}, {"text", false, false},
	}
	for _, test := range tests {
		var out bytes.Buffer
		NewLogger(&out, test.format, "info", test.tty).Info("hello")
		if json.Valid(out.Bytes()) != test.json {
			t.Errorf("%s, tty %v: %s", test.format, test.tty, out.String())
		}
	}
}

func TestSessionHashIsShortAndDoesNotTellTheID(t *testing.T) {
	a, b := SessionHash("session-a"), SessionHash("session-b")
	if len(a) != 12 || a == b || strings.Contains(a, "session") || SessionHash("") != "" {
		t.Errorf("SessionHash: %q, %q", a, b)
	}
}
