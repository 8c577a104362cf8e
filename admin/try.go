package admin

import (
	"net/http"
	"strings"
)

// Try is a provider's test page: what an operator sees of a sign-in that
// becomes no session. It holds no token, and nothing that opens anything but
// the test itself.
type Try struct {
	Provider    string `json:"provider"`
	DisplayName string `json:"display_name"`
	Issuer      string `json:"issuer"`
	// ID names the test, "" before one was started. State is "", "waiting",
	// "under way" or "done".
	ID    string `json:"id,omitempty"`
	State string `json:"state"`
	// SignIn are the public addresses where the test begins, one for each
	// origin whose redirect URI is registered.
	SignIn []string `json:"sign_in_urls,omitempty"`
	// Reason and Cause are why a real sign-in would have failed.
	Reason string `json:"reason,omitempty"`
	Cause  string `json:"error,omitempty"`
	// Verdicts are sentences about what came.
	Verdicts []string `json:"verdicts,omitempty"`
	// IDToken, Userinfo and Identity are claims, nil where there are none.
	IDToken  any       `json:"id_token_claims,omitempty"`
	Userinfo any       `json:"userinfo,omitempty"`
	Identity any       `json:"identity,omitempty"`
	Missing  []Missing `json:"missing,omitempty"`
}

// Missing is a claim that the configuration uses and nobody sent.
type Missing struct {
	Claim string `json:"claim"`
	Use   string `json:"use"`
	Fix   string `json:"fix"`
}

// tryView adds to a Try what only the page shows.
type tryView struct {
	Try
	IDTokenText, UserinfoText, IdentityText string
}

// Try answers the page, or JSON for whoever wants no page. While the operator
// is at the provider it asks again by itself.
func (p *Pages) Try(w http.ResponseWriter, r *http.Request, t Try) {
	if !WantsPage(r) {
		JSON(w, http.StatusOK, t)
		return
	}
	if t.State == "waiting" || t.State == "under way" {
		w.Header().Set("Refresh", "3")
	}
	p.write(w, r, http.StatusOK, "try.html", "Test "+t.Provider, tryView{t, indented(t.IDToken), indented(t.Userinfo), indented(t.Identity)})
}

// WantsPage reports whether a person is looking, rather than a script.
func WantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
