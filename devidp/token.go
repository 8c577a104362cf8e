package devidp

import (
	"net/http"
	"slices"
	"time"

	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// token is the token endpoint. pkg/op checks the request; the answer is made
// here because PingOne's tokens differ from op's in shape (claims.go).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "the token endpoint takes POST", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	var answer *oidc.AccessTokenResponse
	var err error
	if r.PostFormValue("client_assertion") != "" {
		_, err = s.asserted(r)
	} else {
		err = s.authenticatedBy(r)
	}
	if err == nil {
		switch r.PostFormValue("grant_type") {
		case string(oidc.GrantTypeCode):
			answer, err = s.exchangeCode(r)
		case string(oidc.GrantTypeRefreshToken):
			answer, err = s.exchangeRefreshToken(r)
		default:
			err = oidc.ErrUnsupportedGrantType()
		}
	}
	if err != nil {
		op.RequestError(w, r, err, nil)
		return
	}
	httphelper.MarshalJSON(w, answer)
}

// authenticatedBy refuses a client that authenticates in another way than its
// registration says: PingOne knows one way per application, and pkg/op takes
// the secret however it comes.
func (s *Server) authenticatedBy(r *http.Request) error {
	id, _, basic := r.BasicAuth()
	way := "client_secret_basic"
	if !basic {
		id = r.PostFormValue("client_id")
		way = "client_secret_post"
		if r.PostFormValue("client_secret") == "" {
			way = "none"
		}
	}
	c, ok := s.store.client(id)
	if ok && c.Auth != "" && c.Auth != way {
		return oidc.ErrInvalidClient().WithDescription("this application authenticates by %s", c.Auth)
	}
	return nil
}

func (s *Server) exchangeCode(r *http.Request) (*oidc.AccessTokenResponse, error) {
	asked, err := op.ParseAccessTokenRequest(r, s.op.Decoder())
	if err != nil {
		return nil, err
	}
	if _, _, err := op.ValidateAccessTokenRequest(r.Context(), asked, s.op); err != nil {
		return nil, err
	}
	first, err := s.store.redeem(asked.Code)
	if err != nil {
		return nil, oidc.ErrInvalidGrant().WithParent(err)
	}
	return s.issue(first)
}

func (s *Server) exchangeRefreshToken(r *http.Request) (*oidc.AccessTokenResponse, error) {
	asked, err := op.ParseRefreshTokenRequest(r, s.op.Decoder())
	if err != nil {
		return nil, err
	}
	if _, _, err := op.ValidateRefreshTokenRequest(r.Context(), asked, s.op); err != nil {
		return nil, err
	}
	next, err := s.store.rotate(asked.RefreshToken)
	if err != nil {
		return nil, oidc.ErrInvalidGrant().WithParent(err)
	}
	return s.issue(next)
}

// issue makes the tokens of a family as they are now: changed users count from
// the next refresh, removed ones get no more.
func (s *Server) issue(t tokens) (*oidc.AccessTokenResponse, error) {
	g := t.grant
	u, ok := s.store.userBySubject(g.session.subject)
	if !ok {
		return nil, oidc.ErrInvalidGrant().WithDescription("the user is gone")
	}
	access, err := s.keys.sign(s.accessClaims(g, s.store.newAccess(g, s.lifetime)))
	if err != nil {
		return nil, err
	}
	claims, err := s.idClaims(g, u, t.nonce, access)
	if err != nil {
		return nil, err
	}
	if edit := s.idTokenEditor(); edit != nil {
		edit(claims)
	}
	id, err := s.keys.sign(claims)
	if err != nil {
		return nil, err
	}
	return &oidc.AccessTokenResponse{
		AccessToken:  access,
		TokenType:    oidc.BearerToken,
		RefreshToken: t.refresh,
		ExpiresIn:    uint64(s.lifetime / time.Second),
		IDToken:      id,
		Scope:        slices.Clone(g.scopes),
	}, nil
}

// refreshRequest is what pkg/op checks a refresh against.
type refreshRequest struct {
	client  string
	scopes  []string
	session *session
}

func (r *refreshRequest) GetAMR() []string          { return r.session.policy.amr }
func (r *refreshRequest) GetAudience() []string     { return []string{r.client} }
func (r *refreshRequest) GetAuthTime() time.Time    { return r.session.authTime }
func (r *refreshRequest) GetClientID() string       { return r.client }
func (r *refreshRequest) GetScopes() []string       { return r.scopes }
func (r *refreshRequest) GetSubject() string        { return r.session.subject }
func (r *refreshRequest) SetCurrentScopes([]string) {} // a narrower scope is not kept
