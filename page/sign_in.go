package page

import (
	"net/http"
)

// Chooser is the page of a host where more than one provider counts.
type Chooser struct {
	Host    string // where the person wants to go
	Choices []Choice
}

// Choice is one provider. URL starts the sign-in there; an empty DisplayName
// shows Name. Last is the one that this browser signed in by last.
type Choice struct {
	Name, DisplayName, URL string
	Last                   bool
}

// Chooser answers 200 with the ways to sign in. It fails only if the page
// cannot be rendered, before anything is written; so do all pages.
func (p *Pages) Chooser(w http.ResponseWriter, r *http.Request, c Chooser) error {
	return p.html(w, r, http.StatusOK, noForms, c.view())
}

func (c Chooser) view() view {
	return view{file: "chooser.html", Heading: "Sign in", Gate: gateOpen, Page: c}
}

// SignedOut is the page after a sign-out. SignInURL, if set, starts again.
type SignedOut struct{ SignInURL string }

// SignedOut answers 200: the session is over.
func (p *Pages) SignedOut(w http.ResponseWriter, r *http.Request, s SignedOut) error {
	return p.html(w, r, http.StatusOK, noForms, s.view())
}

func (s SignedOut) view() view {
	return view{file: "signed_out.html", Heading: "You are signed out", Gate: gateShut, Page: s}
}

// ConfirmSignOut asks before a sign-out that another site may have started.
type ConfirmSignOut struct {
	Action     string // the path that the form is posted to
	Token      string // proves that the form is ours
	ReturnTo   string // rd as it was asked for, checked by whoever acts on it
	SignedInAs string // "" for nobody
	Local      bool   // sign out here only, not at the provider
}

// Stay is where "stay signed in" leads. ReturnTo is a stranger's word, so
// another origin is not linked to.
func (c ConfirmSignOut) Stay() string {
	if path := localPath(c.ReturnTo); path != "" {
		return path
	}
	return "/"
}

// ConfirmSignOut answers 200 with a form that posts token, rd and, for a local
// sign-out, local=1.
func (p *Pages) ConfirmSignOut(w http.ResponseWriter, r *http.Request, c ConfirmSignOut) error {
	return p.html(w, r, http.StatusOK, anyFormTarget, c.view())
}

func (c ConfirmSignOut) view() view {
	return view{file: "confirm_sign_out.html", Heading: "Sign out?", Gate: gateOpen, Page: c}
}
