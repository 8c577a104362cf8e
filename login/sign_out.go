package login

import (
	"cmp"
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// HandleLogout is GET|POST <auth_path>/logout?rd=…[&local=1]. The session ends
// here first, whatever the provider does; then the browser goes on to end the
// provider's, unless the sign-out is to be local.
//
// A third site must not sign people out (CVE-2026-34454): a GET acts only when
// the browser says that it comes from here or from the person, and a POST only
// with this origin and the form's token. Everything else changes nothing and
// shows that form.
func (l *Login) HandleLogout(w http.ResponseWriter, r *http.Request) error {
	s, err := l.stored(r)
	if err != nil {
		return err
	}
	id, signedInAs := "", ""
	if s != nil {
		id, signedInAs = s.ID, Displayed(&s.Identity)
	}
	rd, local := r.URL.Query().Get("rd"), r.URL.Query().Get("local") == "1"
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxCallbackForm)
		if err := r.ParseForm(); err != nil {
			return refuse("form_malformed", "The form could not be read.", l.AuthPath+"/logout", err)
		}
		rd, local = r.PostForm.Get("rd"), r.PostForm.Get("local") == "1"
		if r.Header.Get("Origin") != origin(r) || !l.Confirm.Check(r, id, r.PostForm.Get("token")) {
			return &page.Error{
				Status: http.StatusForbidden, Reason: "confirmation_invalid",
				Text:     "This confirmation is too old or was made elsewhere. You are still signed in.",
				RetryURL: l.AuthPath + "/logout",
			}
		}
	} else if !wanted(r) {
		token, err := l.Confirm.Token(r, id)
		if err != nil {
			return err
		}
		return l.Pages.ConfirmSignOut(w, r, page.ConfirmSignOut{
			Action: l.AuthPath + "/logout", Token: token, ReturnTo: rd, SignedInAs: signedInAs, Local: local,
		})
	}
	if err := l.Store.Clear(w, r); err != nil {
		return Unavailable(err)
	}
	l.Attempts.SetLap(w, r, 0)
	target := ""
	if s != nil {
		l.signedOut(w, s)
		l.dropTokens(s)
		if !local {
			target = l.endAtProvider(r, s, rd)
		}
	}
	l.Pages.Redirect(w, r, http.StatusSeeOther, cmp.Or(target, l.afterSignOut(r, rd)))
	return nil
}

// wanted reports whether the person in front of the browser asked for this
// GET. Browsers set Sec-Fetch-Site themselves; old ones without it are read by
// their Referer. Prefetches and subresources act for nobody.
func wanted(r *http.Request) bool {
	h := r.Header
	if r.Method != http.MethodGet || h.Get("Sec-Purpose") != "" || h.Get("Purpose") != "" || h.Get("X-Moz") != "" {
		return false
	}
	if mode := h.Get("Sec-Fetch-Mode"); mode != "" && mode != "navigate" {
		return false
	}
	if dest := h.Get("Sec-Fetch-Dest"); dest != "" && dest != "document" {
		return false
	}
	switch h.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		referer := h.Get("Referer")
		if referer == "" {
			return true
		}
		u, err := url.Parse(referer)
		return err == nil && u.Scheme+"://"+u.Host == origin(r)
	}
	return false
}

// afterSignOut is where people land: the checked rd, the configured address,
// or our own page.
func (l *Login) afterSignOut(r *http.Request, rd string) string {
	return l.checkedOr(r, rd, cmp.Or(l.AfterSignOut, l.AuthPath+"/signed-out"))
}

// checkedOr is rd if it may be followed, otherwise the other.
func (l *Login) checkedOr(r *http.Request, rd, otherwise string) string {
	if rd != "" {
		if checked := l.ReturnTo.Check(rd, origin(r)); checked != "/" || rd == "/" {
			return checked
		}
	}
	return otherwise
}
