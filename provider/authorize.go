package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// AuthRequest is one sign-in's part of an authorization request.
type AuthRequest struct {
	// RedirectURI is where the provider sends the browser back to.
	RedirectURI string
	// State, Nonce and Verifier are fresh secrets of this attempt, bound to
	// the browser that begins it. Verifier is PKCE's, 43 to 128 characters.
	State, Nonce, Verifier string
	// Extra are further parameters, over those of the configuration:
	// login_hint, or acr_values and max_age of a step-up.
	Extra url.Values
}

// AuthorizationURL is where to send the browser (OpenID Connect Core section
// 3.1.2.1, RFC 7636). A query that the endpoint has already is kept (RFC 6749
// section 3.1). It may wait for discovery, as long as ctx and 10 s allow; the
// error is then an *Error.
func (p *Provider) AuthorizationURL(ctx context.Context, r AuthRequest) (string, error) {
	if r.RedirectURI == "" || r.State == "" || r.Nonce == "" {
		return "", errors.New("authorization request without redirect URI, state or nonce")
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	at, err := p.metadata.get(ctx)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(at.value.authorization)
	if err != nil {
		return "", fmt.Errorf("authorization endpoint: %w", err)
	}
	q := u.Query()
	for name, value := range p.o.AuthorizationParams {
		q.Set(name, value)
	}
	for name, values := range r.Extra {
		q[name] = values
	}
	// The protocol's own come last: nothing above may replace them.
	for _, name := range reservedParams {
		q.Del(name)
	}
	q.Set("response_type", "code")
	q.Set("client_id", p.o.ClientID)
	q.Set("redirect_uri", r.RedirectURI)
	q.Set("scope", strings.Join(p.o.Scopes, " "))
	q.Set("state", r.State)
	q.Set("nonce", r.Nonce)
	if p.challenges(at.value) {
		if len(r.Verifier) < 43 || len(r.Verifier) > 128 {
			return "", errors.New("authorization request without a PKCE verifier of 43 to 128 characters")
		}
		q.Set("code_challenge", oauth2.S256ChallengeFromVerifier(r.Verifier))
		q.Set("code_challenge_method", "S256")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// challenges tells whether PKCE is used; never with the method plain, which
// protects nothing against those who read the request.
func (p *Provider) challenges(m *metadata) bool {
	return p.o.PKCE == "required" || p.o.PKCE == "auto" && m.s256
}
