package assertion

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// MaxLifetime is the longest that a token may be believed: it outlives a
// revocation by that much.
const MaxLifetime = 5 * time.Minute

// Options describe the tokens of one route.
type Options struct {
	Key *Key
	// Issuer is iss: the origin under which the keys are published.
	Issuer string
	// Audience is aud, the application that the token is for. Empty, it is the
	// Caller's Origin, where OfOrigin allows it.
	Audience string
	OfOrigin bool
	// Lifetime is at most MaxLifetime; zero means that.
	Lifetime time.Duration
	// Claims are claim paths as headers name them; what the caller lacks is
	// left out. None may be Reserved.
	Claims []string
	// Cloudflare makes tokens of Cloudflare Access's shape.
	Cloudflare bool
	// Signatures may be shared by all Plans; nil signs every token.
	Signatures *Signatures
}

// Plan makes the tokens of one route. It is safe for concurrent use.
type Plan struct{ o Options }

// NewPlan checks the options.
func NewPlan(o Options) (*Plan, error) {
	if o.Lifetime == 0 {
		o.Lifetime = MaxLifetime
	}
	switch {
	case o.Key == nil:
		return nil, errors.New("assertion: no key")
	case o.Issuer == "" || o.Audience == "" && !o.OfOrigin:
		return nil, errors.New("assertion: issuer or audience is empty")
	case o.Lifetime < time.Second || o.Lifetime > MaxLifetime:
		return nil, fmt.Errorf("assertion: lifetime %v is not between 1s and %v", o.Lifetime, MaxLifetime)
	}
	for _, path := range o.Claims {
		if Reserved(path) {
			return nil, fmt.Errorf("assertion: claim %s is Gatehouse's own and cannot be chosen", path)
		}
	}
	return &Plan{o.once()}, nil
}

// once leaves out what Claims would say again.
func (o Options) once() Options {
	var claims []string
	for _, path := range o.Claims {
		said := path == "email_verified" && !o.Cloudflare && slices.Contains(o.Claims, "email")
		if !said && !slices.Contains(claims, path) {
			claims = append(claims, path)
		}
	}
	o.Claims = claims
	return o
}

// Signed is one token.
type Signed struct {
	Token string
	// Expires is its exp. Renew is when to sign the next one: a fifth of the
	// lifetime earlier, so that what is sent now is still good when it arrives.
	Expires, Renew time.Time
}

// Sign makes a token for a caller at now. It ends with the lifetime or at until,
// whichever comes first: no token outlives the session that it speaks of. One that
// was made before is made again as it was, while it need not be renewed.
func (p *Plan) Sign(c Caller, now, until time.Time) (*Signed, error) {
	if p.audience(c) == "" {
		return nil, errors.New("assertion: audience is empty")
	}
	until = until.Truncate(time.Second)
	write := p.claims
	if p.o.Cloudflare {
		write = p.cloudflareClaims
	}
	claims := newPayload()
	defer claims.release()
	if err := write(claims, c); err != nil {
		return nil, fmt.Errorf("write assertion: %w", err)
	}
	place := p.o.Signatures.place(p.o.Key, c.Session, claims.json)
	if known, ok := p.o.Signatures.at(place); ok {
		issued, expires := time.Unix(int64(known.issued), 0), time.Unix(int64(known.expires), 0)
		s := p.timed(issued, until)
		if expires.Before(s.Expires) { // its until was earlier
			s.Expires, s.Renew = expires, expires.Add(-p.o.Lifetime/5)
		}
		if expires.Equal(s.Expires) && !issued.After(now) && now.Before(s.Renew) {
			claims.token = p.o.Key.token(claims.token[:0], claims.fill(issued, expires), known.raw)
			s.Token = string(claims.token)
			return s, nil
		}
	}
	issued := now.Truncate(time.Second)
	s := p.timed(issued, until)
	token, raw, err := p.o.Key.sign(claims.fill(issued, s.Expires))
	if err != nil {
		return nil, err
	}
	s.Token = token
	p.o.Signatures.keep(place, raw, issued, s.Expires)
	return s, nil
}

// timed is a token of that time, which ends at until at the latest.
func (p *Plan) timed(issued, until time.Time) *Signed {
	s := &Signed{Expires: issued.Add(p.o.Lifetime)}
	s.Renew = s.Expires.Add(-p.o.Lifetime / 5)
	if !s.Expires.Before(until) {
		// A new one would end no later.
		s.Expires, s.Renew = until, until
	}
	return s
}
