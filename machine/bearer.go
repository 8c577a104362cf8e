package machine

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

const (
	// trusted is how long a token that was found good is not looked at again:
	// what its issuer withdraws counts no longer than that (RFC 7662 section
	// 2.2 leaves it to us).
	trusted = time.Minute
	// distrusted is the same for one that the provider called inactive.
	distrusted = 5 * time.Second
	// asking is how many tokens at most are being asked about: whoever makes
	// up tokens must not make us flood a provider.
	asking = 32
	// patience is how long one waits for one's turn and the answer.
	patience = 10 * time.Second
)

// BearerOptions describe an entry of `bearer`.
type BearerOptions struct {
	Name string
	// Verify proves a token. Its errors are *provider.Error.
	Verify func(ctx context.Context, token string) (*provider.AccessToken, error)
	// Issued reports whether a token says that it comes from here. Without
	// it, whatever no other entry knows is asked about.
	Issued func(token string) bool
	// Person says that tokens speak of people.
	Person bool
	// Provider is the configured provider that people count as coming from.
	Provider string
	Claims   provider.ClaimMap
	Keep     []string // further claims that rules and headers refer to
	// EmailDomains are those that the issuer may speak for; empty means all.
	EmailDomains []string
	Now          func() time.Time
}

// Bearer is one issuer's access tokens. It is safe for concurrent use.
type Bearer struct {
	o       BearerOptions
	good    memory
	bad     memory // apart, so that bad ones push out no good ones
	flights singleflight.Group
	turns   chan struct{}
}

// NewBearer makes one that remembers nothing yet.
func NewBearer(o BearerOptions) *Bearer {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Bearer{o: o, turns: make(chan struct{}, asking)}
}

// checkBearer lets the entry decide that the token says it is for; among
// several with one issuer the first that accepts it. Tokens of no known issuer
// go to those who ask.
func checkBearer(ctx context.Context, token string, bearers []*Bearer) (*Caller, error) {
	var last error
	if token != "" && len(token) <= provider.MaxAccessToken {
		for _, issued := range []bool{true, false} {
			for _, b := range bearers {
				if (b.o.Issued != nil) != issued || issued && !b.o.Issued(token) {
					continue
				}
				caller, err := b.check(ctx, token)
				if err == nil {
					return caller, nil
				}
				if last == nil || unavailable(err) || reasonOf(last) == provider.ReasonBearerAudience && !unavailable(last) {
					last = err // what says more than that the token is another entry's
				}
			}
			if last != nil {
				return nil, refuseBearer(last)
			}
		}
		for _, b := range bearers {
			// Nobody's: the first who reads tokens says why.
			_, err := b.check(ctx, token)
			return nil, refuseBearer(err)
		}
	}
	return nil, refuseBearer(&provider.Error{Reason: provider.ReasonBearerMalformed, Err: errors.New("no token, or one that is too long")})
}

func unavailable(err error) bool {
	var e *provider.Error
	return errors.As(err, &e) && e.Unavailable
}

func reasonOf(err error) string {
	var e *provider.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// check is the remembered outcome for token, or the one that everybody who
// asks for it now waits for together.
func (b *Bearer) check(ctx context.Context, token string) (*Caller, error) {
	hash := sha256.Sum256([]byte(token)) // what is remembered is no use to a thief
	now := b.o.Now()
	if known, ok := b.good.get(hash, now); ok {
		return known.caller, nil
	}
	if known, ok := b.bad.get(hash, now); ok {
		return nil, known.err
	}
	flight := b.flights.DoChan(string(hash[:]), func() (any, error) {
		// Whoever began may hang up; the others still wait.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return b.find(ctx, token, hash)
	})
	select {
	case r := <-flight:
		caller, _ := r.Val.(*Caller)
		return caller, r.Err
	case <-ctx.Done():
		return nil, busy(context.Cause(ctx))
	}
}

func (b *Bearer) find(ctx context.Context, token string, hash [sha256.Size]byte) (*Caller, error) {
	select {
	case b.turns <- struct{}{}:
		defer func() { <-b.turns }()
	case <-ctx.Done():
		return nil, busy(errors.New("too many tokens are being asked about"))
	}
	found, err := b.o.Verify(ctx, token)
	now := b.o.Now()
	if err != nil {
		var e *provider.Error
		if b.o.Issued == nil && errors.As(err, &e) && !e.Unavailable {
			b.bad.put(hash, remembered{err: err, until: now.Add(distrusted)}, now)
		}
		return nil, err
	}
	caller, err := b.caller(found)
	if err != nil {
		return nil, err
	}
	until := now.Add(trusted)
	if !found.Expires.IsZero() && found.Expires.Before(until) {
		until = found.Expires
	}
	b.good.put(hash, remembered{caller: caller, until: until}, now)
	return caller, nil
}

func busy(cause error) error {
	return &provider.Error{Reason: provider.ReasonSlow, Unavailable: true, RetryAfter: time.Second, Err: cause}
}

// caller is whom a good token speaks of.
func (b *Bearer) caller(t *provider.AccessToken) (*Caller, error) {
	who := t.Identity(b.o.Claims, b.o.Keep, b.o.EmailDomains)
	c := &Caller{Ends: t.Expires}
	if !b.o.Person {
		c.Machine = &identity.Machine{Kind: identity.Bearer, Name: b.o.Name, Identity: who}
		return c, nil
	}
	if !t.Person {
		return nil, &provider.Error{Reason: provider.ReasonBearerSubject, Err: errors.New("the token speaks of no person: it has no sub")}
	}
	who.Provider = b.o.Provider
	c.Person, c.Bearer = &who, b.o.Name
	c.ACR, c.AuthTime = t.ACR, t.AuthTime
	return c, nil
}
