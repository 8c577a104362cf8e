package session

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// lockLease outlasts what a provider may take for an answer, and is how
	// long others wait for a holder that was killed.
	lockLease = 15 * time.Second
	// lockPoll is how often a waiting replica looks; only one of its requests
	// does, the others wait for that one.
	lockPoll = 50 * time.Millisecond
)

// lockExtend and lockRelease act only for the holder whose token is ARGV[1].
var (
	lockExtend = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`)
	lockRelease = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`)
)

// Lock serialises by id over all replicas. The holder's lease is renewed until
// unlock, so that it ends only with the process.
func (c *RedisStore) Lock(ctx context.Context, id string) (func(), error) {
	unlockHere, err := c.locks.acquire(ctx, id)
	if err != nil {
		return nil, err
	}
	key, token := c.redis.key("l", refOf(id)), lockToken()
	if err := c.takeLock(ctx, key, token); err != nil {
		unlockHere()
		return nil, err
	}
	stop := make(chan struct{})
	var renewing sync.WaitGroup
	renewing.Go(func() { c.holdLock(key, token, stop) })
	return sync.OnceFunc(func() {
		close(stop)
		renewing.Wait()
		// A lease that cannot be given back ends by itself.
		_, _ = c.redis.run(context.Background(), lockRelease, key, token)
		unlockHere()
	}), nil
}

// takeLock waits for the lock until ctx is done.
func (c *RedisStore) takeLock(ctx context.Context, key, token string) error {
	for {
		_, err := c.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed {
			return b.Set().Key(key).Value(token).Nx().PxMilliseconds(c.lease.Milliseconds()).Build()
		})
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, errNil):
			// It may have been taken although the answer was lost.
			_, _ = c.redis.run(context.WithoutCancel(ctx), lockRelease, key, token)
			return fmt.Errorf("lock session: %w", err)
		}
		wait := time.NewTimer(lockPoll/2 + mathrand.N(lockPoll))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return ctx.Err()
		}
	}
}

// holdLock renews the lease until stop.
func (c *RedisStore) holdLock(key, token string, stop <-chan struct{}) {
	tick := time.NewTicker(c.lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			// A renewal that fails is tried twice more before the lease ends.
			_, _ = c.redis.run(context.Background(), lockExtend, key, token, strconv.FormatInt(c.lease.Milliseconds(), 10))
		}
	}
}

func lockToken() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand since Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}
