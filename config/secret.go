package config

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a value that must not be seen. It prints as [redacted] in every
// fmt verb, in JSON, YAML, text and slog.
type Secret struct {
	// value is a pointer because fmt does not call methods on what it reaches
	// through unexported fields: there it prints this address.
	value *string
}

// NewSecret hides value.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the secret. Call it where the secret is used, nowhere else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// Equal compares in constant time; only the lengths can leak.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(t.Reveal())) == 1
}

// Format prints [redacted] whatever the verb and its flags.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// String returns [redacted].
func (Secret) String() string { return redacted }

// GoString returns [redacted].
func (Secret) GoString() string { return redacted }

// LogValue is what slog writes.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText makes JSON, XML and keys of maps [redacted].
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalYAML makes YAML [redacted].
func (Secret) MarshalYAML() (any, error) { return redacted, nil }

func (s *Secret) parse(text string, _ source) error {
	*s = NewSecret(text)
	return nil
}
