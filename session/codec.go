package session

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gorilla/securecookie"
)

// codec seals the values of one purpose and opens them again, and nothing else.
//
// Of securecookie's defaults none fits: its MaxAge of 30 days (our times are
// inside), its 4096 bytes (we split), its gob. Its MAC covers
// "name|time|ciphertext"; neither time nor ciphertext can hold a "|", so the
// name may, and carries purpose, scheme and host.
type codec struct {
	purpose purpose
	limit   int                  // of a sealed value, in bytes
	sealer  *sealer              // by the first key; nil without one
	openers []securecookie.Codec // by each key
}

func newCodec(k *Keys, p purpose, limit int) *codec {
	c := &codec{purpose: p, limit: limit}
	for _, key := range k.derived[p] {
		c.openers = append(c.openers, securecookie.New(key[:32], key[32:]).
			MaxAge(0).MaxLength(limit).SetSerializer(securecookie.NopEncoder{}))
		if c.sealer == nil {
			c.sealer = newSealer(key)
		}
	}
	return c
}

// seal encrypts and authenticates plain for o. What it returns is in the alphabet
// of base64url. It is ErrTooLarge above the limit.
func (c *codec) seal(o origin, plain []byte) (string, error) {
	if c.sealer == nil {
		return "", errors.New("no session key")
	}
	if sealedLen(len(plain)) > c.limit {
		return "", ErrTooLarge
	}
	return c.sealer.seal(c.name(o), plain), nil
}

// open returns what seal was given for the same purpose and origin, by any of
// the keys. It reports false for everything else.
func (c *codec) open(o origin, value string) (plain []byte, ok bool) {
	if len(value) > c.limit || !canonical(value) {
		return nil, false
	}
	err := securecookie.DecodeMulti(c.name(o), value, &plain, c.openers...)
	return plain, err == nil
}

// sealJSON seals v, which is small and seldom read.
func (c *codec) sealJSON(o origin, v any) (string, error) {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false) // six bytes for each "&" otherwise
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("encode %s: %w", c.purpose, err)
	}
	return c.seal(o, plain.Bytes())
}

// openJSON reads into v what sealJSON wrote. When it reports false v is spoilt.
func (c *codec) openJSON(o origin, value string, v any) bool {
	plain, ok := c.open(o, value)
	return ok && decodeStrict(plain, v)
}

// decodeStrict reads one JSON value. A field that this build does not know may
// be a restriction, so it spoils the whole.
func decodeStrict(plain []byte, v any) bool {
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber()
	d.DisallowUnknownFields()
	if d.Decode(v) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF
}

func (c *codec) name(o origin) string {
	return string(c.purpose) + "|" + o.scheme + "|" + o.host
}

// sealedLen is how long n bytes become: IV and base64, then time, MAC and base64
// again.
func sealedLen(n int) int {
	inner := base64.URLEncoding.EncodedLen(16 + n)
	return base64.URLEncoding.EncodedLen(len("0|") + inner + len("|") + 32)
}

var strictBase64 = base64.URLEncoding.Strict()

// canonical reports whether value is the only spelling of its bytes. Package
// base64 skips line breaks and ignores the last character's spare bits, so one
// sealed value would otherwise have many names in the memory of opened cookies.
func canonical(value string) bool {
	n := len(value)
	if n == 0 || n%4 != 0 || strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		return false
	}
	var last [3]byte
	_, err := strictBase64.Decode(last[:], []byte(value[n-4:]))
	return err == nil
}
