package devidp

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

const (
	// pushedLifetime is how long a pushed request waits, as at PingOne.
	pushedLifetime = 60 * time.Second
	requestURI     = "urn:ietf:params:oauth:request_uri:"
)

// pushed is an authorization request that came on the back channel.
type pushed struct {
	client string
	query  url.Values
	until  time.Time
}

// par is the pushed authorization request endpoint (RFC 9126): it takes the
// request of a client that proves who it is, and gives a name for it that is
// good once.
func (s *Server) par(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "the endpoint takes POST", http.StatusMethodNotAllowed)
		return
	}
	client, err := s.authenticate(r)
	if err != nil {
		op.RequestError(w, r, err, nil)
		return
	}
	query := url.Values{}
	for name, values := range r.PostForm {
		if !strings.HasPrefix(name, "client_assertion") && name != "client_secret" {
			query[name] = values
		}
	}
	switch {
	case query.Has("request_uri"):
		err = oidc.ErrInvalidRequest().WithDescription("request_uri cannot be pushed")
	case query.Get("client_id") != client.ID:
		err = oidc.ErrInvalidRequest().WithDescription("client_id is not the client's")
	case !contains(client.RedirectURIs, query.Get("redirect_uri")):
		err = oidc.ErrInvalidRequest().WithDescription("redirect_uri is not registered")
	}
	if err != nil {
		op.RequestError(w, r, err, nil)
		return
	}
	name := requestURI + randomToken()
	s.store.push(name, pushed{client.ID, query, s.now().Add(pushedLifetime)})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]any{"request_uri": name, "expires_in": int(pushedLifetime.Seconds())})
}

func contains(list []string, s string) bool {
	for _, member := range list {
		if member == s {
			return true
		}
	}
	return false
}

// unfold puts the pushed request in place of its name. A client that has to
// push gets nowhere without one.
func (s *Server) unfold(r *http.Request) error {
	q := r.URL.Query()
	client, _ := s.store.client(q.Get("client_id"))
	name := q.Get("request_uri")
	if name == "" {
		if client.RequirePAR || s.requirePAR {
			return errors.New("this application has to push its requests")
		}
		return nil
	}
	asked, ok := s.store.pull(name)
	if !ok || asked.client != q.Get("client_id") || !s.now().Before(asked.until) {
		return errors.New("the request_uri is unknown, was used before, is too old or is another application's")
	}
	r.URL.RawQuery = asked.query.Encode()
	return nil
}

// push keeps a request until it is asked for.
func (s *store) push(name string, p pushed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, p := range s.pushed {
		if !s.now().Before(p.until) {
			delete(s.pushed, name)
		}
	}
	if len(s.pushed) < maxRequests {
		s.pushed[name] = p
	}
}

// pull takes it out, once.
func (s *store) pull(name string) (pushed, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pushed[name]
	delete(s.pushed, name)
	return p, ok
}
