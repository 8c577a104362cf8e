package proxy

import (
	"cmp"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// Cloudflare is what it takes to answer at Cloudflare Access's addresses, for
// applications that used to live behind it.
type Cloudflare struct {
	// Certs is the document of public keys.
	Certs []byte
	// Issuer is who signs; empty, each origin does for itself.
	Issuer string
	// Open verifies a token of ours that an application brings back.
	Open func(token, issuer string, now time.Time) (map[string]any, error)
	// Cookie is the name of the cookie in which it does.
	Cookie string
}

// cloudflareAddresses are those that Cloudflare's documents tell applications
// to use, on every host. Behind Cloudflare the path /cdn-cgi never reaches an
// application, so none misses it.
func (rt *Runtime) cloudflareAddresses(c *Cloudflare) map[string]endpoint {
	if c == nil {
		return nil
	}
	read := []string{http.MethodGet, http.MethodHead}
	return map[string]endpoint{
		"/cdn-cgi/access/certs":        {methods: read, handle: rt.publish("application/json", c.Certs)},
		"/cdn-cgi/access/get-identity": {methods: read, handle: rt.identity(c)},
		"/cdn-cgi/access/logout":       {methods: append(read, http.MethodPost), handle: rt.login.HandleLogout},
	}
}

// identityDocument is the answer of get-identity, in Cloudflare's words and as
// far as there is something to say.
type identityDocument struct {
	ID           string           `json:"id"`
	UserUUID     string           `json:"user_uuid"`
	Name         string           `json:"name"`
	Email        string           `json:"email"`
	Groups       []string         `json:"groups"`
	AMR          []string         `json:"amr"`
	IDP          identityProvider `json:"idp"`
	Custom       any              `json:"custom,omitempty"`
	IssuedAt     int64            `json:"iat"`
	AuthStatus   string           `json:"auth_status"`
	CommonName   string           `json:"common_name"`
	ServiceToken bool             `json:"service_token_status"`
	IsWARP       bool             `json:"is_warp"`
	IsGateway    bool             `json:"is_gateway"`
	Version      int              `json:"version"`
}

type identityProvider struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// identity tells a browser who is signed in, and an application's server whom
// the token that it was sent speaks of.
func (rt *Runtime) identity(c *Cloudflare) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		s, err := rt.login.Current(r)
		switch {
		case err == nil:
			return rt.pages.JSON(w, r, http.StatusOK, identityOf(s))
		case !errors.Is(err, session.ErrNone):
			return login.Unavailable(err)
		}
		for _, cookie := range r.CookiesNamed(c.Cookie) {
			if claims, err := c.Open(cookie.Value, cmp.Or(c.Issuer, r.URL.Scheme+"://"+r.Host), rt.now()); err == nil {
				return rt.pages.JSON(w, r, http.StatusOK, identityIn(claims))
			}
		}
		return login.LoginRequired(rt.login.LoginURL(r))
	}
}

func identityOf(s *session.Session) identityDocument {
	who := &s.Identity
	d := identityDocument{
		ID: who.Subject, UserUUID: who.Subject, Name: who.Name, Email: who.Email, Groups: who.Groups, AMR: who.AMR,
		IDP: identityProvider{who.Provider, "oidc"}, IssuedAt: int64(s.Created), AuthStatus: "NONE",
	}
	if len(who.Claims) > 0 {
		d.Custom = who.Claims
	}
	return d.whole()
}

// identityIn reads what cloudflareClaims wrote.
func identityIn(claims map[string]any) identityDocument {
	text := func(v any) string { s, _ := v.(string); return s }
	custom, _ := claims["custom"].(map[string]any)
	issued, _ := claims["iat"].(float64)
	d := identityDocument{
		ID: text(claims["sub"]), UserUUID: text(claims["sub"]), Name: text(custom["name"]), Email: text(claims["email"]),
		IDP: identityProvider{text(custom["provider"]), "oidc"}, IssuedAt: int64(issued), AuthStatus: "NONE",
		CommonName: text(claims["common_name"]),
	}
	d.ServiceToken = d.CommonName != ""
	if list, ok := custom["groups"].([]any); ok {
		for _, member := range list {
			d.Groups = append(d.Groups, text(member))
		}
	}
	if len(custom) > 0 {
		d.Custom = custom
	}
	return d.whole()
}

// whole writes lists that are empty as such, and not as null.
func (d identityDocument) whole() identityDocument {
	if d.Groups == nil {
		d.Groups = []string{}
	}
	if d.AMR == nil {
		d.AMR = []string{}
	}
	return d
}
