package devidp

import (
	"crypto/rand"
	"fmt"
)

// randomToken is an unguessable name: 130 bits or more in base 32.
func randomToken() string { return rand.Text() }

// randomUUID is a version 4 UUID (RFC 9562 section 5.4), as PingOne's sid, jti
// and kid are.
func randomUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
