package devidp

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// jwtBearer is the one type of assertion (RFC 7523 section 2.2).
const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// authenticate finds out which client calls and that it is the one, by any of
// the ways that PingOne knows. A form's assertion is exchanged for the id that
// it proves, since pkg/op asks for secrets only.
func (s *Server) authenticate(r *http.Request) (Client, error) {
	if err := r.ParseForm(); err != nil {
		return Client{}, oidc.ErrInvalidRequest().WithParent(err)
	}
	if r.PostForm.Get("client_assertion") != "" {
		return s.asserted(r)
	}
	id, secret, basic := r.BasicAuth()
	if basic {
		id, secret = unescaped(id), unescaped(secret)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	c, ok := s.store.client(id)
	if !ok || subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) != 1 || c.Key != nil && c.Secret == "" {
		return Client{}, oidc.ErrInvalidClient().WithDescription("unknown client or wrong secret")
	}
	return c, s.authenticatedBy(r)
}

func unescaped(s string) string {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return plain
}

// asserted verifies client_secret_jwt and private_key_jwt.
func (s *Server) asserted(r *http.Request) (Client, error) {
	refuse := func(why string) (Client, error) {
		return Client{}, oidc.ErrInvalidClient().WithDescription("client assertion: %s", why)
	}
	if r.PostForm.Get("client_assertion_type") != jwtBearer {
		return refuse("unknown type")
	}
	if _, _, basic := r.BasicAuth(); basic || r.PostForm.Has("client_secret") {
		return refuse("a secret came along")
	}
	jws, err := jose.ParseSignedCompact(r.PostForm.Get("client_assertion"), []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.HS256})
	if err != nil {
		return refuse("no JWT")
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		ID       string `json:"jti"`
		Expires  int64  `json:"exp"`
		Issued   int64  `json:"iat"`
	}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &claims); err != nil {
		return refuse("no JSON")
	}
	c, ok := s.store.client(claims.Subject)
	if !ok || claims.Issuer != claims.Subject {
		return refuse("unknown client")
	}
	var key any = []byte(c.Secret)
	way := "client_secret_jwt"
	if jws.Signatures[0].Header.Algorithm != string(jose.HS256) {
		key, way = c.Key, "private_key_jwt"
	}
	if c.Auth != "" && c.Auth != way || way == "client_secret_jwt" && c.Secret == "" || way == "private_key_jwt" && c.Key == nil {
		return refuse("this application does not authenticate by " + way)
	}
	if _, err := jws.Verify(key); err != nil {
		return refuse("bad signature")
	}
	now := s.now()
	switch {
	case claims.Audience != s.issuer:
		return refuse("aud is not the issuer")
	case !now.Before(time.Unix(claims.Expires, 0)), time.Unix(claims.Expires, 0).Sub(now) > time.Hour:
		return refuse("expired, or good for more than an hour")
	case claims.ID == "" || !s.store.first(claims.ID, time.Unix(claims.Expires, 0)):
		return refuse("jti is missing or was used before")
	}
	for _, name := range []string{"client_assertion", "client_assertion_type"} {
		r.PostForm.Del(name)
		r.Form.Del(name)
	}
	if c.Secret != "" {
		r.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	r.PostForm.Set("client_id", c.ID)
	r.Form.Set("client_id", c.ID)
	return c, nil
}

// first reports whether an assertion's jti has not been seen.
func (s *store) first(jti string, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, end := range s.assertions {
		if !s.now().Before(end) {
			delete(s.assertions, old)
		}
	}
	if _, seen := s.assertions[jti]; seen {
		return false
	}
	s.assertions[jti] = until
	return true
}
