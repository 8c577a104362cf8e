package assertion

import (
	"hash/maphash"
	"sync"
	"time"
)

// Signatures remembers signatures for as long as their tokens are good, since a
// signature costs many times what it takes to write a token anew. It knows them by
// a hash of all that a token says but its times, the key, and whose session it
// is: other claims are another token, and no session is lent the times of
// another. Were two alike in the hash, the second would be sent a token
// that does not verify.
//
// A nil Signatures remembers nothing.
type Signatures struct {
	seed   maphash.Seed
	most   int // bytes in each shard
	shards [16]signatureShard
}

type signatureShard struct {
	mu    sync.Mutex // guards the rest
	of    map[uint64]signature
	bytes int
}

// signature is of a token that was signed at issued. Seconds since 1970 fit until 2106.
type signature struct {
	issued, expires uint32
	raw             string
}

// signatureCost is what one takes besides its bytes: its place in a map that may
// be half empty, and what the allocator rounds up.
const signatureCost = 72

// NewSignatures bounds the memory to about limit bytes; nil if that is nothing.
func NewSignatures(limit int64) *Signatures {
	if limit <= 0 {
		return nil
	}
	s := &Signatures{seed: maphash.MakeSeed()}
	s.most = int(limit) / len(s.shards)
	for i := range s.shards {
		s.shards[i].of = map[uint64]signature{}
	}
	return s
}

// place is where the signature of these claims would be.
func (s *Signatures) place(key *Key, session string, claims []byte) uint64 {
	if s == nil {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(key.head) // and so the key's id
	h.WriteByte(0)
	h.WriteString(session) // an id, or empty
	h.WriteByte(0)
	h.Write(claims)
	return h.Sum64()
}

func (s *Signatures) at(place uint64) (signature, bool) {
	if s == nil {
		return signature{}, false
	}
	shard := &s.shards[place>>60]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	known, ok := shard.of[place]
	return known, ok
}

// keep remembers one. When there is no room any at all give way, which costs
// each of their callers one signature.
func (s *Signatures) keep(place uint64, raw string, issued, expires time.Time) {
	if s == nil || len(raw)+signatureCost > s.most {
		return
	}
	shard := &s.shards[place>>60]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if old, ok := shard.of[place]; ok {
		shard.forget(place, old)
	}
	for victim, old := range shard.of { // maps begin anywhere
		if shard.bytes+len(raw)+signatureCost <= s.most {
			break
		}
		shard.forget(victim, old)
	}
	shard.of[place] = signature{uint32(issued.Unix()), uint32(expires.Unix()), raw}
	shard.bytes += len(raw) + signatureCost
}

// forget needs the lock.
func (shard *signatureShard) forget(place uint64, old signature) {
	delete(shard.of, place)
	shard.bytes -= len(old.raw) + signatureCost
}
