package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// RedisStoreOptions make a RedisStore.
type RedisStoreOptions struct {
	Redis *Redis
	Keys  *Keys
	Names Names
	// Idle and Absolute are the Lifetime of sessions; Absolute must be positive.
	Idle, Absolute time.Duration
	// RememberMax bounds the memory for opened sessions in bytes; 0 asks the
	// server for every request.
	RememberMax int64
	Log         *slog.Logger
	// Now is the clock, the servers' if nil.
	Now func() time.Time
	// Previous is the store that this one follows after a reload. Its locks
	// hold on, and so do opened sessions, unless keys or servers changed.
	Previous *RedisStore
}

// RedisStore keeps sessions on Redis servers, for any number of replicas. The
// browser holds a binding, without which the stored session does not open.
//
// A session is opened once and remembered; the servers tell each replica which
// have changed or gone. When they cannot tell any more (a lost connection),
// everything is forgotten and the next request asks. What cannot be asked is
// ErrUnavailable: only a server's own word that there is nothing is ErrNone.
type RedisStore struct {
	redis    *Redis
	bindings bindings
	safe     safe
	index    index
	lifetime Lifetime
	clock    func() time.Time
	memory   *memory
	keys     *Keys
	remember int64
	lease    time.Duration // of locks
	log      *slog.Logger
	broken   *once
	attached sync.Once
	released atomic.Bool

	// Shared with the stores before and after a reload.
	renewals *renewals
	locks    *locks
}

var _ Store = (*RedisStore)(nil)

// NewRedisStore checks o and makes the store.
func NewRedisStore(o RedisStoreOptions) (*RedisStore, error) {
	switch {
	case o.Redis == nil:
		return nil, errors.New("session store without Redis")
	case o.Names.name == "":
		return nil, errors.New("session store without cookie names")
	case o.Absolute <= 0 || o.Idle < 0:
		return nil, errors.New("session lifetime is not positive")
	case o.Keys == nil:
		return nil, errors.New("session store without keys")
	}
	c := &RedisStore{
		redis:    o.Redis,
		bindings: bindings{newCodec(o.Keys, purposeBinding, maxBinding), o.Names},
		safe:     newSafe(o.Keys), index: newIndex(o.Redis, o.Keys),
		lifetime: Lifetime{Idle: o.Idle, Absolute: o.Absolute},
		clock:    o.Now, keys: o.Keys, remember: o.RememberMax, lease: lockLease, log: o.Log, broken: newOnce(),
		renewals: newRenewals(), locks: newLocks(),
	}
	if c.clock == nil {
		c.clock = o.Redis.clock.now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	p := o.Previous
	if p != nil {
		c.renewals, c.locks = p.renewals, p.locks
	}
	if p != nil && p.redis == c.redis && p.remember == c.remember && p.keys.same(c.keys) {
		c.memory = p.memory
	} else {
		c.memory = newMemory(o.RememberMax)
	}
	return c, nil
}

// Release lets go of c's memory, unless next shares it. Requests that still use
// c then ask the server each time.
func (c *RedisStore) Release(next *RedisStore) {
	if next == nil || next.memory != c.memory {
		c.released.Store(true)
		c.redis.detach(c.memory)
		c.memory.outdateAll()
	}
}

// Load returns the first live session that r's cookies are bound to. See Store.
func (c *RedisStore) Load(r *http.Request) (*Session, error) {
	o := originOf(r)
	var f found
	f.scan(r.Header, c.bindings.names.session(o))
	tries := f.tries()
	if tries == 0 {
		return nil, ErrNone
	}
	now := At(c.clock())
	missing := ErrNone
	for i := range tries {
		p, ok := f.candidate(i)
		if !ok {
			continue
		}
		s, err := c.at(r.Context(), o, &p)
		switch {
		case errors.Is(err, ErrUnavailable):
			missing = err // another cookie may still prove somebody
		case err == nil && c.lifetime.Live(s, now):
			return s, nil
		}
	}
	return nil, missing
}

// at returns the session that p is bound to, from memory while the servers are
// trusted to tell of changes, and otherwise from them.
func (c *RedisStore) at(ctx context.Context, o origin, p *pieces) (*Session, error) {
	known, mark := c.memory.find(o, p)
	if known != nil && c.tracked() {
		return known, nil
	}
	var b *binding
	ref := ""
	if known != nil {
		ref = refOf(known.ID)
	} else if b = c.bindings.open(o, p); b == nil {
		return nil, ErrNone
	} else {
		ref = refOf(b.ID)
	}
	c.attached.Do(func() { c.redis.attach(c.memory) }) // a store that never serves leaves nothing behind
	generation := c.memory.generation(ref)
	sealed, err := c.fetch(ctx, ref)
	switch {
	case err != nil:
		c.memory.drop(o, p)
		return nil, err
	case known != nil && mark == c.memory.mark(sealed):
		return known, nil
	case b == nil:
		b = c.bindings.open(o, p)
	}
	s := c.open(b, ref, sealed)
	if s == nil {
		return nil, ErrNone
	}
	if packed, err := s.pack(); err == nil {
		c.memory.keep(o, p, s, string(packed), stored{ref, sealed}, generation)
	}
	return s, nil
}

// tracked reports whether the servers tell of changes.
func (c *RedisStore) tracked() bool {
	client := c.redis.current.Load()
	return client != nil && client.tracked && !c.released.Load()
}

// fetch returns what lies at ref, ErrNone if that is nothing.
func (c *RedisStore) fetch(ctx context.Context, ref string) (string, error) {
	answer, err := c.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed { return b.Get().Key(c.redis.key("s", ref)).Build() })
	if errors.Is(err, errNil) {
		return "", ErrNone
	}
	if err != nil {
		return "", fmt.Errorf("load session: %w", err)
	}
	return answer.ToString()
}

// open unseals, and tells once of each place that it cannot: somebody wrote to
// the server who is none of us, or a key was dropped too early.
func (c *RedisStore) open(b *binding, ref, sealed string) *Session {
	if b == nil {
		return nil
	}
	s := c.safe.open(b, ref, sealed)
	if s == nil && c.broken.first(ref) {
		c.log.Warn("a stored session does not open and counts as none: it was changed in Redis, or sealed with a key that session.keys no longer has", "place", ref)
	}
	return s
}

// Save writes s and, unless r carries it already, a cookie that is bound to it.
// See Store.
func (c *RedisStore) Save(w http.ResponseWriter, r *http.Request, s *Session) error {
	if !s.names() {
		return errors.New("save session: it lacks an ID, issuer or subject")
	}
	now := c.clock()
	next := *s
	next.Version, next.Seen = Version, At(now)
	isNew := next.Created.IsZero()
	if isNew {
		next.Created = At(now)
	}
	if next.Ends.IsZero() {
		next.Ends = next.Created + seconds(c.lifetime.Absolute)
	}
	b := c.bindings.find(r, s.ID)
	bound := b != nil && !isNew
	if !bound {
		b = newBinding(s.ID)
	}
	if err := c.write(r.Context(), b, &next, now, isNew); err != nil {
		return err
	}
	if err := c.revokeCarried(r, s.ID); err != nil {
		return err
	}
	c.renewals.wrote(s.ID, now)
	if bound {
		return nil
	}
	return c.bindings.set(w.Header(), r, b, c.lifetime.Ends(&next)-At(now))
}

// write puts s into its place, which only a new session may find empty: what
// was revoked meanwhile stays so.
func (c *RedisStore) write(ctx context.Context, b *binding, s *Session, now time.Time, isNew bool) error {
	if !c.lifetime.Live(s, At(now)) {
		return ErrNone
	}
	sealed, err := c.safe.seal(b, s)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	// First the index, so that no session is ever out of its reach.
	if err := c.index.add(ctx, s, now); err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	ref := refOf(s.ID)
	_, err = c.redis.do(ctx, func(b rueidis.Builder) rueidis.Completed {
		set := b.Set().Key(c.redis.key("s", ref)).Value(sealed)
		if isNew {
			return set.PxMilliseconds(c.left(s, now)).Build()
		}
		return set.Xx().PxMilliseconds(c.left(s, now)).Build()
	})
	c.memory.outdate(ref)
	switch {
	case errors.Is(err, errNil):
		return ErrNone
	case err != nil:
		return fmt.Errorf("save session: %w", err)
	}
	return nil
}

// left is how many milliseconds the server keeps s: whatever our clocks say
// later, it is gone when it ends by the server's.
func (c *RedisStore) left(s *Session, now time.Time) int64 {
	return max(1, c.lifetime.IdleEnds(s).Std().Sub(now).Milliseconds())
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// Clear revokes every session that r's cookies prove, for every host and
// replica, and removes all cookie names a session may have. If the store cannot
// be asked the cookies stay, or the person would seem to be signed out.
func (c *RedisStore) Clear(w http.ResponseWriter, r *http.Request) error {
	if err := c.revokeCarried(r, ""); err != nil {
		return err
	}
	o := originOf(r)
	for _, name := range c.bindings.names.session(o) {
		expireCookie(w.Header(), o, name)
	}
	return nil
}

// revokeCarried revokes the sessions that r is bound to, but the one called
// except.
func (c *RedisStore) revokeCarried(r *http.Request, except string) error {
	for _, b := range c.bindings.carried(r) {
		if b.ID == except {
			continue
		}
		if _, err := c.Revoke(r.Context(), Match{ID: b.ID}); err != nil {
			return err
		}
	}
	return nil
}

// IdleExpires is when s ends unless it is used; false without an idle limit.
func (c *RedisStore) IdleExpires(s *Session) (time.Time, bool) {
	if c.lifetime.Idle <= 0 {
		return time.Time{}, false
	}
	return c.lifetime.IdleEnds(s).Std(), true
}

// Lifetime is how long this store's sessions count.
func (c *RedisStore) Lifetime() Lifetime { return c.lifetime }

// Remembered returns how many opened cookies are held in memory and their
// estimated size in bytes.
func (c *RedisStore) Remembered() (n int, size int64) { return c.memory.count() }

// Up reports whether the servers answered when last asked.
func (c *RedisStore) Up() bool { return c.redis.Up() }
