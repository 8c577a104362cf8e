package devidp

// This file is how a test or a demonstration steers a running provider. All of
// it is safe while requests are being served.

// Fault orders a fault of an endpoint, in place of one ordered before.
func (s *Server) Fault(e Endpoint, f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.orders[e] = f
}

// Heal takes back every fault, SetDown and EditIDToken.
func (s *Server) Heal() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	clear(s.faults.orders)
	s.faults.down = false
	s.faults.edit = nil
}

// SetDown makes every connection end without an answer.
func (s *Server) SetDown(down bool) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.down = down
}

// EditIDToken lets edit change the claims of every ID token before it is
// signed, for example to withhold the nonce. It may be called by several
// requests at once. Nil ends it.
func (s *Server) EditIDToken(edit func(claims map[string]any)) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.edit = edit
}

func (s *Server) idTokenEditor() func(map[string]any) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.edit
}

// Count is how many requests an endpoint has had, answered or not.
func (s *Server) Count(e Endpoint) int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.counts[e]
}

// RotateKeys signs with a new key from now on. The keys before it stay
// published until RetireKeys.
func (s *Server) RotateKeys() { s.keys.rotate() }

// RetireKeys withdraws every key but the one that signs.
func (s *Server) RetireKeys() { s.keys.retire() }

// AutoLogin answers every sign-in for the user of that name, without showing
// the picker; "" shows it again. A name that is nobody's does the same.
func (s *Server) AutoLogin(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.autoLogin = username
}

// SetClient registers a client, or replaces the one with its id.
func (s *Server) SetClient(c Client) error {
	if err := c.check(); err != nil {
		return err
	}
	s.store.setClient(c)
	return nil
}

// SetUser adds a user, or replaces the one with the same subject. Tokens in the
// world keep what they say; userinfo and the next refresh say the new.
func (s *Server) SetUser(u User) { s.store.setUser(u) }

// RemoveUser takes a user away: no sign-in, no refresh, no userinfo any more.
func (s *Server) RemoveUser(username string) { s.store.removeUser(username) }

// EndSessions ends a user's sessions at the provider, as an administrator's
// click would, and with them refresh and access tokens. It says how many.
func (s *Server) EndSessions(username string) int {
	u, ok := s.store.userByName(username)
	if !ok {
		return 0
	}
	ended := s.store.endSessions(func(a *session) bool { return a.subject == u.Subject })
	s.tellClients(ended)
	return len(ended)
}
