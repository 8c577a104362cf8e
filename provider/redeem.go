package provider

import (
	"context"
	"errors"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Redemption is what turns an authorization code into a Grant. RedirectURI,
// Nonce and Verifier are those of the AuthRequest.
type Redemption struct {
	Code, RedirectURI, Nonce, Verifier string
	// MaxAge is the max_age that this sign-in asked for beyond the
	// configuration's; 0 means none. The smaller of the two counts.
	MaxAge time.Duration
}

// Grant is a finished sign-in.
type Grant struct {
	// Identity is who signed in.
	Identity identity.Identity
	// SID is the provider's session (sid claim), empty if it names none.
	SID string
	// AuthTime is when the person last authenticated, zero if unknown.
	AuthTime time.Time
	// IDToken and AccessToken as issued; RefreshToken may be empty.
	IDToken, AccessToken, RefreshToken string
	// AccessExpires is when AccessToken ends, zero if the provider does not say;
	// IDExpires is the exp of IDToken.
	AccessExpires, IDExpires time.Time
}

// Redeem exchanges a code for a verified Grant: token endpoint, ID token,
// userinfo if wanted, mapping. Everything together takes at most 10 s. Errors
// about the provider or its answers are *Error; the code is spent after most
// of them, so the person has to start again.
func (p *Provider) Redeem(ctx context.Context, r Redemption) (*Grant, error) {
	if r.Code == "" || r.RedirectURI == "" || r.Nonce == "" {
		return nil, errors.New("redemption without code, redirect URI or nonce")
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	grant, err := p.redeem(ctx, r)
	switch reasonOf(err) {
	case ReasonUnreachable, ReasonSlow, ReasonFailing:
		p.suspect()
	}
	return grant, err
}

func (p *Provider) redeem(ctx context.Context, r Redemption) (*Grant, error) {
	at, err := p.metadata.get(ctx)
	if err != nil {
		return nil, err
	}
	t, err := p.exchange(ctx, at.value, r)
	if err != nil {
		return nil, err
	}
	maxAge, asked := p.wantedAge(r)
	proof, err := p.verifyIDToken(ctx, t.id, expectation{
		nonce: r.Nonce, accessToken: t.access, authTime: asked, maxAge: maxAge,
	})
	if err != nil {
		return nil, err
	}
	userinfo, err := p.userinfo(ctx, at.value, t.access, proof.claims)
	if err != nil {
		return nil, err
	}
	who, err := p.identify(layers{token: proof.claims, userinfo: userinfo})
	if err != nil {
		return nil, err
	}
	return &Grant{
		Identity: who, SID: proof.sid, AuthTime: proof.authTime,
		IDToken: t.id, AccessToken: t.access, AccessExpires: t.expires, RefreshToken: t.refresh, IDExpires: proof.expires,
	}, nil
}

// wantedAge is the max_age to hold the ID token to, and whether there is one.
func (p *Provider) wantedAge(r Redemption) (time.Duration, bool) {
	age, asked, _ := p.o.maxAge() // validated by New
	if r.MaxAge > 0 && (!asked || r.MaxAge < age) {
		return r.MaxAge, true
	}
	return age, asked
}
