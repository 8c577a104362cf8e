package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// scalar is a type that is written as one value and reads itself. The error is
// a sentence for a Problem; src says how the value may be quoted in it.
type scalar interface {
	parse(text string, src source) error
}

// Duration is a time.Duration in Go's notation ("30m").
type Duration time.Duration

// Std returns the standard library's type.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String is Go's notation.
func (d Duration) String() string { return d.Std().String() }

func (d *Duration) parse(text string, src source) error {
	parsed, err := time.ParseDuration(text)
	if err != nil {
		hint := "write it like 500ms, 30s, 5m or 1h30m"
		if _, err := strconv.Atoi(text); err == nil && src.literal() {
			hint = "did you mean " + quote(text+"s") + "?"
		}
		return fmt.Errorf("%s is not a duration; %s", src.quote(text), hint)
	}
	*d = Duration(parsed)
	return nil
}

// Size is a number of bytes, written "10MiB", "64KiB", "4096".
type Size int64

func (s *Size) parse(text string, src source) error {
	number, shift := text, 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if before, ok := strings.CutSuffix(text, unit); ok {
			number, shift = strings.TrimRight(before, " "), 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not a size; write bytes, or a whole number of KiB, MiB, GiB or TiB", src.quote(text))
	}
	if bits.Len64(n)+shift > 63 {
		return fmt.Errorf("%s is too large a size", src.quote(text))
	}
	*s = Size(n << shift)
	return nil
}

// Scalar is a string, bool or number as YAML tells them apart. Value holds a
// string, a bool or a json.Number, as identity.Claims do.
type Scalar struct{ Value any }

// parse reads text as a plain (unquoted) YAML scalar; quoted ones are strings
// and never come here.
func (s *Scalar) parse(text string, src source) error {
	node := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch node.ShortTag() {
	case "!!bool":
		s.Value = text[0] == 't' || text[0] == 'T'
	case "!!int", "!!float":
		number, ok := jsonNumber(text)
		if !ok {
			return fmt.Errorf("%s is not a number that JSON can hold; quote it if a string is meant", src.quote(text))
		}
		s.Value = number
	default:
		s.Value = text
	}
	return nil
}

// jsonNumber keeps the digits as written where JSON has the same notation, so
// that large ids are not rounded, and converts YAML's other notations (0x1F, +1, .5).
func jsonNumber(text string) (json.Number, bool) {
	var number json.Number
	if err := json.Unmarshal([]byte(text), &number); err == nil {
		return number, true
	}
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return json.Number(strconv.FormatInt(n, 10)), true
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), true
}

// Regexp is an RE2 expression, anchored at both ends.
type Regexp struct{ *regexp.Regexp }

func (r *Regexp) parse(text string, src source) error {
	// Alone first: "a)|(b" would become valid by the anchors' parentheses, and
	// be anchored at one end only.
	_, err := syntax.Parse(text, syntax.Perl)
	if err == nil {
		r.Regexp, err = regexp.Compile(`\A(?:` + text + `)\z`)
	}
	if err == nil {
		return nil
	}
	var detail *syntax.Error
	if errors.As(err, &detail) {
		return fmt.Errorf("%s is not an RE2 expression: %s", src.quote(text), detail.Code)
	}
	return fmt.Errorf("%s is not an RE2 expression", src.quote(text))
}
