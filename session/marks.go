package session

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

// Marks notes for every replica what may happen once: a Store that several
// share. What one process does twice it finds out by itself.
type Marks interface {
	// Mark notes name for that long, and reports whether nobody had. One of
	// those who ask at once gets true.
	Mark(ctx context.Context, name string, life time.Duration) (bool, error)
	// Unmark forgets name: what it stood for came to nothing and may be tried
	// again.
	Unmark(ctx context.Context, name string)
}

var _ Marks = (*RedisStore)(nil)

// Mark is SET NX. See Marks.
func (c *RedisStore) Mark(ctx context.Context, name string, life time.Duration) (bool, error) {
	_, err := c.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed {
		return b.Set().Key(c.markPlace(name)).Value("1").Nx().PxMilliseconds(max(1, life.Milliseconds())).Build()
	})
	if errors.Is(err, errNil) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("mark: %w", err)
	}
	return true, nil
}

// Unmark deletes, as far as the servers can be reached. See Marks.
func (c *RedisStore) Unmark(ctx context.Context, name string) {
	_, _ = c.redis.do(context.WithoutCancel(ctx), func(b rueidis.Builder) rueidis.Completed {
		return b.Del().Key(c.markPlace(name)).Build()
	})
}

// markPlace is a hash of the name, which may hold a secret.
func (c *RedisStore) markPlace(name string) string {
	sum := sha256.Sum256([]byte("gatehouse mark " + name))
	return c.redis.key("m", base64.RawURLEncoding.EncodeToString(sum[:16]))
}
