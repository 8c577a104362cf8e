package login

import (
	"net/http"
	"net/url"

	"github.com/gatehouse-proxy/gatehouse/page"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// maxSID bounds a sid in an address, as in a token.
const maxSID = 255

// HandleFrontChannelLogout is GET <auth_path>/frontchannel-logout/<provider>
// with iss and sid: a page of the provider's loads it in a frame of the browser
// that signed out there (OpenID Connect Front-Channel Logout 1.0). Browsers
// keep cookies from such a frame, so both parameters must name the session;
// a third site does not know the sid. It is framed by the issuer alone.
func (l *Login) HandleFrontChannelLogout(w http.ResponseWriter, r *http.Request, providerName string) error {
	p := l.byName[providerName]
	if p == nil {
		return &page.Error{Status: http.StatusNotFound, Reason: "provider_unknown", Text: "There is no such provider."}
	}
	q := r.URL.Query()
	iss, sid := q["iss"], q["sid"]
	if len(iss) != 1 || len(sid) != 1 || sid[0] == "" || len(sid[0]) > maxSID || !p.Issues(iss[0]) {
		return refuse("logout_unclear", "This address signs out with the parameters iss and sid of the sign-in service.", "", nil)
	}
	// Each costs memory until it is forgotten, and nobody has proved anything.
	if wait := l.SignOffs.Take(client(w, r)); wait > 0 {
		return tooMany(wait)
	}
	ended, err := l.revokeAt(r.Context(), p, session.Match{SID: sid[0], Unproven: true})
	if err != nil {
		return Unavailable(err)
	}
	// Where the browser did bring its cookie, it need not keep it.
	if s, err := l.Store.Load(r); err == nil && s.SID == sid[0] && p.Issues(s.Identity.Issuer) {
		if err := l.Store.Clear(w, r); err != nil {
			return Unavailable(err)
		}
	}
	if ended > 0 {
		l.revokedBy(w, p, "", "front_channel_logout", ended)
	}
	page.SetHeaders(w.Header(), r.URL.Scheme == "https")
	framedBy(w.Header(), iss[0])
	w.WriteHeader(http.StatusOK)
	return nil
}

// framedBy lets one origin show the empty answer in a frame.
func framedBy(h http.Header, issuer string) {
	u, err := url.Parse(issuer)
	if err != nil {
		return
	}
	h.Set("Content-Security-Policy", "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors "+u.Scheme+"://"+u.Host)
	h.Del("X-Frame-Options") // it knows no origins
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}
