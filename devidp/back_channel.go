package devidp

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// logoutTokenLifetime is what OpenID Connect Back-Channel Logout suggests.
	logoutTokenLifetime = 2 * time.Minute
	backChannelTimeout  = 5 * time.Second
	logoutEvent         = "http://schemas.openid.net/event/backchannel-logout"
)

// LogoutToken is one for a client about the user's latest live session here.
// edit, if not nil, changes the claims before they are signed. It is empty for
// somebody who has no session.
func (s *Server) LogoutToken(clientID, username string, edit func(claims map[string]any)) string {
	u, ok := s.store.userByName(username)
	if !ok {
		return ""
	}
	latest := s.store.latestSession(u.Subject)
	if latest == nil {
		return ""
	}
	claims := s.logoutClaims(clientID, latest)
	if edit != nil {
		edit(claims)
	}
	return s.keys.signLogout(claims)
}

func (s *Server) logoutClaims(clientID string, a *session) map[string]any {
	now := s.now()
	return map[string]any{
		"iss": s.issuer, "aud": clientID, "sub": a.subject, "sid": a.sid, "jti": randomUUID(),
		"iat": now.Unix(), "exp": now.Add(logoutTokenLifetime).Unix(),
		"events": map[string]any{logoutEvent: map[string]any{}},
	}
}

// tellClients sends a logout token about each session to every client that
// registered an address for it, as a provider does in its own time.
func (s *Server) tellClients(ended []*session) {
	for _, c := range s.store.clientList() {
		if c.BackChannelLogoutURI == "" {
			continue
		}
		for _, a := range ended {
			token := s.keys.signLogout(s.logoutClaims(c.ID, a))
			go postLogout(c.BackChannelLogoutURI, token)
		}
	}
}

func postLogout(address, token string) {
	ctx, cancel := context.WithTimeout(context.Background(), backChannelTimeout)
	defer cancel()
	body := url.Values{"logout_token": {token}}.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if resp, err := http.DefaultClient.Do(r); err == nil {
		resp.Body.Close()
	}
}

// signLogout makes a compact JWT of the type logout+jwt with the current key.
func (k *keyRing) signLogout(claims map[string]any) string {
	key := k.signing()
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key.private, KeyID: key.id}},
		(&jose.SignerOptions{}).WithType("logout+jwt"),
	)
	if err != nil {
		panic(err) // an RSA key of ours always signs
	}
	var payload bytes.Buffer
	if err := json.NewEncoder(&payload).Encode(claims); err != nil {
		panic(err) // strings, numbers and objects always marshal
	}
	signed, err := signer.Sign(payload.Bytes())
	if err != nil {
		panic(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		panic(err)
	}
	return token
}

// latestSession is the user's newest live session, or nil.
func (s *store) latestSession(subject string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var latest *session
	for _, a := range s.sessions {
		if a.subject == subject && !a.ended && (latest == nil || a.authTime.After(latest.authTime)) {
			latest = a
		}
	}
	return latest
}

func (s *store) clientList() []Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Client
	for _, c := range s.clients {
		list = append(list, c)
	}
	return list
}
