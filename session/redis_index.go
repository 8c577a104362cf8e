package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/sync/errgroup"
)

// index finds sessions by what a provider calls them: each person, and each of
// the provider's sessions, has a sorted set of refs, scored by when they end.
// Its name is a MAC, so that a copy of the data does not tell who was here.
//
// An entry whose session is gone harms nobody and goes when its time is over.
// Of a session that was revoked it goes at once, but never before the session
// itself was seen to go: one that is just being written would slip through.
type index struct {
	redis *Redis
	keys  [][]byte // the first names, all are looked up
}

func newIndex(redis *Redis, k *Keys) index { return index{redis, k.derived[purposeIndex]} }

// places names the sets that s belongs in, under each key if all.
func (x *index) places(issuer, subject, sid string, all bool) []string {
	var list []string
	for i, key := range x.keys {
		if i > 0 && !all {
			break
		}
		if subject != "" {
			list = append(list, x.place("u", key, issuer, subject))
		}
		if sid != "" {
			list = append(list, x.place("i", key, issuer, sid))
		}
	}
	return list
}

func (x *index) place(kind string, key []byte, issuer, name string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s %d %s %s", kind, len(issuer), issuer, name)
	return x.redis.key(kind, base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]))
}

// indexAdd adds ARGV[1], which ends at ARGV[2], at the time ARGV[3], and keeps
// the set for as long as its last entry.
var indexAdd = rueidis.NewLuaScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local left = ARGV[2] - ARGV[3]
if redis.call('PTTL', KEYS[1]) < left then redis.call('PEXPIRE', KEYS[1], left) end
return 1`)

func (x *index) add(ctx context.Context, s *Session, now time.Time) error {
	ref, ends := refOf(s.ID), milliseconds((s.Ends + clockSkew).Std())
	for _, place := range x.places(s.Identity.Issuer, s.Identity.Subject, s.SID, false) {
		if _, err := x.redis.run(ctx, indexAdd, place, ref, ends, milliseconds(now)); err != nil {
			return err
		}
	}
	return nil
}

// find lists the refs that m selects, by sid or subject.
func (x *index) find(ctx context.Context, m Match) ([]string, error) {
	subject, sid := m.Subject, ""
	if m.by() == bySID {
		subject, sid = "", m.SID
	}
	var refs []string
	for _, place := range x.places(m.Issuer, subject, sid, true) {
		answer, err := x.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed {
			return b.Zrange().Key(place).Min("0").Max("-1").Build()
		})
		if errors.Is(err, errNil) {
			continue
		}
		if err != nil {
			return nil, err
		}
		more, err := answer.AsStrSlice()
		if err != nil {
			return nil, redisError(err)
		}
		refs = append(refs, more...)
	}
	return refs, nil
}

// remove drops the session at ref, of which y tells.
func (x *index) remove(ctx context.Context, ref string, y *Summary) error {
	for _, place := range x.places(y.Issuer, y.Subject, y.SID, true) {
		if _, err := x.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed {
			return b.Zrem().Key(place).Member(ref).Build()
		}); err != nil {
			return err
		}
	}
	return nil
}

// Revoke ends matching sessions for every replica. See Store.
func (c *RedisStore) Revoke(ctx context.Context, m Match) (int, error) {
	var refs []string
	var err error
	switch m.by() {
	case byID:
		refs = []string{refOf(m.ID)}
	case bySID, bySubject:
		refs, err = c.index.find(ctx, m)
	case byAll:
		err = c.each(ctx, func(ref string) bool { refs = append(refs, ref); return true })
	}
	if err != nil {
		return 0, fmt.Errorf("revoke: %w", err)
	}
	var ended atomic.Int64
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(revokedAtOnce)
	for _, ref := range refs {
		all.Go(func() error {
			gone, err := c.end(ctx, ref)
			if gone {
				ended.Add(1)
			}
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return int(ended.Load()), fmt.Errorf("revoke: %w", err)
	}
	return int(ended.Load()), nil
}

// revokedAtOnce is how many sessions are being ended at a time: one after the
// other, everybody's would take as many round trips.
const revokedAtOnce = 64

// end deletes the session at ref and reports whether there was one.
func (c *RedisStore) end(ctx context.Context, ref string) (bool, error) {
	sealed, err := c.fetch(ctx, ref)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	answer, err := c.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed { return b.Del().Key(c.redis.key("s", ref)).Build() })
	c.memory.outdate(ref)
	if err != nil {
		return false, err
	}
	n, err := answer.AsInt64()
	if err != nil {
		return false, redisError(err)
	}
	if y := c.safe.summary(ref, sealed); y != nil {
		// The session is gone; an entry that stays is cleaned up later.
		_ = c.index.remove(ctx, ref, y)
	}
	return n > 0, nil
}
