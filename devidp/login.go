package devidp

import (
	"net/http"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// cookieName holds the session at the provider. The cookie is confined to the
// issuer's path, for cookies ignore ports and the demonstration's gateway shares
// the host.
const cookieName = "devidp-session"

// login stands where another provider asks for a password. GET answers the
// request without a question when it may and shows the picker otherwise; POST
// is the picker's answer: id and user (a user name), or cancel.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	request, err := s.store.request(r.FormValue("id"))
	if err != nil {
		writeNotice(w, http.StatusBadRequest, "This sign-in is over", "It was finished, or took longer than ten minutes. Go back to the application and start again.")
		return
	}
	switch r.Method {
	case http.MethodPost:
		s.picked(w, r, request)
	case http.MethodGet, http.MethodHead:
		s.greet(w, r, request)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

func (s *Server) greet(w http.ResponseWriter, r *http.Request, request *authRequest) {
	current := s.store.session(s.cookieOf(r))
	silent := slices.Contains(request.asked.Prompt, oidc.PromptNone)
	if current != nil && (s.sso || silent) && current.satisfies(request.asked, s.now()) {
		s.answer(w, r, request, current)
		return
	}
	if silent { // OpenID Connect Core 3.1.2.6
		s.refuse(w, r, request, oidc.ErrLoginRequired())
		return
	}
	if u, ok := s.chosenAhead(request); ok {
		s.signIn(w, r, request, u)
		return
	}
	s.showPicker(w, request, current)
}

// chosenAhead is the user whom AutoLogin or the request's hint names.
func (s *Server) chosenAhead(request *authRequest) (User, bool) {
	if s.hints && request.asked.LoginHint != "" {
		if u, ok := s.store.userByName(request.asked.LoginHint); ok {
			return u, true
		}
	}
	s.mu.Lock()
	name := s.autoLogin
	s.mu.Unlock()
	return s.store.userByName(name)
}

func (s *Server) picked(w http.ResponseWriter, r *http.Request, request *authRequest) {
	if r.PostFormValue("cancel") != "" {
		s.refuse(w, r, request, oidc.ErrAccessDenied())
		return
	}
	u, ok := s.store.userByName(r.PostFormValue("user"))
	if !ok {
		writeNotice(w, http.StatusBadRequest, "Nobody of that name", "Go back and choose one of the people shown.")
		return
	}
	s.signIn(w, r, request, u)
}

// refuse sends the browser back to the client with an error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, request *authRequest, err error) {
	s.store.DeleteAuthRequest(r.Context(), request.id)
	op.AuthRequestError(w, r, request, err, s.op)
}

// signIn starts a session, which takes the place of the browser's last one in
// the cookie. The tokens of that one live on, as in another browser.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request, request *authRequest, u User) {
	a := s.store.signIn(u.Subject, request.asked)
	s.setCookie(w, a.cookie, int(sessionLifetime.Seconds()))
	s.answer(w, r, request, a)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, request *authRequest, a *session) {
	s.store.finish(request.id, a)
	http.Redirect(w, r, s.callbackURL(r.Context(), request.id), http.StatusSeeOther)
}

func (s *Server) cookieOf(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: s.path, MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
