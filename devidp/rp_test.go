package devidp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

const redirectURI = "http://127.0.0.1:1/callback" // nobody listens: the browser stops there

// confidential is a client as the demonstration registers its gateway.
func confidential() devidp.Client {
	return devidp.Client{
		ID: "app", Secret: "app's secret: 1/2",
		RedirectURIs:           []string{redirectURI},
		PostLogoutRedirectURIs: []string{"http://127.0.0.1:1/signed-out"},
		RequirePKCE:            true,
	}
}

// party is an independent relying party: go-oidc and x/oauth2.
type party struct {
	t        *testing.T
	browser  *http.Client
	provider *oidc.Provider
	config   oauth2.Config
	verifier string // PKCE
}

func newParty(t *testing.T, idp *devidp.Server, c devidp.Client) *party {
	t.Helper()
	p := &party{t: t, browser: idptest.Browser(t), verifier: oauth2.GenerateVerifier()}
	p.browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "127.0.0.1:1" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	provider, err := oidc.NewProvider(t.Context(), idp.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	p.provider = provider
	p.config = oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, RedirectURL: redirectURI,
		Endpoint: provider.Endpoint(), Scopes: []string{"openid", "profile", "email"},
	}
	p.config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return p
}

// authorize walks the browser through the provider and returns what comes back
// to the redirect URI.
func (p *party) authorize(more ...oauth2.AuthCodeOption) url.Values {
	p.t.Helper()
	more = append([]oauth2.AuthCodeOption{oidc.Nonce("n-1"), oauth2.S256ChallengeOption(p.verifier)}, more...)
	res := p.get(p.config.AuthCodeURL("s-1", more...))
	location, err := res.Location()
	if err != nil {
		body, _ := io.ReadAll(res.Body)
		p.t.Fatalf("no redirect to the client: %s\n%s", res.Status, body)
	}
	return location.Query()
}

func (p *party) get(address string) *http.Response {
	p.t.Helper()
	res, err := p.browser.Get(address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { res.Body.Close() })
	return res
}

func (p *party) exchange(code string) (*oauth2.Token, error) {
	return p.config.Exchange(p.t.Context(), code, oauth2.VerifierOption(p.verifier))
}

// signIn is the whole flow with every check that go-oidc and the nonce offer.
func (p *party) signIn(more ...oauth2.AuthCodeOption) (*oauth2.Token, map[string]any) {
	p.t.Helper()
	answer := p.authorize(more...)
	if answer.Get("state") != "s-1" || answer.Get("code") == "" {
		p.t.Fatalf("answer to the redirect URI: %v", answer)
	}
	token, err := p.exchange(answer.Get("code"))
	if err != nil {
		p.t.Fatal(err)
	}
	claims, err := p.verify(p.t.Context(), token, "n-1")
	if err != nil {
		p.t.Fatal(err)
	}
	return token, claims
}

func (p *party) verify(ctx context.Context, token *oauth2.Token, nonce string) (map[string]any, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := p.provider.VerifierContext(ctx, &oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	if id.Nonce != nonce {
		return nil, fmt.Errorf("nonce %q", id.Nonce)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		return nil, err
	}
	claims := map[string]any{}
	return claims, id.Claims(&claims)
}

func (p *party) userinfo(token *oauth2.Token) (map[string]any, error) {
	info, err := p.provider.UserInfo(p.t.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	claims := map[string]any{}
	return claims, info.Claims(&claims)
}

func (p *party) refresh(refreshToken string) (*oauth2.Token, error) {
	return p.config.TokenSource(p.t.Context(), &oauth2.Token{RefreshToken: refreshToken}).Token()
}

// oauthError is the error code of a token endpoint's refusal, or "".
func oauthError(err error) string {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refused.ErrorCode
	}
	return ""
}

// post asks an endpoint as the client and decodes the JSON answer.
func (p *party) post(idp *devidp.Server, e devidp.Endpoint, form url.Values) map[string]any {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, idp.Issuer()+"/"+string(e), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	req.URL.RawQuery = form.Encode()
	req.SetBasicAuth(url.QueryEscape(p.config.ClientID), url.QueryEscape(p.config.ClientSecret))
	res, err := p.browser.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	answer := map[string]any{}
	json.NewDecoder(res.Body).Decode(&answer)
	answer["status"] = res.StatusCode
	return answer
}
