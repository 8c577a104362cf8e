package session

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// codec seals the values of one purpose and opens them again, and nothing else:
//
//	base64url( 24 random bytes of nonce | XChaCha20-Poly1305(plain) )
//
// What is authenticated besides is purpose, scheme and host. The nonce is long
// enough to be drawn at random without counting (draft-irtf-cfrg-xchacha,
// section 1): strangers have us seal as often as they start sign-ins, and of
// AES-GCM's 96 bits that would be too often within weeks (NIST SP 800-38D
// section 8.3).
type codec struct {
	purpose purpose
	limit   int           // of a sealed value, in bytes
	keys    []cipher.AEAD // in the configured order: the first seals, all open
}

func newCodec(k *Keys, p purpose, limit int) *codec {
	c := &codec{purpose: p, limit: limit}
	for _, key := range k.derived[p] {
		aead, err := newAEAD(key)
		if err != nil {
			break // NewKeys has refused it; what has no key seals nothing
		}
		c.keys = append(c.keys, aead)
	}
	return c
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	return chacha20poly1305.NewX(key[:chacha20poly1305.KeySize])
}

// seal encrypts and authenticates plain for o. What it returns is in the
// alphabet of base64url. It is ErrTooLarge above the limit.
func (c *codec) seal(o origin, plain []byte) (string, error) {
	if len(c.keys) == 0 {
		return "", errors.New("no session key")
	}
	if sealedLen(len(plain)) > c.limit {
		return "", ErrTooLarge
	}
	nonce := make([]byte, chacha20poly1305.NonceSizeX, overhead+len(plain))
	rand.Read(nonce) // never fails (crypto/rand since Go 1.24)
	sealed := c.keys[0].Seal(nonce, nonce, plain, c.name(o))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open returns what seal was given for the same purpose and origin, by any of
// the keys. It reports false for everything else.
func (c *codec) open(o origin, value string) (plain []byte, ok bool) {
	if len(value) > c.limit {
		return nil, false
	}
	sealed, ok := decodeBase64(value)
	if !ok || len(sealed) < overhead {
		return nil, false
	}
	nonce, sealed := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	name := c.name(o)
	plain = make([]byte, 0, len(sealed)) // not in place: a wrong key would spoil it for the next
	for _, key := range c.keys {
		if plain, err := key.Open(plain, nonce, sealed, name); err == nil {
			return plain, true
		}
	}
	return nil, false
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

// name is what a value is bound to. Neither purpose nor scheme has a "|".
func (c *codec) name(o origin) []byte {
	return []byte(string(c.purpose) + "|" + o.scheme + "|" + o.host)
}

// overhead is what sealing adds before base64.
const overhead = chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// sealedLen is how long n bytes become.
func sealedLen(n int) int { return base64.RawURLEncoding.EncodedLen(overhead + n) }

var strictBase64 = base64.RawURLEncoding.Strict()

// decodeBase64 takes the only spelling of its bytes. Package base64 skips line
// breaks and ignores the last character's spare bits, so one sealed value would
// otherwise have many names in the memory of opened cookies.
func decodeBase64(value string) ([]byte, bool) {
	if strings.IndexByte(value, '\n') >= 0 || strings.IndexByte(value, '\r') >= 0 {
		return nil, false
	}
	plain, err := strictBase64.DecodeString(value)
	return plain, err == nil
}
