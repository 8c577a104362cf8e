package provider

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// tokens is a successful answer of the token endpoint.
type tokens struct {
	id, access, refresh string
	expires             time.Time // of access; zero: unknown
}

// exchange trades the code for tokens (RFC 6749 section 4.1.3).
//
// Several secrets are tried in order as long as the provider says
// invalid_client. Providers authenticate the client before they look at the
// code, but one that does otherwise has burnt it by the second try; that
// person starts again, and the next attempt begins with the next secret.
func (p *Provider) exchange(ctx context.Context, m *metadata, r Redemption) (*tokens, error) {
	style, secrets := p.clientAuth(m)
	first := int(p.secret.Load())
	var failure *Error
	for n := range len(secrets) {
		i := (first + n) % len(secrets)
		var t *tokens
		if t, failure = p.exchangeWith(ctx, m, r, style, secrets[i]); failure == nil {
			return t, nil
		}
		if failure.Reason != ReasonClientRejected {
			break
		}
		p.secret.CompareAndSwap(int32(i), int32((i+1)%len(secrets)))
	}
	return nil, failure.about("exchange code")
}

// clientAuth is how we authenticate at the token endpoint: x/oauth2's header
// style is client_secret_basic with both parts form-encoded (RFC 6749 section
// 2.3.1), its parameter style client_secret_post, or none without a secret.
func (p *Provider) clientAuth(m *metadata) (oauth2.AuthStyle, []string) {
	const basic, post = oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams
	secrets := p.o.ClientSecrets
	switch {
	case len(secrets) == 0 || p.o.ClientAuth == "none":
		return post, []string{""}
	case p.o.ClientAuth == "client_secret_basic":
		return basic, secrets
	case p.o.ClientAuth == "client_secret_post":
		return post, secrets
	case len(m.authMethods) == 0 || slices.Contains(m.authMethods, "client_secret_basic"):
		return basic, secrets
	}
	return post, secrets
}

func (p *Provider) exchangeWith(ctx context.Context, m *metadata, r Redemption, style oauth2.AuthStyle, secret string) (*tokens, *Error) {
	rec := &recorder{base: p.fetch.transport}
	config := oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: secret, RedirectURL: r.RedirectURI,
		Endpoint: oauth2.Endpoint{TokenURL: m.token, AuthStyle: style},
	}
	var options []oauth2.AuthCodeOption
	if p.challenges(m) {
		options = append(options, oauth2.VerifierOption(r.Verifier))
	}
	_, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, withoutRedirects(rec)), r.Code, options...)
	if rec.answer == nil {
		return nil, transportFailure(ctx, err)
	}
	// From here on the recorded answer counts. The library's error is not
	// wrapped: it holds the body, and with it perhaps a token.
	secrets := []string{r.Code, r.Verifier, secret, base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(p.o.ClientID) + ":" + url.QueryEscape(secret)))}
	t, failure := p.readTokens(rec.answer, secrets)
	if failure == nil && err != nil {
		return nil, refuse(ReasonAnswerMalformed, "the token answer cannot be read")
	}
	return t, failure
}

// readTokens reads the token endpoint's answer strictly (RFC 6749 sections
// 5.1 and 5.2, OpenID Connect Core section 3.1.3.3).
func (p *Provider) readTokens(a *answer, secrets []string) (*tokens, *Error) {
	if a.status >= 500 || a.status == http.StatusTooManyRequests || a.status/100 == 3 {
		return nil, p.fetch.badStatus(a)
	}
	object, err := identity.DecodeClaims(a.body)
	if code, _ := object["error"].(string); err == nil && code != "" {
		return nil, tokenRefusal(code, object, secrets)
	}
	switch {
	case a.status == http.StatusUnauthorized:
		return nil, refuse(ReasonClientRejected, "answered %d", a.status)
	case a.status != http.StatusOK:
		return nil, p.fetch.badStatus(a)
	case a.mediaType() != "application/json":
		return nil, refuse(ReasonAnswerNotJSON, "answered with content type %q, not application/json", brief(a.mediaType()))
	case err != nil:
		return nil, refuse(ReasonAnswerMalformed, "not one strict JSON object")
	}
	if kind, _ := object["token_type"].(string); identity.FoldASCII(kind) != "bearer" {
		return nil, refuse(ReasonTokenType, "token_type is not Bearer")
	}
	t := &tokens{}
	for _, member := range []struct {
		name     string
		required bool
		into     *string
	}{{"access_token", true, &t.access}, {"refresh_token", false, &t.refresh}, {"id_token", false, &t.id}} {
		v, present := object[member.name]
		s, isString := v.(string)
		if present && v != nil && !isString || !visible(s) || member.required && s == "" {
			return nil, refuse(ReasonAnswerMalformed, "%s is missing or no token", member.name)
		}
		*member.into = s
	}
	if t.id == "" {
		return nil, refuse(ReasonIDTokenMissing, "no id_token in the answer")
	}
	if t.expires, err = p.expiry(object["expires_in"]); err != nil {
		return nil, refuse(ReasonAnswerMalformed, "expires_in: %w", err)
	}
	return t, nil
}

// tokenRefusal translates an error answer. The provider's description is kept
// for the log, bounded, escaped, and without what we just sent it.
func tokenRefusal(code string, object identity.Claims, secrets []string) *Error {
	description, _ := object["error_description"].(string)
	cause := fmt.Errorf("error %q, description %q", brief(redact(code, secrets)), brief(redact(description, secrets)))
	switch code {
	case "invalid_grant":
		return &Error{Reason: ReasonCodeRejected, Err: cause}
	case "invalid_client":
		return &Error{Reason: ReasonClientRejected, Err: cause}
	case "server_error", "temporarily_unavailable":
		return unavailable(&Error{Reason: ReasonFailing, Err: cause})
	}
	return &Error{Reason: ReasonTokenRefused, Err: cause}
}

// redact blots out secrets that a provider repeats, as they are or as a form
// writes them.
func redact(s string, secrets []string) string {
	for _, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret)} {
			if form != "" {
				s = strings.ReplaceAll(s, form, "[redacted]")
			}
		}
	}
	return s
}

// visible tells whether a token consists of VSCHAR alone (RFC 6749 appendix
// A), without blanks: it goes into headers.
func visible(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// expiry reads expires_in, seconds as a number or, as some providers have it,
// a string. A year is as good as for ever.
func (p *Provider) expiry(v any) (time.Time, error) {
	if v == nil {
		return time.Time{}, nil
	}
	s, ok := identity.Scalar(v)
	seconds, err := strconv.ParseFloat(s, 64)
	if !ok || err != nil || !(seconds >= 0) {
		return time.Time{}, fmt.Errorf("%q is no number of seconds", brief(s))
	}
	const year = 365 * 24 * 3600
	return p.o.Now().Add(time.Duration(min(seconds, year)) * time.Second), nil
}
