package devidp

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// requestLifetime is how long somebody may look at the picker, and how long the
// code is good for afterwards.
const requestLifetime = 10 * time.Minute

// maxRequests bounds what callers without a session can make the provider hold.
const maxRequests = 10_000

// authRequest is an authorization request between its arrival and the exchange
// of its code. The store's copy is guarded by the store's mutex; others get
// copies.
type authRequest struct {
	id      string
	asked   oidc.AuthRequest
	since   time.Time // of the latest step
	code    string
	session *session // who it was answered for; nil until then
}

func (a *authRequest) GetID() string                      { return a.id }
func (a *authRequest) GetAudience() []string              { return []string{a.asked.ClientID} }
func (a *authRequest) GetClientID() string                { return a.asked.ClientID }
func (a *authRequest) GetNonce() string                   { return a.asked.Nonce }
func (a *authRequest) GetRedirectURI() string             { return a.asked.RedirectURI }
func (a *authRequest) GetResponseType() oidc.ResponseType { return a.asked.ResponseType }
func (a *authRequest) GetResponseMode() oidc.ResponseMode { return a.asked.ResponseMode }
func (a *authRequest) GetScopes() []string                { return a.asked.Scopes }
func (a *authRequest) GetState() string                   { return a.asked.State }
func (a *authRequest) Done() bool                         { return a.session != nil }

func (a *authRequest) GetCodeChallenge() *oidc.CodeChallenge {
	if a.asked.CodeChallenge == "" {
		return nil
	}
	return &oidc.CodeChallenge{Challenge: a.asked.CodeChallenge, Method: a.asked.CodeChallengeMethod}
}

func (a *authRequest) GetSubject() string {
	if a.session == nil {
		return ""
	}
	return a.session.subject
}

func (a *authRequest) GetAuthTime() time.Time {
	if a.session == nil {
		return time.Time{}
	}
	return a.session.authTime
}

func (a *authRequest) GetACR() string {
	if a.session == nil {
		return ""
	}
	return a.session.policy.acr
}

func (a *authRequest) GetAMR() []string {
	if a.session == nil {
		return nil
	}
	return a.session.policy.amr
}

// CreateAuthRequest is reached once pkg/op found client, redirect URI and scope
// in order.
func (s *store) CreateAuthRequest(_ context.Context, asked *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[asked.ClientID].RequirePKCE && (asked.CodeChallenge == "" || asked.CodeChallengeMethod != oidc.CodeChallengeMethodS256) {
		return nil, oidc.ErrInvalidRequest().WithDescription("this application requires PKCE with S256")
	}
	if !slices.Contains(asked.Scopes, oidc.ScopeOpenID) {
		return nil, oidc.ErrInvalidScope().WithDescription("the openid scope is missing")
	}
	s.prune()
	if len(s.requests) >= maxRequests {
		return nil, oidc.ErrServerError().WithDescription("too many sign-ins at once")
	}
	a := &authRequest{id: randomToken(), asked: *asked, since: s.now()}
	s.requests[a.id] = a
	return a.copy(), nil
}

// AuthRequestByID finds a request that is still waiting for its end.
func (s *store) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	a, err := s.request(id)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func (s *store) request(id string) (*authRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.requests[id]
	if !ok || s.now().Sub(a.since) > requestLifetime {
		return nil, errors.New("sign-in is unknown, finished or too old")
	}
	return a.copy(), nil
}

// finish answers the request for the session's owner.
func (s *store) finish(id string, session *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.requests[id]; ok {
		a.session, a.since = session, s.now()
	}
}

// SaveAuthCode notes the code that pkg/op made for the request. A request gets
// one code: its id is as good as a code until then and worthless afterwards.
func (s *store) SaveAuthCode(_ context.Context, id, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.requests[id]
	if !ok || a.code != "" {
		return errors.New("sign-in is finished")
	}
	a.code = code
	s.codes[code] = a
	return nil
}

// AuthRequestByCode looks at a code without spending it: pkg/op asks before it
// has checked anything else. A code that comes back after it was spent ends
// what it was spent on (RFC 6749 section 4.1.2).
func (s *store) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, spent := s.spentCodes[code]; spent {
		g.ended = true
		return nil, errors.New("code was used before")
	}
	a, ok := s.codes[code]
	if !ok || s.now().Sub(a.since) > requestLifetime {
		return nil, errors.New("code is unknown or too old")
	}
	return a.copy(), nil
}

// DeleteAuthRequest forgets a request.
func (s *store) DeleteAuthRequest(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetRequest(id)
	return nil
}

func (s *store) forgetRequest(id string) {
	if a, ok := s.requests[id]; ok {
		delete(s.codes, a.code)
		delete(s.requests, id)
	}
}

func (a *authRequest) copy() *authRequest {
	c := *a
	return &c
}
