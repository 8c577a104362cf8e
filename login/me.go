package login

import (
	"cmp"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// me is the answer of GET <auth_path>/me. No token is ever in it.
type me struct {
	Provider      string          `json:"provider"`
	Issuer        string          `json:"issuer"`
	Subject       string          `json:"sub"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"email_verified"`
	Name          string          `json:"name"`
	Username      string          `json:"username"`
	Groups        []string        `json:"groups"`
	Claims        identity.Claims `json:"claims"`
	Session       meSession       `json:"session"`
}

type meSession struct {
	ID          string     `json:"id"`
	Created     time.Time  `json:"created"`
	Seen        time.Time  `json:"seen"`
	IdleExpires *time.Time `json:"idle_expires"`
	Expires     time.Time  `json:"expires"`
}

// HandleMe is GET <auth_path>/me: JSON about the caller, 401 without a session.
func (l *Login) HandleMe(w http.ResponseWriter, r *http.Request) error {
	s, err := l.current(w, r)
	if err != nil {
		return err
	}
	if s == nil {
		return LoginRequired(origin(r) + l.loginPath("/", ""))
	}
	who := &s.Identity
	answer := me{
		Provider: who.Provider, Issuer: who.Issuer, Subject: who.Subject,
		Email: who.Email, EmailVerified: who.EmailVerified, Name: who.Name, Username: who.Username,
		Groups: who.Groups, Claims: who.Claims,
		Session: meSession{ID: s.ID, Created: s.Created.Std(), Seen: s.Seen.Std(), Expires: l.Lifetime.Ends(s).Std()},
	}
	if answer.Groups == nil {
		answer.Groups = []string{}
	}
	if answer.Claims == nil {
		answer.Claims = identity.Claims{}
	}
	if l.Lifetime.Idle > 0 {
		at := l.Lifetime.IdleEnds(s).Std()
		answer.Session.IdleExpires = &at
	}
	return l.Pages.JSON(w, r, http.StatusOK, answer)
}

// HandleHome is GET <auth_path>/: who you are and the apps you may open.
func (l *Login) HandleHome(w http.ResponseWriter, r *http.Request) error {
	s, err := l.current(w, r)
	if err != nil {
		return err
	}
	home := page.Home{SignInURL: l.loginPath(l.AuthPath+"/", "")}
	if s == nil {
		home.Apps = l.Apps(peer(w), nil)
		return l.Pages.Home(w, r, home)
	}
	who := &s.Identity
	home.Name, home.Email, home.EmailVerified, home.Username = who.Name, who.Email, who.EmailVerified, who.Username
	home.Subject, home.Provider, home.Groups = who.Subject, who.Provider, who.Groups
	if p := l.byName[who.Provider]; p != nil {
		home.Provider = p.DisplayName()
	}
	home.Created, home.Expires = s.Created.Std(), l.Lifetime.Ends(s).Std()
	if l.Lifetime.Idle > 0 {
		home.IdleExpires = l.Lifetime.IdleEnds(s).Std()
	}
	home.SignOutURL = l.AuthPath + "/logout"
	home.SwitchURL = ask{returnTo: l.AuthPath + "/", prompt: promptLogin}.path(l, "")
	home.Apps = l.Apps(peer(w), who)
	if home.Sessions, err = l.ownSessions(r, s); err != nil {
		return err
	}
	return l.Pages.Home(w, r, home)
}

// LoginRequired is the 401 for whoever is no browser navigation.
func LoginRequired(loginURL string) error {
	return &page.Error{
		Status: http.StatusUnauthorized, Code: "login_required", Reason: "login_required",
		Text: "Please sign in first.", LoginURL: loginURL,
	}
}

// Displayed is what a page calls somebody.
func Displayed(who *identity.Identity) string {
	return cmp.Or(who.Email, who.Username, who.Name, who.Subject)
}
