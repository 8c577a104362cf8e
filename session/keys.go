package session

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// KeySize is the length of a configured key in bytes.
const KeySize = 32

// maxKeys bounds how many keys a forged cookie makes us try.
const maxKeys = 8

// purpose says what a derived key is for. It is HKDF's info label (RFC 5869
// section 3.2), so no purpose's key opens another purpose's values.
type purpose string

const (
	purposeSession purpose = "gatehouse session cookie"
	purposeAttempt purpose = "gatehouse attempt cookie"
	purposeConfirm purpose = "gatehouse sign-out confirmation"
	purposeSignOut purpose = "gatehouse sign-out state"
	purposeBinding purpose = "gatehouse session binding"
	purposeStored  purpose = "gatehouse stored session"
	purposeSummary purpose = "gatehouse session summary"
	purposeIndex   purpose = "gatehouse session index"
	purposeTicket  purpose = "gatehouse sign-in ticket"
)

var purposes = [...]purpose{
	purposeSession, purposeAttempt, purposeConfirm, purposeSignOut,
	purposeBinding, purposeStored, purposeSummary, purposeIndex, purposeTicket,
}

// Keys are the configured session keys. The first seals, all open: put a new
// key first to rotate, and drop the old one when its sessions have ended. The
// zero Keys seals and opens nothing.
type Keys struct {
	derived map[purpose][][]byte // 64 bytes each, in the configured order
}

// NewKeys takes one to eight keys of KeySize bytes and keeps only what it
// derives from them by HKDF-SHA256 (RFC 5869; without salt, because the keys
// are uniform already).
func NewKeys(secrets [][]byte) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no session key")
	}
	if len(secrets) > maxKeys {
		return nil, fmt.Errorf("%d session keys, at most %d are tried", len(secrets), maxKeys)
	}
	k := &Keys{derived: map[purpose][][]byte{}}
	for i, secret := range secrets {
		if len(secret) != KeySize {
			return nil, fmt.Errorf("session key %d has %d bytes, not %d", i+1, len(secret), KeySize)
		}
		if bytes.Count(secret, secret[:1]) == KeySize {
			return nil, fmt.Errorf("session key %d is one byte repeated", i+1)
		}
		for _, p := range purposes {
			key, err := hkdf.Key(sha256.New, secret, nil, string(p), 64)
			if err != nil {
				return nil, fmt.Errorf("derive key: %w", err)
			}
			k.derived[p] = append(k.derived[p], key)
		}
	}
	return k, nil
}

// same reports whether both seal and open alike.
func (k *Keys) same(other *Keys) bool { return reflect.DeepEqual(k.derived, other.derived) }

// Format writes "[redacted]" whatever the verb, so that no log shows a key.
func (k *Keys) Format(f fmt.State, _ rune) { io.WriteString(f, "[redacted]") }
