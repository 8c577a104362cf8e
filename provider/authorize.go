package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

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
	// Offline asks for a refresh token, as far as the provider wants to be
	// asked. Online is the second try, after invalid_scope: it leaves
	// offline_access out even if the configuration lists it.
	Offline, Online bool
}

// AuthorizationURL is where to send the browser (OpenID Connect Core section
// 3.1.2.1, RFC 7636). A query that the endpoint has already is kept (RFC 6749
// section 3.1). It may wait for discovery and push the request to the provider
// (RFC 9126), as long as ctx and 10 s allow; the error is then an *Error.
func (p *Provider) AuthorizationURL(ctx context.Context, r AuthRequest) (string, error) {
	if r.RedirectURI == "" || r.State == "" || r.Nonce == "" {
		return "", errors.New("authorization request without redirect URI, state or nonce")
	}
	at, _ := p.metadata.peek()
	if at.generation == 0 || p.pushes(at.value) { // otherwise nobody is waited for
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.timeout)
		defer cancel()
	}
	if at.generation == 0 {
		var err error
		if at, err = p.metadata.get(ctx); err != nil {
			return "", err
		}
	}
	if ask := at.value.asks.of(r); ask != "" && !p.pushes(at.value) {
		return p.finish(ask, at.value, r)
	}
	q, err := p.request(at.value, r)
	if err != nil {
		return "", err
	}
	if p.pushes(at.value) {
		pushed, failure := p.push(ctx, at.value, q)
		if failure != nil {
			return "", failure.about("push authorization request")
		}
		q = pushed
	}
	return authorizationAddress(at.value, q)
}

// authorizationAddress is the endpoint with a request in its query.
func authorizationAddress(m *metadata, q url.Values) (string, error) {
	if !strings.ContainsAny(m.authorization, "?#") { // as nearly all are
		return m.authorization + "?" + q.Encode(), nil
	}
	u, err := url.Parse(m.authorization)
	if err != nil {
		return "", fmt.Errorf("authorization endpoint: %w", err)
	}
	all := u.Query()
	for _, name := range reservedParams {
		all.Del(name)
	}
	for name, values := range q {
		all[name] = values
	}
	u.RawQuery = all.Encode()
	return u.String(), nil
}

// request is what the authorization request asks, wherever it is sent.
func (p *Provider) request(m *metadata, r AuthRequest) (url.Values, error) {
	challenge, err := p.challenge(m, r)
	if err != nil {
		return nil, err
	}
	q := p.standing(m, r)
	q.Set("redirect_uri", r.RedirectURI)
	q.Set("state", r.State)
	q.Set("nonce", r.Nonce)
	if challenge != "" {
		q.Set("code_challenge", challenge)
		q.Set("code_challenge_method", "S256")
	}
	return q, nil
}

// standing is the part of a request that all of its kind have.
func (p *Provider) standing(m *metadata, r AuthRequest) url.Values {
	q := url.Values{}
	for name, value := range p.o.AuthorizationParams {
		q.Set(name, value)
	}
	for name, values := range r.Extra {
		q[name] = values
	}
	if age, asked, _ := p.o.maxAge(); asked { // the smaller counts
		if extra, err := strconv.ParseInt(r.Extra.Get("max_age"), 10, 64); err == nil && time.Duration(extra)*time.Second > age {
			q.Set("max_age", p.o.AuthorizationParams["max_age"])
		}
	}
	// The protocol's own come last: nothing above may replace them.
	for _, name := range reservedParams {
		q.Del(name)
	}
	q.Set("response_type", "code")
	q.Set("client_id", p.o.ClientID)
	q.Set("scope", strings.Join(p.scopes(m, r), " "))
	if p.o.ResponseMode != "query" { // which is what a code comes by anyway
		q.Set("response_mode", p.o.ResponseMode)
	}
	return q
}

// challenge is PKCE's, empty where it is not used.
func (p *Provider) challenge(m *metadata, r AuthRequest) (string, error) {
	switch {
	case !p.challenges(m):
		return "", nil
	case len(r.Verifier) < 43 || len(r.Verifier) > 128:
		return "", errors.New("authorization request without a PKCE verifier of 43 to 128 characters")
	}
	return oauth2.S256ChallengeFromVerifier(r.Verifier), nil
}

// challenges tells whether PKCE is used; never with the method plain, which
// protects nothing against those who read the request.
func (p *Provider) challenges(m *metadata) bool {
	return p.o.PKCE == "required" || p.o.PKCE == "auto" && m.s256
}
