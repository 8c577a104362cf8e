package login

import (
	"time"

	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// Renewal says which tokens sessions keep, and how those are kept fresh. The
// zero Renewal keeps none.
type Renewal struct {
	// Access and ID say that some header sends that token.
	Access, ID bool
	// Hint names the providers whose ID token is kept for id_token_hint.
	Hint map[string]bool
	// Before is how long before its end a token is renewed.
	Before time.Duration
	// Recheck is how often the provider is asked whether the person is still
	// signed in there; 0 never asks.
	Recheck time.Duration
	// Reauth asks people to sign in again when their tokens have expired and
	// cannot be renewed for now. Otherwise their session goes on without.
	Reauth bool
}

// renews reports whether sessions need a refresh token.
func (o *Renewal) renews() bool { return o.Access || o.ID || o.Recheck > 0 }

// tokens are what of a grant is worth keeping: nothing that nobody uses.
func (o *Renewal) tokens(p *provider.Provider, g *provider.Grant) (t session.Tokens) {
	if o.renews() {
		t.Refresh = g.RefreshToken
	}
	if o.Access || o.Recheck > 0 && t.Refresh == "" && p.CanIntrospect() {
		t.Access, t.AccessExpires = g.AccessToken, at(g.AccessExpires)
	}
	if o.ID || o.Hint[p.Name()] {
		t.ID, t.IDExpires = g.IDToken, at(g.IDExpires)
	}
	return t
}

// apply puts what a refresh brought into s. What is known of the person stays
// when the provider sent no ID token, and how they signed in when it does not
// repeat that: it has not changed (OpenID Connect Core section 12.2).
func (o *Renewal) apply(s *session.Session, p *provider.Provider, got *provider.Renewed) {
	t := &s.Tokens
	if got.RefreshToken != "" {
		t.Refresh = got.RefreshToken
	}
	if t.Access, t.AccessExpires = "", 0; o.Access {
		t.Access, t.AccessExpires = got.AccessToken, at(got.AccessExpires)
	}
	if got.IDToken != "" && (o.ID || o.Hint[p.Name()]) {
		t.ID, t.IDExpires = got.IDToken, at(got.IDExpires)
	}
	if who := got.Identity; who != nil {
		before := s.Identity
		s.Identity, s.Kept = *who, p.Kept()
		if who.ACR == "" {
			s.Identity.ACR = before.ACR
		}
		if len(who.AMR) == 0 {
			s.Identity.AMR = before.AMR
		}
	}
}

// lacks reports whether s misses a token that this configuration sends, as
// after a reload: only another sign-in brings it.
func (o *Renewal) lacks(s *session.Session) bool {
	return o.Access && s.Tokens.Access == "" || o.ID && s.Tokens.ID == ""
}

// ending reports whether a token that is sent ends soon.
func (o *Renewal) ending(s *session.Session, now session.Time) bool {
	t := &s.Tokens
	return o.Access && o.soon(s, t.AccessExpires, now) || o.ID && o.soon(s, t.IDExpires, now)
}

// soon reports whether something that ends then is due for renewal. Short
// lives are used for half at least, so that they are not renewed all the time;
// what the last refresh did not renew will not be by another.
func (o *Renewal) soon(s *session.Session, ends, now session.Time) bool {
	asked := checked(s)
	if ends.IsZero() || ends <= asked {
		return false
	}
	before := min(session.Time(o.Before/time.Second), (ends-asked)/2)
	return now >= ends-before
}

// ended reports whether a token that is sent has ended.
func (o *Renewal) ended(s *session.Session, now session.Time) bool {
	over := func(ends session.Time) bool { return !ends.IsZero() && now >= ends }
	return o.Access && over(s.Tokens.AccessExpires) || o.ID && over(s.Tokens.IDExpires)
}

// unchecked reports whether it is time to ask whether the person is still
// signed in at the provider.
func (o *Renewal) unchecked(s *session.Session, now session.Time) bool {
	return o.Recheck > 0 && now >= checked(s)+session.Time((o.Recheck+time.Second-1)/time.Second)
}

// checked is when the provider last spoke for s.
func checked(s *session.Session) session.Time { return max(s.Checked, s.Created) }

func at(t time.Time) session.Time {
	if t.IsZero() {
		return 0
	}
	return session.At(t)
}
