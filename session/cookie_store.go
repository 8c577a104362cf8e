package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Options make a CookieStore.
type Options struct {
	Keys  *Keys
	Names Names
	// Idle and Absolute are the Lifetime of sessions; Absolute must be positive.
	Idle, Absolute time.Duration
	// RememberMax bounds the memory for opened sessions in bytes; 0 opens every
	// cookie anew.
	RememberMax int64
	// Now is the clock, time.Now if nil.
	Now func() time.Time
	// Previous is the store that this one follows after a reload. Its
	// revocations, locks and refreshed sessions hold on, and so do opened
	// sessions, unless the keys changed: the one that opened them may be gone.
	Previous *CookieStore
}

// CookieStore keeps each session sealed in its browser's cookies. Revocation
// and Lock hold within this process only, and a revocation is forgotten when
// the process ends.
type CookieStore struct {
	keys     *Keys
	codec    *codec
	names    Names
	lifetime Lifetime
	clock    func() time.Time

	// Shared with the stores before and after a reload, memory if it may be.
	memory   *memory
	revoked  *revocations
	renewals *renewals
	locks    *locks
	editions *editions
}

var _ Store = (*CookieStore)(nil)

// NewCookieStore checks o and makes the store.
func NewCookieStore(o Options) (*CookieStore, error) {
	if o.Names.name == "" {
		return nil, errors.New("session store without cookie names")
	}
	if o.Absolute <= 0 || o.Idle < 0 {
		return nil, errors.New("session lifetime is not positive")
	}
	if o.Keys == nil {
		return nil, errors.New("session store without keys")
	}
	c := &CookieStore{
		keys:  o.Keys,
		codec: newCodec(o.Keys, purposeSession, maxCookieBytes-countLen),
		names: o.Names, clock: o.Now,
		lifetime: Lifetime{Idle: o.Idle, Absolute: o.Absolute},
	}
	if c.clock == nil {
		c.clock = time.Now
	}
	if p := o.Previous; p != nil {
		c.revoked, c.renewals, c.locks, c.editions = p.revoked, p.renewals, p.locks, p.editions
		c.memory = p.memory
	} else {
		c.revoked, c.renewals, c.locks, c.editions = newRevocations(), newRenewals(), newLocks(), newEditions()
	}
	if p := o.Previous; p == nil || !p.keys.same(o.Keys) || !p.memory.bounded(o.RememberMax) {
		c.memory = newMemory(o.RememberMax)
	}
	c.revoked.extend(o.Absolute)
	return c, nil
}

// Load returns the first live session among r's cookies, or ErrNone. A session
// seen before is found without cryptography and without allocating.
func (c *CookieStore) Load(r *http.Request) (*Session, error) {
	o := originOf(r)
	var f found
	f.scan(r.Header, c.names.session(o))
	tries := f.tries()
	if tries == 0 {
		return nil, ErrNone
	}
	now := At(c.clock())
	for i := range tries {
		p, ok := f.candidate(i)
		if !ok {
			continue
		}
		s, packed := c.memory.get(o, &p), ""
		remembered := s != nil
		if !remembered {
			s, packed = c.open(o, &p)
		}
		newest := c.editions.newest(s)
		switch live := s != nil && c.lifetime.Live(newest, now) && !c.revoked.ended(newest); {
		case live && !remembered:
			c.memory.put(o, &p, s, packed)
			return newest, nil
		case live:
			return newest, nil
		case remembered:
			c.memory.drop(o, &p)
		}
	}
	return nil, ErrNone
}

func (c *CookieStore) seal(o origin, s *Session) (string, error) {
	plain, err := s.pack()
	if err != nil {
		return "", err
	}
	return c.codec.seal(o, plain)
}

// open returns what p was sealed from, live or not, or nil; and as it was packed.
func (c *CookieStore) open(o origin, p *pieces) (s *Session, packed string) {
	plain, ok := c.codec.open(o, p.sealed())
	if !ok {
		return nil, ""
	}
	packed = string(plain)
	return unpackText(packed), packed
}

// Save seals s into cookies that the browser drops at the session's hard end,
// and removes pieces of an earlier, larger one. See Store.
func (c *CookieStore) Save(w http.ResponseWriter, r *http.Request, s *Session) error {
	if !s.names() {
		return errors.New("save session: it lacks an ID, issuer or subject")
	}
	now := c.clock()
	next := *s
	next.Version, next.Seen = Version, At(now)
	if next.Created.IsZero() {
		next.Created = c.revoked.begin(&next, now)
	}
	if next.Ends.IsZero() {
		next.Ends = next.Created + seconds(c.lifetime.Absolute)
	}
	if err := c.write(w.Header(), r, &next, At(now)); err != nil {
		return err
	}
	c.renewals.wrote(s.ID, now)
	c.revokeCarried(r, s.ID, now)
	return nil
}

// write puts s into h, or returns an error and leaves h alone.
func (c *CookieStore) write(h http.Header, r *http.Request, s *Session, now Time) error {
	if !c.lifetime.Live(s, now) || c.revoked.ended(s) {
		return ErrNone
	}
	o := originOf(r)
	sealed, err := c.seal(o, s)
	if err != nil {
		return fmt.Errorf("save session: %w", err)
	}
	names, p := c.names.session(o), split(sealed)
	var f found
	f.scan(r.Header, names)
	for i, name := range names {
		if i < p.n {
			setCookie(h, o, name, p.values[i], c.lifetime.Ends(s)-now)
		} else if f.n[i] > 0 {
			expireCookie(h, o, name)
		}
	}
	return nil
}

// Clear revokes every session that r's cookies prove, even one that idled out,
// and removes all cookie names a session may have.
func (c *CookieStore) Clear(w http.ResponseWriter, r *http.Request) error {
	c.revokeCarried(r, "", c.clock())
	o := originOf(r)
	for _, name := range c.names.session(o) {
		expireCookie(w.Header(), o, name)
	}
	return nil
}

// revokeCarried revokes the sessions in r's cookies but the one called except.
// One that has ended for good needs no entry, so old cookies add none.
func (c *CookieStore) revokeCarried(r *http.Request, except string, now time.Time) {
	o := originOf(r)
	var f found
	f.scan(r.Header, c.names.session(o))
	for i := range f.tries() {
		p, ok := f.candidate(i)
		if !ok {
			continue
		}
		s, _ := c.open(o, &p)
		if s != nil && s.ID != except && At(now) < s.Ends+clockSkew {
			c.revoked.add(Match{ID: s.ID}, now)
			c.memory.outdate(s.ID)
		}
	}
}

// Revoke ends matching sessions in this process: the one with the ID for good,
// those of a provider's session or person if created until now. It returns how
// many of them are remembered; others may be out there, and are dead as well.
func (c *CookieStore) Revoke(_ context.Context, m Match) (int, error) {
	if m.by() == byNothing {
		return 0, nil
	}
	c.revoked.add(m, c.clock())
	return c.memory.forget(m), nil
}

// Lock serialises by id within this process.
func (c *CookieStore) Lock(ctx context.Context, id string) (func(), error) {
	return c.locks.acquire(ctx, id)
}

// IdleExpires is when s ends unless it is used; false without an idle limit.
func (c *CookieStore) IdleExpires(s *Session) (time.Time, bool) {
	if c.lifetime.Idle <= 0 {
		return time.Time{}, false
	}
	return c.lifetime.IdleEnds(s).Std(), true
}

// Lifetime is how long this store's sessions count.
func (c *CookieStore) Lifetime() Lifetime { return c.lifetime }

// Remembered returns how many opened cookies are held in memory and their
// estimated size in bytes.
func (c *CookieStore) Remembered() (n int, size int64) { return c.memory.count() }
