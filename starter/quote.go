package starter

import (
	"encoding/json"
	"strings"
	"unicode"
)

// quoted writes text as a double-quoted YAML scalar on one line. A JSON string is
// one; what YAML would read as a line break or not at all is escaped as well, and
// ${ loses its meaning, which is to expand.
func quoted(text string) string {
	data, _ := json.Marshal(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "${", "$${")) // a string always marshals
	var b strings.Builder
	for _, r := range string(data) {
		if r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			b.WriteString(`\u`)
			const hex = "0123456789abcdef"
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[r>>shift&15])
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// list writes a flow sequence.
func list(values []string) string {
	var quotedValues []string
	for _, v := range values {
		quotedValues = append(quotedValues, quoted(v))
	}
	return "[" + strings.Join(quotedValues, ", ") + "]"
}

// comment keeps a stranger's text within its line.
func comment(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return text
}

// slug makes a provider's name: [a-z0-9-].
func slug(text, fallback string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	if len(name) > 32 {
		name = strings.Trim(name[:32], "-")
	}
	if name == "" {
		return fallback
	}
	return name
}
