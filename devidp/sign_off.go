package devidp

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// signOff ends the session of the browser's cookie and of id_token_hint, then
// goes where the client asks if that is registered (OpenID Connect RP-Initiated
// Logout 2 and 3). As at PingOne, the client is told by the hint or by
// client_id, and GET acts without a question.
func (s *Server) signOff(w http.ResponseWriter, r *http.Request) {
	hint, err := s.hintOf(r)
	if err != nil {
		writeNotice(w, http.StatusBadRequest, "Sign-off refused", "The id_token_hint is not one of this provider's.")
		return
	}
	clientID := r.FormValue("client_id")
	if hint != nil {
		if clientID != "" && clientID != hint.Audience[0] {
			writeNotice(w, http.StatusBadRequest, "Sign-off refused", "The client_id is not the one of the id_token_hint.")
			return
		}
		clientID = hint.Audience[0]
	}
	s.endSession(w, r, hint)
	target := r.FormValue("post_logout_redirect_uri")
	if target == "" {
		writeNotice(w, http.StatusOK, "You are signed off", "The session at the development provider has ended.")
		return
	}
	client, err := s.store.GetClientByClientID(r.Context(), clientID)
	if err != nil || op.ValidateEndSessionPostLogoutRedirectURI(target, client) != nil {
		writeNotice(w, http.StatusBadRequest, "You are signed off", "The address to go on to is not registered for this application: "+target)
		return
	}
	http.Redirect(w, r, withState(target, r.FormValue("state")), http.StatusFound)
}

// hintOf verifies the id_token_hint. One that has expired still says whose
// session it was (OpenID Connect RP-Initiated Logout 2).
func (s *Server) hintOf(r *http.Request) (*oidc.IDTokenClaims, error) {
	token := r.FormValue("id_token_hint")
	if token == "" {
		return nil, nil
	}
	hint, err := op.VerifyIDTokenHint[*oidc.IDTokenClaims](r.Context(), token, s.op.IDTokenHintVerifier(r.Context()))
	if err != nil && !errors.As(err, &op.IDTokenHintExpiredError{}) {
		return nil, err
	}
	if len(hint.Audience) == 0 {
		return nil, errors.New("token without an audience")
	}
	return hint, nil
}

func (s *Server) endSession(w http.ResponseWriter, r *http.Request, hint *oidc.IDTokenClaims) {
	cookie := s.cookieOf(r)
	s.tellClients(s.store.endSessions(func(a *session) bool {
		return a.cookie == cookie || hint != nil && a.sid == hint.SessionID
	}))
	s.setCookie(w, "", -1)
}

func withState(target, state string) string {
	u, err := url.Parse(target)
	if err != nil || state == "" {
		return target
	}
	q := u.Query()
	q.Set("state", state)
	u.RawQuery = q.Encode()
	return u.String()
}
