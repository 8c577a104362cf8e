package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxClaimDepth bounds the nesting of a claim. Real providers need three.
const maxClaimDepth = 32

// DecodeClaims reads exactly one JSON object. It refuses what JSON parsers
// disagree about, because two readers of one token must never see two people:
// duplicate names at any depth (RFC 8725 section 2.4), invalid UTF-8, trailing
// data, and nesting deeper than 32.
func DecodeClaims(data []byte) (Claims, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("claims are not valid UTF-8")
	}
	d := decoder{data: data}
	if d.next() != '{' {
		return nil, errors.New("claims are not a JSON object")
	}
	// Every member has a colon, and a map that has to grow is filled twice.
	object, err := d.object(0, min(bytes.Count(data, []byte{':'}), 64))
	if err != nil {
		return nil, fmt.Errorf("decode claims: byte %d: %w", d.at, err)
	}
	if d.next(); d.at < len(data) {
		return nil, errors.New("claims are followed by more data")
	}
	return object, nil
}

// decoder reads JSON (RFC 8259) from valid UTF-8. It knows where values begin
// and end; numbers, and strings with escapes, it leaves to encoding/json, whose
// own ways cost six times as much by token (Decoder.Token) or see no duplicates
// (Unmarshal). FuzzDecodeClaims holds it to them. What it returns keeps none of
// data alive.
type decoder struct {
	data []byte
	at   int
}

// next skips blanks and returns the byte after them, 0 at the end.
func (d *decoder) next() byte {
	for ; d.at < len(d.data); d.at++ {
		switch b := d.data[d.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			return b
		}
	}
	return 0
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxClaimDepth {
		return nil, errors.New("nested too deeply")
	}
	switch d.next() {
	case '{':
		return d.object(depth, 0)
	case '[':
		return d.list(depth)
	case '"':
		return d.text()
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	}
	return d.number()
}

func (d *decoder) object(depth, members int) (map[string]any, error) {
	object := make(map[string]any, members)
	for d.at++; d.next() != '}'; {
		if err := d.separated(len(object) == 0); err != nil {
			return nil, err
		}
		if d.next() != '"' {
			return nil, errors.New("expected a name")
		}
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("name %q appears twice", name)
		}
		if d.next() != ':' {
			return nil, errors.New("expected a colon")
		}
		d.at++
		if object[name], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	d.at++
	return object, nil
}

func (d *decoder) list(depth int) (any, error) {
	list := []any{}
	for d.at++; d.next() != ']'; {
		if err := d.separated(len(list) == 0); err != nil {
			return nil, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	d.at++
	return list, nil
}

// separated wants a comma before every member but the first.
func (d *decoder) separated(first bool) error {
	if first {
		return nil
	}
	if d.next() != ',' {
		return errors.New("expected a comma or the end")
	}
	d.at++
	return nil
}

func (d *decoder) text() (s string, err error) {
	begin, escapes := d.at, false
	for d.at++; d.at < len(d.data); d.at++ {
		switch b := d.data[d.at]; {
		case b == '"':
			d.at++
			if escapes {
				err = json.Unmarshal(d.data[begin:d.at], &s)
				return s, err
			}
			return string(d.data[begin+1 : d.at-1]), nil
		case b == '\\':
			escapes = true
			d.at++ // over a quote, perhaps
		case b < ' ':
			return "", errors.New("control character in a string")
		}
	}
	return "", errors.New("string without an end")
}

func (d *decoder) literal(word string) error {
	if !bytes.HasPrefix(d.data[d.at:], []byte(word)) {
		return errors.New("expected a value")
	}
	d.at += len(word)
	return nil
}

func (d *decoder) number() (any, error) {
	begin := d.at
	for d.at < len(d.data) && strings.IndexByte("+-.0123456789Ee", d.data[d.at]) >= 0 {
		d.at++
	}
	if !json.Valid(d.data[begin:d.at]) {
		return nil, errors.New("expected a value")
	}
	return json.Number(d.data[begin:d.at]), nil
}
