package devidp

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// errElsewhere answers what pkg/op can ask a storage but this provider does
// not do, or does itself (tokens in token.go, sign-off in sign_off.go).
var errElsewhere = errors.New("not done by the storage")

var _ op.Storage = (*store)(nil)

func (s *store) Health(context.Context) error { return nil }

func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clients[id]
	if !ok {
		return nil, oidc.ErrInvalidClient().WithDescription("unknown client")
	}
	return registration{Client: c, login: s.issuer + "/login"}, nil
}

func (s *store) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clients[id]
	if !ok || c.Secret == "" || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 {
		return errors.New("unknown client or wrong secret")
	}
	return nil
}

// TokenRequestByRefreshToken looks a refresh token up without spending it, be
// it spent already or not: that is decided once the client is known.
func (s *store) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refresh[token]
	if !ok || g.over() {
		return nil, op.ErrInvalidRefreshToken
	}
	return &refreshRequest{client: g.client, scopes: g.scopes, session: g.session}, nil
}

// RevokeToken ends the family of a refresh token, or one access token alone.
// What is unknown or another client's is no error (RFC 7009 section 2.2).
func (s *store) RevokeToken(_ context.Context, token, _, clientID string) *oidc.Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.refresh[token]; ok && g.client == clientID {
		g.ended = true
	}
	if t, ok := s.access[token]; ok && t.grant.client == clientID {
		delete(s.access, token)
	}
	return nil
}

func (s *store) GetRefreshTokenInfo(_ context.Context, clientID, token string) (userID, tokenID string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refresh[token]
	if !ok || g.client != clientID {
		return "", "", op.ErrInvalidRefreshToken
	}
	return g.session.subject, token, nil
}

// SetUserinfoFromToken fills the answer of the userinfo endpoint.
func (s *store) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, jti, subject, _ string) error {
	t, ok := s.live(jti)
	u, known := s.userBySubject(subject)
	if !ok || !known {
		return errors.New("access token is over")
	}
	info.Subject = subject
	for name, value := range s.userClaims(u, t.grant.scopes) {
		info.AppendClaims(name, value)
	}
	return nil
}

// SetIntrospectionFromToken fills the answer about an access token that is good
// (RFC 7662 section 2.2); an error makes it {"active":false}.
func (s *store) SetIntrospectionFromToken(_ context.Context, answer *oidc.IntrospectionResponse, jti, subject, clientID string) error {
	t, ok := s.live(jti)
	u, known := s.userBySubject(subject)
	if !ok || !known || t.grant.client != clientID {
		return errors.New("access token is over or another client's")
	}
	answer.Scope = t.grant.scopes
	answer.ClientID = t.grant.client
	answer.TokenType = oidc.BearerToken
	answer.Expiration = oidc.FromTime(t.expires)
	answer.IssuedAt = oidc.FromTime(t.issued)
	answer.Subject = subject
	answer.Username = u.Username
	answer.Audience = oidc.Audience{apiAudience}
	answer.Issuer = s.issuer
	answer.JWTID = jti
	answer.Claims = map[string]any{"sid": t.grant.session.sid}
	return nil
}

func (s *store) SigningKey(context.Context) (op.SigningKey, error) { return s.keys.signing(), nil }
func (s *store) KeySet(context.Context) ([]op.Key, error)          { return s.keys.public(), nil }
func (s *store) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (s *store) CreateAccessToken(context.Context, op.TokenRequest) (string, time.Time, error) {
	return "", time.Time{}, errElsewhere
}

func (s *store) CreateAccessAndRefreshTokens(context.Context, op.TokenRequest, string) (string, string, time.Time, error) {
	return "", "", time.Time{}, errElsewhere
}

func (s *store) TerminateSession(context.Context, string, string) error { return errElsewhere }

func (s *store) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return errElsewhere
}

func (s *store) GetPrivateClaimsFromScopes(context.Context, string, string, []string) (map[string]any, error) {
	return nil, errElsewhere
}

func (s *store) GetKeyByIDAndClientID(context.Context, string, string) (*jose.JSONWebKey, error) {
	return nil, errElsewhere
}

func (s *store) ValidateJWTProfileScopes(context.Context, string, []string) ([]string, error) {
	return nil, errElsewhere
}
