package machine

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// ServiceToken is one program that the configuration names.
type ServiceToken struct {
	Name string
	// Hashes are the SHA-256 of its tokens, several while one is changed.
	Hashes [][sha256.Size]byte
	// Expires is when they stop working; zero means never.
	Expires time.Time
	// Used is told of each use; it may be nil.
	Used func(time.Time)
}

// Desk knows the service tokens. It never changes and is safe for concurrent
// use; the zero Desk knows none, and reads none.
type Desk struct {
	known      []known
	cloudflare bool
	now        func() time.Time
}

// known is a service token with the caller that it makes.
type known struct {
	ServiceToken
	caller *Caller
}

// NewDesk with cloudflare reads the headers of Cloudflare's service tokens as
// well.
func NewDesk(tokens []ServiceToken, cloudflare bool, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	d := &Desk{cloudflare: cloudflare, now: now}
	for _, t := range tokens {
		d.known = append(d.known, known{t, &Caller{
			Machine: &identity.Machine{Kind: identity.ServiceToken, Name: t.Name, Identity: identity.Identity{Subject: t.Name}},
			Ends:    t.Expires,
		}})
	}
	return d
}

// Caller is who proved themselves by a token: a machine or, by a bearer token
// that speaks of one, a person. It never changes, so that what is made of it
// can be kept with it.
type Caller struct {
	Machine *identity.Machine
	Person  *identity.Identity
	Bearer  string // the entry of bearer that made Person
	// ACR and AuthTime say how and when Person signed in, zero if the token
	// does not.
	ACR      string
	AuthTime time.Time
	Ends     time.Time // of the token; zero: unknown or never
}

// Who is what upstreams are told.
func (c *Caller) Who() *identity.Identity {
	if c.Machine != nil {
		return &c.Machine.Identity
	}
	return c.Person
}

// service is the caller that a service token makes.
func (d *Desk) service(p Presented) (*Caller, error) {
	if !whole(p.token) {
		return nil, refuse("service_token_malformed", "This is no whole service token: it was cut, mistyped or put together.")
	}
	hash := sha256.Sum256([]byte(p.token))
	// All of them, and each as a whole: how long it takes says nothing about
	// how near a guess came.
	found := -1
	for i := range d.known {
		for j := range d.known[i].Hashes {
			if subtle.ConstantTimeCompare(hash[:], d.known[i].Hashes[j][:]) == 1 {
				found = i
			}
		}
	}
	if found < 0 || p.named && p.name != d.known[found].Name {
		return nil, refuse("service_token_unknown", "This service token is not known here.")
	}
	t := &d.known[found]
	now := d.now()
	if !t.Expires.IsZero() && !now.Before(t.Expires) {
		return nil, refuse("service_token_expired", "This service token has expired.")
	}
	if t.Used != nil {
		t.Used(now)
	}
	return t.caller, nil
}
