package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/login"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

// openTest is POST /providers/<name>/test: it makes a test that the operator
// then begins in another tab. It changes nothing but that, so it needs no
// `write: true`.
func (s *Server) openTest(w http.ResponseWriter, r *http.Request) {
	b := s.current()
	p := b.provider(r.PathValue("name"))
	if p == nil {
		noProvider(w, r)
		return
	}
	id := b.lasting.tests.Open(p.Name())
	if admin.WantsPage(r) {
		http.Redirect(w, r, r.URL.Path+"?id="+url.QueryEscape(id), http.StatusSeeOther)
		return
	}
	test, _ := b.lasting.tests.Get(id, p.Name())
	admin.JSON(w, http.StatusOK, b.try(p, test))
}

// showTest is GET /providers/<name>/test[?id=…]: the page to start from, or how
// that test went.
func (s *Server) showTest(w http.ResponseWriter, r *http.Request) {
	b := s.current()
	p := b.provider(r.PathValue("name"))
	if p == nil {
		noProvider(w, r)
		return
	}
	test, _ := b.lasting.tests.Get(r.URL.Query().Get("id"), p.Name())
	s.operators.pages.Try(w, r, b.try(p, test))
}

func noProvider(w http.ResponseWriter, r *http.Request) {
	admin.Fail(w, r, http.StatusNotFound, "provider_unknown", "No provider of that name is in the file.")
}

func (b *Build) provider(name string) *provider.Provider {
	for _, p := range b.Providers {
		if p.Name() == name {
			return p
		}
	}
	return nil
}

// try is what the page shows of a test.
func (b *Build) try(p *provider.Provider, test login.Test) admin.Try {
	t := admin.Try{Provider: p.Name(), DisplayName: p.DisplayName(), Issuer: p.Issuer(), ID: test.ID}
	switch {
	case test.ID == "":
		return t
	case test.Done:
		t.State = "done"
	case test.Began:
		t.State, t.SignIn = "under way", b.testAddresses(p, test.ID)
		return t
	default:
		t.State, t.SignIn = "waiting", b.testAddresses(p, test.ID)
		return t
	}
	t.Reason, t.Cause = test.Reason, test.Cause
	found := test.Found
	if found == nil {
		return t
	}
	if found.IDToken != nil {
		t.IDToken = found.IDToken
	}
	if found.Userinfo != nil {
		t.Userinfo = found.Userinfo
	}
	if found.Identity != nil {
		t.Identity = shownIdentity(found.Identity)
	}
	for _, m := range found.Missing {
		t.Missing = append(t.Missing, admin.Missing{Claim: m.Claim, Use: m.Use, Fix: m.Fix})
	}
	t.Verdicts = verdicts(found)
	return t
}

// testAddresses are where the test can begin: each origin has a redirect URI of
// its own, and any of them may be the one that is not registered.
func (b *Build) testAddresses(p *provider.Provider, id string) []string {
	var list []string
	for _, r := range Registrations(b.Config) {
		if r.Provider != p.Name() {
			continue
		}
		for _, callback := range r.RedirectURIs {
			base := strings.TrimSuffix(callback, "/callback/"+p.Name())
			list = append(list, base+"/login?"+url.Values{"provider": {p.Name()}, "test": {id}}.Encode())
		}
	}
	return list
}

// identityShown is an Identity in the words of GET <auth_path>/me.
type identityShown struct {
	Subject       string          `json:"sub"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"email_verified"`
	Username      string          `json:"username"`
	Name          string          `json:"name"`
	Groups        []string        `json:"groups"`
	ACR           string          `json:"acr,omitempty"`
	AMR           []string        `json:"amr,omitempty"`
	Claims        identity.Claims `json:"claims,omitempty"`
}

func shownIdentity(who *identity.Identity) identityShown {
	return identityShown{
		Subject: who.Subject, Email: who.Email, EmailVerified: who.EmailVerified, Username: who.Username, Name: who.Name,
		Groups: who.Groups, ACR: who.ACR, AMR: who.AMR, Claims: who.Claims,
	}
}

// verdicts say what the claims do not show.
func verdicts(found *provider.Inspection) []string {
	var list []string
	add := func(is bool, yes, no string) {
		if is {
			list = append(list, yes)
		} else if no != "" {
			list = append(list, no)
		}
	}
	if found.AccessToken != "" {
		list = append(list, "The access token is "+map[string]string{"JWT": "a JWT", "opaque": "opaque"}[found.AccessToken]+".")
		add(found.RefreshToken, "A refresh token came.", "No refresh token came; sessions that need one cannot be renewed. Allow the refresh token grant, and offline_access where the provider has it.")
	}
	if found.IDToken != nil {
		add(found.UserinfoAsked, "A sign-in asks for userinfo too, because the ID token alone lacks what the configuration uses.", "A sign-in does without userinfo: the ID token has all that the configuration uses.")
	}
	if who := found.Identity; who != nil && who.Email != "" {
		add(who.EmailVerified, "The address counts as verified: rules by email and email_domain match it.",
			"The address counts as unverified: it is shown to applications, and no rule by email or email_domain matches it. See require_email_verified and email_domains.")
	}
	if who := found.Identity; who != nil && who.GroupsUnreadable {
		list = append(list, "The groups cannot all be read: the claim is neither a list of strings nor one string, or the provider left it out for its size (groups overage). Rules that deny a group deny such a person.")
	}
	return list
}
