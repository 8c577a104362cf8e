package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestScalarsKeepTheirYAMLType(t *testing.T) {
	for text, want := range map[string]any{
		"rd": "rd", "true": true, "False": false, "yes": "yes", "2024-01-02": "2024-01-02",
		"5": json.Number("5"), "-1.50": json.Number("-1.50"), "12345678901234567890123": json.Number("12345678901234567890123"),
		"0x1F": json.Number("31"), "+1": json.Number("1"), ".5": json.Number("0.5"), "1_000": json.Number("1000"),
	} {
		var s Scalar
		if err := s.parse(text, source{}); err != nil || s.Value != want {
			t.Errorf("%s: got %#v and %v, want %#v", text, s.Value, err, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "4096": 4096, "64KiB": 64 << 10, "10 MiB": 10 << 20, "8388607TiB": 8388607 << 40,
	} {
		var s Size
		if err := s.parse(text, source{}); err != nil || s != want {
			t.Errorf("%s: got %d and %v, want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "-1", "1.5MiB", "MiB", "1MB", "1kib", "8388608TiB", "99999999999999999999"} {
		var s Size
		if s.parse(text, source{}) == nil {
			t.Errorf("%q passes for a size of %d", text, s)
		}
	}
}

func TestDurationsAreGo(t *testing.T) {
	var d Duration
	if err := d.parse("1h30m", source{}); err != nil || d.Std() != 90*time.Minute || d.String() != "1h30m0s" {
		t.Errorf("got %v and %v", d, err)
	}
}

func TestNamedFilesAreBoundedAndRegular(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		size int
		err  error
	}{{maxFileSize, nil}, {maxFileSize + 1, errTooLarge}} {
		name := filepath.Join(dir, "file")
		if err := os.WriteFile(name, make([]byte, tt.size), 0o600); err != nil {
			t.Fatal(err)
		}
		if data, err := readFile(name); err != tt.err || err == nil && len(data) != tt.size {
			t.Errorf("%d bytes: got %d and %v", tt.size, len(data), err)
		}
	}
	if _, err := readFile(dir); err != errNotRegular {
		t.Errorf("a directory: %v", err)
	}
	if _, err := readFile("/dev/zero"); err != errNotRegular {
		t.Errorf("a device: %v", err)
	}
}
