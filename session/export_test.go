package session

import "time"

// WithLease makes locks end sooner.
func WithLease(c *RedisStore, lease time.Duration) *RedisStore {
	c.lease = lease
	return c
}
