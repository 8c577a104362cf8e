package provider

import (
	"context"
	"net/http"
	"net/url"
)

// Revoke tells the provider that a refresh token is not needed any more (RFC
// 7009), which with most ends the access tokens that came of it. It is done if
// the provider has no endpoint for it. At most 10 s.
func (p *Provider) Revoke(ctx context.Context, refreshToken string) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	m, err := p.sources[0].atHand(ctx)
	if err != nil || m.signOut.revocation == "" {
		return err
	}
	form := url.Values{"token": {refreshToken}, "token_type_hint": {"refresh_token"}}
	// An invalid token is answered with 200 too (section 2.2).
	got, failure := p.call(ctx, m, m.signOut.revocation, form, refreshToken)
	if failure == nil && got.status != http.StatusOK {
		failure = p.refused(got)
	}
	if failure != nil {
		return failure.about("revoke")
	}
	return nil
}

// CanIntrospect reports whether StillActive has somebody to ask, as far as is
// known now.
func (p *Provider) CanIntrospect() bool {
	if p.o.Endpoints.Introspection != "" {
		return true
	}
	at, _ := p.metadata.peek()
	return at.generation > 0 && at.value.signOut.introspection != ""
}

// StillActive asks the provider whether an access token counts (RFC 7662
// section 2). At a provider whose tokens die with its session, as PingOne's do,
// that says whether the person is still signed in. At most 10 s.
func (p *Provider) StillActive(ctx context.Context, accessToken string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	at, err := p.metadata.get(ctx)
	if err != nil {
		return false, err
	}
	form := url.Values{"token": {accessToken}, "token_type_hint": {"access_token"}}
	got, failure := p.call(ctx, at.value, at.value.signOut.introspection, form, accessToken)
	if failure == nil && got.status != http.StatusOK {
		failure = p.refused(got)
	}
	if failure != nil {
		return false, failure.about("introspect")
	}
	active, isBool := got.object["active"].(bool)
	if !isBool || got.mediaType() != "application/json" {
		return false, refuse(ReasonAnswerMalformed, "introspection answered without a boolean active")
	}
	return active, nil
}

// refused names an answer that is no success.
func (p *Provider) refused(got *reply) *Error {
	if got.errorCode() != "" {
		return got.refusal()
	}
	return p.fetch.badStatus(got.answer)
}
