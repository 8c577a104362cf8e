package provider

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// tokens is a successful answer of the token endpoint.
type tokens struct {
	id, access, refresh string
	expires             time.Time // of access; zero: unknown
}

// exchange trades the code for tokens (RFC 6749 section 4.1.3).
func (p *Provider) exchange(ctx context.Context, m *metadata, r Redemption) (*tokens, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {r.Code}, "redirect_uri": {r.RedirectURI}}
	if p.challenges(m) {
		form.Set("code_verifier", r.Verifier)
	}
	got, failure := p.call(ctx, m, m.token, form, r.Code, r.Verifier)
	if failure != nil {
		return nil, failure.about("exchange code")
	}
	t, failure := p.readTokens(got)
	if failure == nil && t.id == "" {
		failure = refuse(ReasonIDTokenMissing, "no id_token in the answer")
	}
	if failure != nil {
		return nil, failure.about("exchange code")
	}
	return t, nil
}

// readTokens reads the token endpoint's answer strictly (RFC 6749 sections
// 5.1 and 5.2, OpenID Connect Core section 3.1.3.3). It may lack an ID token:
// whoever needs one looks for it.
func (p *Provider) readTokens(got *reply) (*tokens, *Error) {
	object := got.object
	switch {
	case got.errorCode() != "":
		return nil, got.refusal()
	case got.status != http.StatusOK:
		return nil, p.fetch.badStatus(got.answer)
	case got.mediaType() != "application/json":
		return nil, refuse(ReasonAnswerNotJSON, "answered with content type %q, not application/json", brief(got.mediaType()))
	case object == nil:
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
	var err error
	if t.expires, err = p.expiry(object["expires_in"]); err != nil {
		return nil, refuse(ReasonAnswerMalformed, "expires_in: %w", err)
	}
	return t, nil
}

// visible tells whether a token consists of VSCHAR alone (RFC 6749 appendix
// A), without blanks: it goes into headers.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
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
