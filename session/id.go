package session

import (
	"crypto/rand"
	"encoding/base64"
)

// NewID returns a fresh session ID: 128 random bits in 22 characters of
// base64url.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand since Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
