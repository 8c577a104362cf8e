package devidp

import (
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// apiAudience is whom PingOne's access tokens are for.
const apiAudience = "https://api.pingone.eu"

// userClaims are what ID tokens and userinfo say about a person, by scope.
// Groups and further attributes are mapped by the application, whatever the
// scope. There is no email_verified, as PingOne sends none.
func (s *store) userClaims(u User, scopes []string) map[string]any {
	claims := maps.Clone(u.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	set := func(name, value string) {
		if value != "" {
			claims[name] = value
		}
	}
	if slices.Contains(scopes, oidc.ScopeProfile) {
		set("preferred_username", u.Username)
		set("given_name", u.GivenName)
		set("family_name", u.FamilyName)
		set("name", u.Name())
	}
	if slices.Contains(scopes, oidc.ScopeEmail) {
		set("email", u.Email)
	}
	if len(u.Groups) > 0 {
		claims["groups"] = u.Groups
	}
	claims["env"] = s.environment
	claims["org"] = organizationID
	claims["p1.region"] = region
	return claims
}

// sessionClaims are common to ID and access tokens.
func sessionClaims(issuer string, a *session, now time.Time, lifetime time.Duration) map[string]any {
	return map[string]any{
		"iss":       issuer,
		"sub":       a.subject,
		"sid":       a.sid,
		"acr":       a.policy.acr,
		"amr":       a.policy.amr,
		"auth_time": a.authTime.Unix(),
		"iat":       now.Unix(),
		"exp":       now.Add(lifetime).Unix(),
	}
}

// accessClaims are those of an access token: a JWT, as PingOne's are today.
func (s *Server) accessClaims(g *grant, jti string) map[string]any {
	claims := sessionClaims(s.issuer, g.session, s.now(), s.lifetime)
	claims["jti"] = jti
	claims["client_id"] = g.client
	claims["aud"] = []string{apiAudience}
	claims["scope"] = oidc.SpaceDelimitedArray(g.scopes).String()
	claims["env"] = s.store.environment
	claims["org"] = organizationID
	return claims
}

// idClaims are those of an ID token. The audience is a plain string and there
// is no azp, as at PingOne. The nonce is empty after a refresh, which sends
// none (OpenID Connect Core 12.2).
func (s *Server) idClaims(g *grant, u User, nonce, accessToken string) (map[string]any, error) {
	atHash, err := oidc.ClaimHash(accessToken, jose.RS256)
	if err != nil {
		return nil, err
	}
	claims := s.store.userClaims(u, g.scopes)
	maps.Copy(claims, sessionClaims(s.issuer, g.session, s.now(), s.lifetime))
	claims["aud"] = g.client
	claims["at_hash"] = atHash
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return claims, nil
}
