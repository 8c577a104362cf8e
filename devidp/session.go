package devidp

import (
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// sessionLifetime is how long the provider remembers who signed in here.
const sessionLifetime = 12 * time.Hour

// session is one sign-in at the provider, the browser's memory of which is a
// cookie. Refresh and access tokens die with it, as PingOne's do. All but ended
// is fixed at the start; ended is guarded by the store's mutex.
type session struct {
	cookie   string // the secret
	sid      string // the public name, the sid claim
	subject  string
	policy   signOnPolicy
	authTime time.Time
	ended    bool
}

// signOnPolicy is how somebody authenticated. PingOne's acr is the name of the
// sign-on policy, and acr_values choose one by name.
type signOnPolicy struct {
	acr string
	amr []string
}

// signOnPolicies are those of a new PingOne environment; the first is the
// default. Names that are not here are ignored, as an unknown acr_values is.
func signOnPolicies() []signOnPolicy {
	return []signOnPolicy{
		{acr: "Single_Factor", amr: []string{"pwd"}},
		{acr: "Multi_Factor", amr: []string{"pwd", "otp", "mfa"}},
	}
}

// wanted is the first policy that the request names, or the default.
func wanted(asked oidc.AuthRequest) signOnPolicy {
	policies := signOnPolicies()
	for _, acr := range asked.ACRValues {
		for _, p := range policies {
			if p.acr == acr {
				return p
			}
		}
	}
	return policies[0]
}

// satisfies says whether the session answers the request without the person
// doing anything (OpenID Connect Core 3.1.2.1: prompt, max_age, acr_values).
func (a *session) satisfies(asked oidc.AuthRequest, now time.Time) bool {
	if slices.Contains(asked.Prompt, oidc.PromptLogin) || slices.Contains(asked.Prompt, oidc.PromptSelectAccount) {
		return false
	}
	if asked.MaxAge != nil && now.Sub(a.authTime) > time.Duration(*asked.MaxAge)*time.Second {
		return false
	}
	return len(asked.ACRValues) == 0 || slices.Contains(asked.ACRValues, a.policy.acr)
}

// signIn starts a session of the user for what the request asks.
func (s *store) signIn(subject string, asked oidc.AuthRequest) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &session{
		cookie:   randomToken(),
		sid:      randomUUID(),
		subject:  subject,
		policy:   wanted(asked),
		authTime: s.now(),
	}
	s.sessions[a.cookie] = a
	return a
}

// session finds the live session of a cookie's value, or nil.
func (s *store) session(cookie string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.sessions[cookie]
	if a == nil || a.ended || s.now().Sub(a.authTime) > sessionLifetime {
		return nil
	}
	return a
}

// endSessions ends those that match and returns them.
func (s *store) endSessions(match func(*session) bool) []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended []*session
	for cookie, a := range s.sessions {
		if !a.ended && match(a) {
			a.ended = true
			delete(s.sessions, cookie)
			ended = append(ended, a)
		}
	}
	return ended
}
