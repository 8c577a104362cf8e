package telemetry

import (
	"unicode"
	"unicode/utf8"
)

// Bounds of logged text, in bytes before escaping. They keep a stranger from
// filling the disk with a few requests: a head may be 64 KiB long.
const (
	maxMethod = 32
	maxHost   = 255
	maxPath   = 1024
	maxName   = 256
	maxError  = 4096 // the head of a stack
)

// printable returns s fit for a log: at most limit bytes of it, an ellipsis
// where it was cut, and whatever does not print percent-encoded. slog quotes
// line ends by itself; this also stops what it lets through in JSON: DEL and
// C1 controls, which some terminals obey, and direction marks, which make a
// line read as something else.
func printable(s string, limit int) string {
	if len(s) <= limit && plain(s) {
		return s
	}
	cut := len(s) > limit
	if cut {
		s = s[:limit]
	}
	out := make([]byte, 0, len(s)+len("…"))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsPrint(r) && (r != utf8.RuneError || size > 1):
			out = append(out, s[i:i+size]...)
		case cut && len(s)-i < utf8.UTFMax && !utf8.FullRuneInString(s[i:]):
			// The cut went through a rune.
		default:
			for _, b := range []byte(s[i : i+size]) {
				out = append(out, '%', upperHex[b>>4], upperHex[b&15])
			}
		}
		i += size
	}
	if cut {
		out = append(out, "…"...)
	}
	return string(out)
}

const upperHex = "0123456789ABCDEF"

// plain reports whether s is printable ASCII, as nearly every value is.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
