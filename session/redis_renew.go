package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// endedPatience bounds how long Ended waits for a server.
const endedPatience = 250 * time.Millisecond

// replace puts ARGV[2] in the place of ARGV[1] for ARGV[3] milliseconds, unless
// something else is there by now.
var replace = rueidis.NewLuaScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`)

// Due reports whether s was last recorded a tenth of Idle ago or more, and not
// by this process within the last half minute.
func (c *RedisStore) Due(s *Session) bool {
	now := c.clock()
	return c.lifetime.Due(s, At(now)) && !c.renewals.recent(s.ID, now, c.lifetime.pause())
}

// Renew records this moment as the last use, on the server alone: the cookie
// stays as it is. Of many replicas one writes, and never over a refresh.
func (c *RedisStore) Renew(_ http.Header, r *http.Request, s *Session) (bool, error) {
	now := c.clock()
	if !c.lifetime.Live(s, At(now)) || !c.lifetime.Due(s, At(now)) || !c.renewals.claim(s.ID, now, c.lifetime.pause()) {
		return false, nil
	}
	b := c.bindings.find(r, s.ID)
	if b == nil {
		return false, nil
	}
	// The answer may be on its way while its reader has gone.
	ctx := context.WithoutCancel(r.Context())
	ref := refOf(s.ID)
	sealed, err := c.fetch(ctx, ref)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	latest := c.open(b, ref, sealed)
	if latest == nil || !c.lifetime.Live(latest, At(now)) || !c.lifetime.Due(latest, At(now)) {
		return false, nil
	}
	next := *latest
	next.Seen = At(now)
	resealed, err := c.safe.seal(b, &next)
	if err != nil {
		return false, fmt.Errorf("renew session: %w", err)
	}
	if err := c.index.add(ctx, &next, now); err != nil {
		return false, fmt.Errorf("renew session: %w", err)
	}
	if _, err := c.redis.run(ctx, replace, c.redis.key("s", ref), sealed, resealed, strconv.FormatInt(c.left(&next, now), 10)); err != nil {
		return false, fmt.Errorf("renew session: %w", err)
	}
	c.memory.outdate(ref)
	return false, nil
}

// Ended reports whether s has reached its hard end or was revoked. A server
// that does not answer within a quarter of a second has not said so.
func (c *RedisStore) Ended(s *Session) bool {
	if At(c.clock()) >= c.lifetime.Ends(s) {
		return true
	}
	ref := refOf(s.ID)
	if c.tracked() && c.memory.holds(ref) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), endedPatience)
	defer cancel()
	_, err := c.fetch(ctx, ref)
	return errors.Is(err, ErrNone)
}

// Reload asks the server. See Store.
func (c *RedisStore) Reload(r *http.Request, s *Session) (*Session, error) {
	b := c.bindings.find(r, s.ID)
	if b == nil {
		return nil, ErrNone
	}
	ref := refOf(s.ID)
	sealed, err := c.fetch(r.Context(), ref)
	if err != nil {
		return nil, err
	}
	latest := c.open(b, ref, sealed)
	if latest == nil || !c.lifetime.Live(latest, At(c.clock())) {
		return nil, ErrNone
	}
	return latest, nil
}

// Update writes next to the server, where every replica finds it. See Store.
func (c *RedisStore) Update(r *http.Request, next *Session) (*Session, error) {
	b := c.bindings.find(r, next.ID)
	if b == nil {
		return nil, ErrNone
	}
	now := c.clock()
	made := *next
	made.Version, made.Seen, made.Edition = Version, At(now), next.Edition+1
	// A browser that hangs up must not lose what its refresh has spent.
	if err := c.write(context.WithoutCancel(r.Context()), b, &made, now, false); err != nil {
		return nil, err
	}
	c.renewals.wrote(next.ID, now)
	return &made, nil
}

// Shared is true: every replica asks the same servers.
func (c *RedisStore) Shared() bool { return true }
