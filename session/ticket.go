package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/redis/rueidis"
)

// Tickets hand a session from the sign-in host to another: a Store that several
// hosts' bindings can share.
type Tickets interface {
	// Ticket is for the session s, from Load of r, on the host of origin, and
	// for whoever knows what challenge is the SHA-256 of. It is worth one use
	// within a minute.
	Ticket(r *http.Request, s *Session, origin, challenge string) (string, error)
	// Redeem binds r's browser on r's host to the ticket's session and returns
	// it. A ticket is spent whatever comes of it: ErrNone for one that is
	// unknown, spent, of another host, or not for this verifier.
	Redeem(w http.ResponseWriter, r *http.Request, ticket, verifier string) (*Session, error)
	// Spend makes a ticket worthless.
	Spend(ctx context.Context, ticket string)
}

var _ Tickets = (*RedisStore)(nil)

const (
	ticketLife = time.Minute
	ticketLen  = 43 // base64url of 256 bits
)

// ticket is what lies on the server, sealed with a key that takes the ticket.
type ticket struct {
	Binding   binding `json:"b"`
	Origin    string  `json:"o"`
	Challenge string  `json:"c"`
}

// take returns what is at a key and removes it, at once.
var take = rueidis.NewLuaScript(`
local value = redis.call('GET', KEYS[1])
if value then redis.call('DEL', KEYS[1]) end
return value`)

// Challenge is what a ticket is made for: the SHA-256 of a verifier that the
// browser holds sealed in a cookie of the host that it comes back to.
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Ticket stores one. See Tickets.
func (c *RedisStore) Ticket(r *http.Request, s *Session, origin, challenge string) (string, error) {
	b := c.bindings.find(r, s.ID)
	if b == nil {
		return "", ErrNone
	}
	plain, err := json.Marshal(ticket{Binding: *b, Origin: origin, Challenge: challenge})
	if err != nil {
		return "", err
	}
	var secret [32]byte
	rand.Read(secret[:]) // never fails (crypto/rand since Go 1.24)
	text := base64.RawURLEncoding.EncodeToString(secret[:])
	place := c.ticketPlace(text)
	sealed, err := c.safe.tickets.seal([]byte(text), place, plain)
	if err != nil {
		return "", err
	}
	_, err = c.redis.do(r.Context(), func(b rueidis.Builder) rueidis.Completed {
		return b.Set().Key(place).Value(string(sealed)).PxMilliseconds(ticketLife.Milliseconds()).Build()
	})
	if err != nil {
		return "", fmt.Errorf("issue ticket: %w", err)
	}
	return text, nil
}

// ticketPlace is a hash of the ticket: its key does not tell it.
func (c *RedisStore) ticketPlace(text string) string {
	sum := sha256.Sum256([]byte("gatehouse ticket " + text))
	return c.redis.key("t", base64.RawURLEncoding.EncodeToString(sum[:16]))
}

// Redeem spends a ticket. See Tickets.
func (c *RedisStore) Redeem(w http.ResponseWriter, r *http.Request, text, verifier string) (*Session, error) {
	t, err := c.spend(r.Context(), text)
	if err != nil {
		return nil, err
	}
	o := originOf(r)
	if t == nil || t.Origin != o.scheme+"://"+o.host ||
		subtle.ConstantTimeCompare([]byte(t.Challenge), []byte(Challenge(verifier))) != 1 {
		return nil, ErrNone
	}
	ref := refOf(t.Binding.ID)
	sealed, err := c.fetch(r.Context(), ref)
	if err != nil {
		return nil, err
	}
	s := c.open(&t.Binding, ref, sealed)
	now := At(c.clock())
	if s == nil || !c.lifetime.Live(s, now) {
		return nil, ErrNone
	}
	if err := c.revokeCarried(r, s.ID); err != nil {
		return nil, err
	}
	return s, c.bindings.set(w.Header(), r, &t.Binding, c.lifetime.Ends(s)-now)
}

// Spend removes a ticket that came to the wrong browser.
func (c *RedisStore) Spend(ctx context.Context, text string) { _, _ = c.spend(ctx, text) }

// spend takes a ticket from the server; nil for what is none.
func (c *RedisStore) spend(ctx context.Context, text string) (*ticket, error) {
	if len(text) != ticketLen {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	client, err := c.redis.client(ctx)
	if err != nil {
		return nil, err
	}
	place := c.ticketPlace(text)
	value, err := take.Exec(ctx, client, []string{place}, nil).ToString()
	if err = redisError(err); errors.Is(err, errNil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("redeem ticket: %w", err)
	}
	plain, ok := c.safe.tickets.open([]byte(text), place, []byte(value))
	t := new(ticket)
	if !ok || !decodeStrict(plain, t) || !t.Binding.valid() {
		return nil, nil
	}
	return t, nil
}
