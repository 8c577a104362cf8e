package provider

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Introspect asks the provider about an access token that somebody brought us
// (RFC 7662 section 2), as the client that the configuration has there. The
// answer has to name one of the audiences. Errors are *Error with a
// ReasonBearer… unless it is the provider that could not answer: every other
// one says that nothing is known about the token.
func (p *Provider) Introspect(ctx context.Context, token string, audiences []string) (*AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	at, err := p.metadata.get(ctx)
	if err != nil {
		return nil, err
	}
	endpoint := at.value.signOut.introspection
	if endpoint == "" {
		return nil, unavailable(refuse(ReasonDiscoveryEndpoint, "the provider names no introspection_endpoint; set endpoints.introspection"))
	}
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	got, failure := p.call(ctx, at.value, endpoint, form, token)
	if failure == nil && got.status != http.StatusOK {
		failure = p.refused(got)
	}
	if failure != nil {
		return nil, unavailable(failure).about("introspect")
	}
	active, isBool := got.object["active"].(bool)
	switch {
	case !isBool || got.mediaType() != "application/json":
		return nil, unavailable(refuse(ReasonAnswerMalformed, "introspection answered without a boolean active"))
	case !active:
		return nil, refuse(ReasonBearerInactive, "the provider says that it is not active")
	}
	return p.introspected(got.object, audiences)
}

func (p *Provider) introspected(claims identity.Claims, audiences []string) (*AccessToken, error) {
	found := &AccessToken{Issuer: p.o.Issuer, Claims: claims}
	if iss, present := claims["iss"]; present {
		if s, _ := iss.(string); p.sourceOf(s) == nil {
			return nil, refuse(ReasonBearerIssuer, "the provider speaks of a token of %q", brief(printable(iss)))
		}
		found.Issuer = iss.(string)
	}
	if failure := found.check(audiences, p.o.Now(), p.o.ClockSkew); failure != nil {
		return nil, failure
	}
	return found, nil
}
