package devidp

import (
	"errors"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// grant is what one person allowed one application in one session: the family
// of all tokens that descend from one code. The store's mutex guards it.
type grant struct {
	client  string
	session *session
	scopes  []string
	current string               // the refresh token that is good, if any
	spent   map[string]time.Time // those before it, and when they were used
	ended   bool
}

func (g *grant) over() bool { return g.ended || g.session.ended }

// accessToken is the record of an access token, by its jti.
type accessToken struct {
	grant   *grant
	issued  time.Time
	expires time.Time
}

// tokens is what one call of the token endpoint is to hand out of a family.
type tokens struct {
	grant   *grant
	refresh string // empty if there is none
	nonce   string // of the authorization request; empty after a refresh
}

// redeem spends a code, once however many ask at the same time, and opens the
// family of tokens.
func (s *store) redeem(code string) (tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.codes[code]
	if !ok || a.session == nil {
		return tokens{}, errors.New("code is unknown or was used before")
	}
	s.forgetRequest(a.id)
	g := &grant{
		client:  a.asked.ClientID,
		session: a.session,
		scopes:  slices.Clone(a.asked.Scopes),
		spent:   map[string]time.Time{},
	}
	s.spentCodes[code] = g
	first := tokens{grant: g, nonce: a.asked.Nonce}
	c := s.clients[g.client]
	if !c.NoRefresh && (!c.OfflineAccess || slices.Contains(g.scopes, oidc.ScopeOfflineAccess)) {
		first.refresh = s.renewLocked(g)
	}
	return first, nil
}

// rotate spends a refresh token and returns its family with the next one.
// Within the grace a spent token is taken once more; after it, its use means
// that two hold it, and ends the family (RFC 9700 section 4.14.2).
func (s *store) rotate(token string) (tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refresh[token]
	if !ok || g.over() {
		return tokens{}, errors.New("refresh token is unknown or over")
	}
	if used, spent := g.spent[token]; spent && s.now().Sub(used) >= s.grace {
		g.ended = true
		return tokens{}, errors.New("refresh token was used before")
	}
	return tokens{grant: g, refresh: s.renewLocked(g)}, nil
}

// renewLocked moves the family on to its next refresh token.
func (s *store) renewLocked(g *grant) string {
	if g.current != "" {
		g.spent[g.current] = s.now()
	}
	g.current = randomToken()
	s.refresh[g.current] = g
	return g.current
}

// newAccess notes a new access token and returns its jti.
func (s *store) newAccess(g *grant, lifetime time.Duration) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	jti := randomUUID()
	now := s.now()
	s.access[jti] = &accessToken{grant: g, issued: now, expires: now.Add(lifetime)}
	return jti
}

// live finds the record of an access token that is still good.
func (s *store) live(jti string) (accessToken, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.access[jti]
	if !ok || t.grant.over() || !s.now().Before(t.expires) {
		return accessToken{}, false
	}
	return *t, true
}
