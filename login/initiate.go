package login

import (
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// maxLoginHint bounds a login_hint, in bytes.
const maxLoginHint = 256

// HandleInitiate is GET|POST <auth_path>/initiate/<provider> with iss,
// login_hint and target_link_uri: the sign-in begins at a tile of the
// provider's portal (OpenID Connect Core section 4). It starts the same sign-in
// as any link to /login does, and trusts nothing that came along: the target is
// checked as every return address is.
func (l *Login) HandleInitiate(w http.ResponseWriter, r *http.Request, providerName string) error {
	p := l.byName[providerName]
	if p == nil {
		return &page.Error{Status: http.StatusNotFound, Reason: "provider_unknown", Text: "There is no such way to sign in here."}
	}
	if err := navigationOnly(r); err != nil {
		return err
	}
	given := r.URL.Query()
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxCallbackForm)
		if err := r.ParseForm(); err != nil {
			return refuse("form_malformed", "The sign-in service sent something that cannot be read.", l.loginPath("/", p.Name()), err)
		}
		given = r.PostForm
	}
	if !oneIssuer(given, p.Issues) {
		return refuse("initiate_issuer_mismatch", "This sign-in was begun in the name of another sign-in service.", l.loginPath("/", p.Name()), nil)
	}
	a := ask{returnTo: "/"}
	if target := given.Get("target_link_uri"); target != "" {
		a.returnTo = l.ReturnTo.Check(target, origin(r))
	}
	if hint := given.Get("login_hint"); len(hint) <= maxLoginHint && plain(hint) {
		a.hint = hint
	}
	return l.start(w, r, p, a)
}

// oneIssuer: iss is required, and one that we talk to.
func oneIssuer(given url.Values, issues func(string) bool) bool {
	iss := given["iss"]
	return len(iss) == 1 && issues(iss[0])
}

// plain refuses controls.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
