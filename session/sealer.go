package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"
)

// sealer writes what securecookie's Encode writes and its Decode opens:
//
//	base64(time | base64(IV, AES-256-CTR of plain) | HMAC-SHA256 of name | time | base64(…))
//
// Encode makes the keyed hash and every buffer anew for each value. That is most
// of what it costs, and whoever comes without a session causes one. The time is
// 0, because ours are inside and nobody reads that one.
type sealer struct {
	block cipher.Block
	desks sync.Pool // of *desk
}

// desk is what one value at a time is sealed with. Nothing of it stays but
// ciphertext.
type desk struct {
	mac     hash.Hash
	sealed  []byte // IV and ciphertext
	message []byte // what the MAC covers, and then the MAC
	out     []byte
}

// newSealer takes 64 bytes: 32 to authenticate with and 32 to encrypt with.
func newSealer(key []byte) *sealer {
	block, err := aes.NewCipher(key[32:])
	if err != nil {
		panic(err) // it takes 32 bytes, and NewKeys makes no others
	}
	return &sealer{block: block, desks: sync.Pool{New: func() any { return &desk{mac: hmac.New(sha256.New, key[:32])} }}}
}

func (s *sealer) seal(name string, plain []byte) string {
	d := s.desks.Get().(*desk)
	defer s.desks.Put(d)
	var iv [aes.BlockSize]byte
	rand.Read(iv[:]) // never fails (crypto/rand since Go 1.24)
	d.sealed = append(append(d.sealed[:0], iv[:]...), plain...)
	cipher.NewCTR(s.block, d.sealed[:len(iv)]).XORKeyStream(d.sealed[len(iv):], plain)

	d.message = append(append(d.message[:0], name...), "|0|"...)
	d.message = base64.URLEncoding.AppendEncode(d.message, d.sealed)
	d.mac.Reset()
	d.mac.Write(d.message)
	d.message = d.mac.Sum(append(d.message, '|'))
	d.out = base64.URLEncoding.AppendEncode(d.out[:0], d.message[len(name)+1:])
	return string(d.out)
}
