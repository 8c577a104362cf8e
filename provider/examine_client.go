package provider

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// credentials asks the token endpoint to redeem a code that does not exist. A
// provider knows its client before it looks at the code (RFC 6749 section
// 3.2.1): invalid_grant is what a good client hears. Each secret is tried, so
// that one which is not taken any more is seen while another still works.
func (x *examiner) credentials(ctx context.Context, m *metadata) {
	way, secrets := x.clientAuth(m)
	refused, refusal := 0, (*Error)(nil)
	for _, secret := range secrets {
		failure := x.madeUpCode(ctx, m, way, secret)
		if failure == nil {
			failure = x.madeUpRefresh(ctx, m, way, secret)
		}
		switch {
		case failure == nil:
		case failure.Reason == ReasonClientRejected:
			refused++
			refusal = failure
		default:
			x.bad("client", failure.about(m.token), "%s", x.clientRemedy(failure, way))
			return
		}
	}
	switch {
	case refused == len(secrets):
		x.bad("client", refusal.about("client "+x.o.ClientID+" by "+way), "%s", x.clientRemedy(refusal, way))
	case refused > 0:
		x.good("client", "%s by %s; %d of %d secrets is accepted, take the others out when rotation is over", x.o.ClientID, way, len(secrets)-refused, len(secrets))
	default:
		x.good("client", "%s by %s, as a made-up code shows", x.o.ClientID, way)
	}
}

// madeUpCode returns nil if the provider knew its client.
func (x *examiner) madeUpCode(ctx context.Context, m *metadata, way, secret string) *Error {
	ctx, cancel := x.within(ctx)
	defer cancel()
	code, verifier := "doctor-"+rand.Text(), rand.Text()+rand.Text()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	if len(x.RedirectURIs) > 0 {
		form.Set("redirect_uri", x.RedirectURIs[0])
	}
	if x.challenges(m) {
		form.Set("code_verifier", verifier)
	}
	got, failure := x.callOnce(ctx, m, m.token, form, way, secret, []string{code, verifier})
	switch {
	case failure != nil:
		return failure
	case got.errorCode() == "invalid_grant", got.errorCode() == "invalid_request":
		return nil
	case got.errorCode() != "":
		return got.refusal()
	case got.status == http.StatusOK:
		return refuse(ReasonAnswerMalformed, "the token endpoint redeemed a code that does not exist")
	}
	return x.fetch.badStatus(got.answer)
}

// madeUpRefresh is a second opinion: some look for the code before they look at
// the client, and say invalid_grant to everybody. Only a refusal of the client
// counts, since it need not be allowed to refresh.
func (x *examiner) madeUpRefresh(ctx context.Context, m *metadata, way, secret string) *Error {
	ctx, cancel := x.within(ctx)
	defer cancel()
	token := "doctor-" + rand.Text()
	_, failure := x.callOnce(ctx, m, m.token, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, way, secret, []string{token})
	if failure != nil && failure.Reason == ReasonClientRejected {
		return failure
	}
	return nil
}

func (x *examiner) clientRemedy(e *Error, way string) string {
	switch {
	case e.Reason == ReasonClientRejected && way == authPrivateJWT:
		return "Register the public key at the provider (gatehouse serves it under <auth_path>/client-jwks.json), and private_key_jwt as the application's method; see client_id and the clock."
	case e.Reason == ReasonClientRejected && way == authNone:
		return "The provider wants this client to authenticate: set client_secret, or make the application a public client with PKCE."
	case e.Reason == ReasonClientRejected:
		return "Copy client_id and client_secret anew from the application, and see that the application exists, is enabled and takes " + way + " (client_auth)."
	case e.Reason == ReasonTokenRefused:
		return "Allow the application the grant type authorization_code at the provider (response type code), and see its log."
	case e.Reason == ReasonAnswerMalformed:
		return "What answers there is no token endpoint that could be trusted: correct issuer or endpoints.token."
	case e.Reason == ReasonAnswerStatus:
		return "What answers there is no token endpoint: correct issuer or endpoints.token."
	}
	return remedyOf(e)
}

// redirects begins a sign-in for each redirect URI that may not ask anybody
// anything (prompt=none), as a browser that the provider does not know. One that
// takes the redirect URI sends such a browser back with login_required; one that
// does not must not send it anywhere (RFC 6749 section 4.1.2.1).
func (x *examiner) redirects(ctx context.Context, m *metadata) {
	for _, uri := range x.RedirectURIs {
		x.redirect(ctx, m, uri)
	}
}

func (x *examiner) redirect(ctx context.Context, m *metadata, uri string) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	address, failure := x.silentRequest(ctx, m, uri)
	var a *answer
	if failure == nil {
		a, failure = x.follow(ctx, address, uri)
	}
	switch {
	case failure != nil && failure.Reason == ReasonPARRefused:
		x.bad("redirect URI", failure.about(uri), "%s", x.register(uri))
		return
	case failure != nil && failure.Reason == ReasonClientRejected:
		return // said already
	case failure != nil && failure.Reason == ReasonPARMissing:
		x.bad("redirect URI", failure, "Write par: auto, or name the endpoint under endpoints.par.")
		return
	case failure != nil:
		x.bad("redirect URI", failure.about("authorization endpoint"), "%s", remedyOf(failure))
		return
	case a.status >= 500 || a.status == http.StatusTooManyRequests:
		failure = x.fetch.badStatus(a)
		x.bad("redirect URI", failure.about(m.authorization), "%s", remedyOf(failure))
		return
	}
	to, _ := url.Parse(a.header.Get("Location"))
	sent := a.status >= 300 && a.status < 400 && to != nil
	if sent && strings.HasPrefix(to.String(), uri) {
		x.answered(uri, to.Query())
		return
	}
	if a.status >= 400 || sent && strings.Contains(strings.ToLower(to.Path+"?"+to.RawQuery+"#"+to.Fragment), "error") {
		x.bad("redirect URI", fmt.Errorf("the provider refuses the request on a page of its own (%d) and does not send people back to %s", a.status, uri), "%s", x.register(uri))
		return
	}
	x.good("redirect URI", "%s: cannot be told from here, because the provider goes on to a page of its own; if people see an error there, register exactly this address", uri)
}

// follow opens an address as far as the provider's own pages lead, but never
// the redirect URI, which is ours.
func (x *examiner) follow(ctx context.Context, address, uri string) (*answer, *Error) {
	const most = 5
	for range most {
		a, failure := x.fetch.get(ctx, withoutRedirects(x.fetch.transport), address, "")
		location := ""
		if failure == nil {
			location = a.header.Get("Location")
		}
		if failure != nil || a.status/100 != 3 || location == "" || strings.HasPrefix(location, uri) {
			return a, failure
		}
		from, err := url.Parse(address)
		if err != nil {
			return a, nil
		}
		next, err := from.Parse(location)
		if err != nil || !sameOrigin(next, from) {
			return a, nil
		}
		address = next.String()
	}
	return nil, refuse(ReasonRedirects, "more than %d redirects", most)
}

// answered judges what the provider says where the redirect URI is known.
func (x *examiner) answered(uri string, q url.Values) {
	code := q.Get("error")
	description := ""
	if text := q.Get("error_description"); text != "" {
		description = fmt.Sprintf(", description %q", brief(text))
	}
	switch code {
	case "", "login_required", "interaction_required", "consent_required", "account_selection_required":
		x.good("redirect URI", "%s is registered", uri)
	case "invalid_scope":
		x.good("redirect URI", "%s is registered", uri)
		x.bad("scopes granted", fmt.Errorf("the provider says invalid_scope to %s%s", strings.Join(x.o.Scopes, " "), description),
			"Allow the application these scopes at the provider, or leave them out of scopes.")
	case "unauthorized_client", "unsupported_response_type":
		x.bad("authorization", fmt.Errorf("the provider says %s%s", code, description), "Allow the application the grant type authorization_code with the response type code.")
	default:
		x.bad("authorization", fmt.Errorf("the provider says %q%s", brief(code), description), "See authorization_params, pkce and par in the configuration against the application's settings.")
	}
}

// register says where.
func (x *examiner) register(uri string) string {
	fix := "Register exactly " + uri + " as a redirect URI of the application " + x.o.ClientID
	if x.o.Type == "pingone" {
		return fix + " in PingOne (Applications, the application, Configuration). PingOne shows a mismatch on its own page, \"The request could not be completed\", and never sends people back."
	}
	return fix + "; a slash, a port or http instead of https makes it another one. See client_id too."
}

// silentRequest is the address that such a sign-in begins at.
func (x *examiner) silentRequest(ctx context.Context, m *metadata, uri string) (string, *Error) {
	q, err := x.request(m, AuthRequest{
		RedirectURI: uri, State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text(),
		Extra: url.Values{"prompt": {"none"}},
	})
	if err != nil {
		return "", refuse(ReasonAnswerMalformed, "%w", err)
	}
	q.Del("response_mode") // a form would hide where it is posted to
	if x.pushes(m) {
		pushed, failure := x.push(ctx, m, q)
		if failure != nil {
			return "", failure
		}
		q = pushed
	}
	address, err := authorizationAddress(m, q)
	if err != nil {
		return "", refuse(ReasonDiscoveryEndpoint, "%w", err)
	}
	return address, nil
}
