package machine

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// Prefix begins every service token, so that scanners for lost secrets
// recognise one.
const Prefix = "gh_"

// maxToken bounds a service token, in bytes.
const maxToken = 512

// Mint makes a service token for name and the hash that the configuration
// keeps of it: gh_<name>_<secret>_<checksum>. 160 random bits need no slow
// hash.
func Mint(name string) (token, hash string) {
	token = Prefix + name + "_" + strings.ToLower(rand.Text())
	token += "_" + checksum(token)
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}

// checksum is the first six hex digits of SHA-256 over what comes before it.
// It proves nothing; it tells a token that was cut or mistyped from one that
// was withdrawn.
func checksum(before string) string {
	sum := sha256.Sum256([]byte(before))
	return hex.EncodeToString(sum[:3])
}

// whole reports whether token has the shape of a service token.
func whole(token string) bool {
	if len(token) > maxToken || !strings.HasPrefix(token, Prefix) {
		return false
	}
	i := strings.LastIndexByte(token, '_')
	// gh_<name>_<secret>: something on either side of one more underscore.
	name, secret, ok := strings.Cut(token[len(Prefix):max(i, len(Prefix))], "_")
	return ok && name != "" && secret != "" &&
		subtle.ConstantTimeCompare([]byte(strings.ToLower(token[i+1:])), []byte(checksum(token[:i]))) == 1
}
