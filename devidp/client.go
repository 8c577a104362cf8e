package devidp

import (
	"net/url"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// registration is a Client as pkg/op wants to see it.
type registration struct {
	Client
	login string // address of the login page
}

func (c registration) GetID() string                        { return c.ID }
func (c registration) RedirectURIs() []string               { return c.Client.RedirectURIs }
func (c registration) PostLogoutRedirectURIs() []string     { return c.Client.PostLogoutRedirectURIs }
func (c registration) ApplicationType() op.ApplicationType  { return op.ApplicationTypeWeb }
func (c registration) ResponseTypes() []oidc.ResponseType   { return []oidc.ResponseType{"code"} }
func (c registration) AccessTokenType() op.AccessTokenType  { return op.AccessTokenTypeJWT }
func (c registration) LoginURL(id string) string            { return c.login + "?id=" + url.QueryEscape(id) }
func (c registration) DevMode() bool                        { return false }
func (c registration) IsScopeAllowed(string) bool           { return false } // besides the standard ones
func (c registration) IDTokenUserinfoClaimsAssertion() bool { return true }
func (c registration) IDTokenLifetime() time.Duration       { return 0 } // tokens are made here
func (c registration) ClockSkew() time.Duration             { return 0 }
func (c registration) GrantTypes() []oidc.GrantType {
	if c.NoRefresh {
		return []oidc.GrantType{oidc.GrantTypeCode}
	}
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
}

// AuthMethod tells pkg/op whether to ask for a secret. Which of the ways to
// send one is allowed is checked before, see authenticatedBy.
func (c registration) AuthMethod() oidc.AuthMethod {
	if c.Secret == "" {
		return oidc.AuthMethodNone
	}
	return oidc.AuthMethodBasic
}

func (c registration) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c registration) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}
