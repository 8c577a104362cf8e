package provider

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Renewal is a session's request for fresh tokens.
type Renewal struct {
	RefreshToken string
	// Subject is whom the session is about: a refreshed ID token of somebody
	// else is refused (OpenID Connect Core section 12.2).
	Subject string
}

// Renewed is what came of a Renewal.
type Renewed struct {
	// Identity is who the person is now; nil when the provider sent no ID
	// token, and then nothing about the person has changed.
	Identity *identity.Identity
	// IDToken is empty without an ID token, RefreshToken when the provider
	// goes on with the old one.
	IDToken, AccessToken, RefreshToken string
	// IDExpires and AccessExpires are when those end, zero if unknown.
	IDExpires, AccessExpires time.Time
}

// Refresh spends a refresh token (RFC 6749 section 6, OpenID Connect Core
// section 12). Everything together takes at most 10 s. With an error there may
// be tokens all the same, when the keys or the userinfo that go with them could
// not be fetched: the old refresh token is spent then and the new one counts.
// EndsSession tells which errors are final.
func (p *Provider) Refresh(ctx context.Context, r Renewal) (*Renewed, error) {
	if r.RefreshToken == "" || r.Subject == "" {
		return nil, errors.New("refresh without token or subject")
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	renewed, err := p.refreshTokens(ctx, r)
	switch reasonOf(err) {
	case ReasonUnreachable, ReasonSlow, ReasonFailing:
		p.suspect()
	}
	return renewed, err
}

func (p *Provider) refreshTokens(ctx context.Context, r Renewal) (*Renewed, error) {
	at, err := p.metadata.get(ctx)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {r.RefreshToken}}
	got, failure := p.call(ctx, at.value, at.value.token, form, r.RefreshToken)
	if failure != nil {
		return nil, failure.about("refresh")
	}
	t, failure := p.readTokens(got)
	if failure != nil {
		if failure.Reason == ReasonCodeRejected {
			failure.Reason = ReasonGrantRejected
		}
		return nil, failure.about("refresh")
	}
	renewed := &Renewed{AccessToken: t.access, AccessExpires: t.expires, RefreshToken: t.refresh}
	if t.id == "" {
		return renewed, nil
	}
	proof, err := p.verifyIDToken(ctx, t.id, expectation{accessToken: t.access, refreshed: true})
	if err != nil {
		return renewed, changedParty(err)
	}
	if proof.claims["sub"] != r.Subject {
		return nil, refuse(ReasonRefreshSubject, "the refreshed ID token is about another subject")
	}
	userinfo, err := p.userinfo(ctx, at.value, t.access, proof.claims)
	if err != nil {
		return renewed, err
	}
	who, err := p.identify(layers{token: proof.claims, userinfo: userinfo})
	if err != nil {
		return renewed, err
	}
	renewed.Identity, renewed.IDToken, renewed.IDExpires = &who, t.id, proof.expires
	return renewed, nil
}

// changedParty names the refusals that mean that the token is another issuer's
// or client's (Core section 12.2: iss, sub and aud must be the same).
func changedParty(err error) error {
	var refusal *Error
	if errors.As(err, &refusal) && (refusal.Reason == ReasonIDTokenIssuer || refusal.Reason == ReasonIDTokenAudience) {
		return &Error{Reason: ReasonRefreshSubject, Err: err}
	}
	return err
}

// EndsSession reports whether an error of Refresh means that the session is
// over: the person is not signed in at the provider any more, or what came is
// not about them or cannot be trusted. All others may pass, be it because an
// operator has mended the registration.
func EndsSession(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Unavailable {
		return false
	}
	switch e.Reason {
	case ReasonGrantRejected, ReasonRefreshSubject, ReasonUserinfoSubject, ReasonEmailNotVerified:
		return true
	}
	return strings.HasPrefix(e.Reason, "id_token_")
}
