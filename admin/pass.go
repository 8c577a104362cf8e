package admin

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/page"
)

const (
	// passLife is how long the form's cookie counts.
	passLife = 12 * time.Hour
	// maxForm bounds the body of a form here.
	maxForm = 64 << 10
	// cookieSuffix ends the name of the form's cookie.
	cookieSuffix = "-admin"
)

// pass knows the token and the cookie that stands for it.
type pass struct {
	token  [sha256.Size]byte
	open   bool // there is no token
	key    []byte
	cookie string
	pages  *Pages
	now    func() time.Time
}

func newPass(o *Options) *pass {
	return &pass{
		token: sha256.Sum256([]byte(o.Token)), open: o.Token == "",
		key: o.Key, cookie: o.Cookie + cookieSuffix, pages: o.Pages, now: time.Now,
	}
}

// admits reports that the caller has shown the token, now or in the form.
func (p *pass) admits(r *http.Request) bool {
	if p.open {
		return true
	}
	if sent := r.Header.Values("Authorization"); len(sent) > 0 {
		token, isBearer := strings.CutPrefix(sent[0], "Bearer ")
		return isBearer && len(sent) == 1 && p.is(token)
	}
	c, err := r.Cookie(p.cookie)
	return err == nil && p.sealed(c.Value)
}

// is compares in constant time, lengths included.
func (p *pass) is(token string) bool {
	sent := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sent[:], p.token[:]) == 1
}

// seal makes the cookie's value: until when it counts, and a proof that we
// said so while this token was the token.
func (p *pass) seal(until time.Time) string {
	value := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(value, p.proof(value)...))
}

func (p *pass) sealed(text string) bool {
	value, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(value) != 8+sha256.Size {
		return false
	}
	until := time.Unix(int64(binary.BigEndian.Uint64(value)), 0)
	left := until.Sub(p.now())
	return hmac.Equal(value[8:], p.proof(value[:8])) && left > 0 && left <= passLife
}

func (p *pass) proof(value []byte) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte("gatehouse admin pass"))
	mac.Write(p.token[:])
	mac.Write(value)
	return mac.Sum(nil)
}

// ask tells whoever has not shown the token how to.
func (p *pass) ask(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WWW-Authenticate", `Bearer realm="gatehouse admin"`)
	if page.Navigation(r) && p.pages != nil {
		p.pages.signIn(w, r, r.URL.RequestURI(), false)
		return
	}
	Fail(w, r, http.StatusUnauthorized, "token_required", "This address needs server.admin.token, sent as Authorization: Bearer.")
}

// signIn takes the token from the form, once, and gives a cookie for it.
func (p *pass) signIn(w http.ResponseWriter, r *http.Request) {
	if !ownOrigin(r) {
		Fail(w, r, http.StatusForbidden, "foreign_origin", "The form must come from this listener's own page.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		Fail(w, r, http.StatusBadRequest, "form_malformed", "The form could not be read.")
		return
	}
	back := localPath(r.PostForm.Get("to"))
	if !p.is(r.PostForm.Get("token")) {
		p.pages.signIn(w, r, back, true)
		return
	}
	p.setCookie(w, p.seal(p.now().Add(passLife)), int(passLife/time.Second))
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (p *pass) signOut(w http.ResponseWriter, r *http.Request) {
	if !ownOrigin(r) {
		Fail(w, r, http.StatusForbidden, "foreign_origin", "The form must come from this listener's own page.")
		return
	}
	p.setCookie(w, "", -1)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// setCookie: the listener is plaintext on loopback, so the cookie cannot be
// Secure; Strict and HttpOnly keep it from other sites and from scripts.
func (p *pass) setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: p.cookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// localPath is where the form leads back to: a path of this listener and
// nothing that a browser could read as another host.
func localPath(to string) string {
	if len(to) < 2 || to[0] != '/' || to[1] == '/' || to[1] == '\\' || len(to) > 2048 ||
		strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '\\' }) {
		return "/"
	}
	return to
}
