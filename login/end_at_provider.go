package login

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// endAtProvider is where the browser of s, which was signed out here just now,
// goes on to be signed out at the provider, and "" if there is no such place
// or the provider is down. The way back leads to /signed-out, and from there to
// rd, which the state carries.
func (l *Login) endAtProvider(r *http.Request, s *session.Session, rd string) string {
	p := l.byName[s.Identity.Provider]
	if p == nil {
		return ""
	}
	back := l.checkedOr(r, rd, "")
	if !l.atHome(r) && strings.HasPrefix(back, "/") {
		back = origin(r) + back
	}
	state, err := l.SignOuts.State(l.asAtHome(r), back)
	if err != nil {
		l.Log.Error("sign-out goes on without a way back", "error", err.Error())
	}
	out := provider.SignOut{RedirectURI: l.home(r) + l.AuthPath + "/signed-out", State: state}
	if l.Renewal.Hint[p.Name()] || l.Renewal.ID {
		out.IDToken = s.Tokens.ID
	}
	address, err := p.EndSessionURL(r.Context(), out)
	if err != nil {
		l.Log.Warn("signed out here alone: the provider cannot be asked", "provider", p.Name(), "error", err.Error())
	}
	return address
}

// asAtHome is r as it would come to the host that the provider sends people to.
func (l *Login) asAtHome(r *http.Request) *http.Request {
	scheme, host, _ := strings.Cut(l.home(r), "://")
	return &http.Request{Method: r.Method, Host: host, URL: &url.URL{Scheme: scheme, Host: host, Path: r.URL.Path}, Header: r.Header}
}

// dropTokens tells the provider that the tokens of a session that has ended
// are not needed any more. Nobody waits for it.
func (l *Login) dropTokens(s *session.Session) {
	p, token := l.byName[s.Identity.Provider], s.Tokens.Refresh
	if p == nil || token == "" {
		return
	}
	done := l.Errands.Run(func(ctx context.Context) {
		if err := p.Revoke(ctx, token); err != nil {
			l.Log.Warn("refresh token not revoked", "provider", p.Name(), "error", err.Error())
		}
	})
	if !done {
		l.Log.Warn("refresh token not revoked: too many are under way", "provider", p.Name())
	}
}

// HandleSignedOut is GET <auth_path>/signed-out: the page after a sign-out, and
// the post_logout_redirect_uri. Who comes with a state of ours goes on to where
// the sign-out was to lead, which is checked once more, if only to this page
// without the state in its address. Any other state is nobody's business.
func (l *Login) HandleSignedOut(w http.ResponseWriter, r *http.Request) error {
	if states := r.URL.Query()["state"]; len(states) == 1 {
		if rd, ok := l.SignOuts.ReturnTo(r, states[0]); ok {
			l.Pages.Redirect(w, r, http.StatusSeeOther, l.afterSignOut(r, rd))
			return nil
		}
	}
	return l.Pages.SignedOut(w, r, page.SignedOut{SignInURL: l.loginPath("/", "")})
}
