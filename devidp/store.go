package devidp

import (
	"slices"
	"sync"
	"time"
)

// store is the provider's memory, and the storage that pkg/op asks (storage.go,
// auth_request.go). Nothing outlives the process.
type store struct {
	now         func() time.Time
	keys        *keyRing
	issuer      string
	environment string // the issuer's first path segment
	grace       time.Duration

	mu         sync.Mutex // guards all below
	clients    map[string]Client
	users      []User
	requests   map[string]*authRequest // by id
	codes      map[string]*authRequest // by code
	spentCodes map[string]*grant
	sessions   map[string]*session // by cookie
	refresh    map[string]*grant   // by refresh token, the current and the spent ones
	access     map[string]*accessToken
	pushed     map[string]pushed    // by request_uri
	assertions map[string]time.Time // the jti of client assertions, and until when
}

func newStore(o Options, keys *keyRing) *store {
	s := &store{
		now:         o.Now,
		keys:        keys,
		issuer:      o.Issuer,
		environment: o.environment(),
		grace:       o.RefreshGrace,
		clients:     map[string]Client{},
		requests:    map[string]*authRequest{},
		codes:       map[string]*authRequest{},
		spentCodes:  map[string]*grant{},
		sessions:    map[string]*session{},
		refresh:     map[string]*grant{},
		access:      map[string]*accessToken{},
		pushed:      map[string]pushed{},
		assertions:  map[string]time.Time{},
	}
	for _, c := range o.Clients {
		s.clients[c.ID] = c
	}
	s.users = slices.Clone(o.Users)
	return s
}

func (s *store) client(id string) (Client, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clients[id]
	return c, ok
}

// setClient registers or replaces a client.
func (s *store) setClient(c Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[c.ID] = c
}

// setUser adds a user, or replaces the one with the same subject.
func (s *store) setUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.users {
		if s.users[i].Subject == u.Subject {
			s.users[i] = u
			return
		}
	}
	s.users = append(s.users, u)
}

func (s *store) removeUser(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = slices.DeleteFunc(s.users, func(u User) bool { return u.Username == username })
}

// everyone is the list of users, in the order in which they were given.
func (s *store) everyone() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

func (s *store) userBySubject(subject string) (User, bool) {
	return s.user(func(u User) bool { return u.Subject == subject })
}

func (s *store) userByName(username string) (User, bool) {
	return s.user(func(u User) bool { return u.Username == username })
}

func (s *store) user(is func(User) bool) (User, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if is(u) {
			return u, true
		}
	}
	return User{}, false
}

// prune forgets what is over, so that a long demonstration stays small. The
// mutex is held.
func (s *store) prune() {
	now := s.now()
	for id, a := range s.requests {
		if now.Sub(a.since) > requestLifetime {
			s.forgetRequest(id)
		}
	}
	for cookie, a := range s.sessions {
		if now.Sub(a.authTime) > sessionLifetime {
			a.ended = true
			delete(s.sessions, cookie)
		}
	}
	for jti, t := range s.access {
		if t.grant.over() || !now.Before(t.expires) {
			delete(s.access, jti)
		}
	}
	for code, g := range s.spentCodes {
		if g.over() {
			delete(s.spentCodes, code)
		}
	}
	for token, g := range s.refresh {
		if g.over() {
			delete(s.refresh, token)
		}
	}
}
