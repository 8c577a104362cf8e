package provider

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// maxRequestURI bounds what we carry for a pushed request, in bytes.
const maxRequestURI = 2048

// pushes tells whether authorization requests are pushed (RFC 9126): as the
// configuration says, and by auto where the provider takes no others.
func (p *Provider) pushes(m *metadata) bool {
	return p.o.PAR == "required" || p.o.PAR == "auto" && m.requirePAR
}

// push hands the request's parameters to the provider on the back channel and
// returns what the browser carries instead: client_id and a request_uri. It is
// made for one sign-in and forgotten, so that it is used once and within the 60
// seconds that providers give it.
//
// Whoever visits can cause one. Callers limit how many; a provider that says it
// has too many (429) is left alone until the time it names.
func (p *Provider) push(ctx context.Context, m *metadata, q url.Values) (url.Values, *Error) {
	if m.par == "" {
		return nil, refuse(ReasonPARMissing, "par is %s, and neither discovery nor the configuration has an endpoint for it", p.o.PAR)
	}
	if wait := time.Duration(p.pushAgain.Load() - p.o.Now().UnixNano()); wait > 0 {
		e := refuse(ReasonThrottling, "the provider throttled pushed requests before")
		e.RetryAfter = wait
		return nil, unavailable(e)
	}
	got, failure := p.call(ctx, m, m.par, q, q.Get("state"), q.Get("nonce"), q.Get("login_hint"), q.Get("code_challenge"))
	switch {
	case failure != nil && failure.Reason == ReasonThrottling:
		p.pushAgain.Store(p.o.Now().Add(min(failure.RetryAfter, time.Minute)).UnixNano())
		return nil, failure
	case failure != nil:
		return nil, failure
	case got.errorCode() == "invalid_scope" && hasOffline(q):
		return p.push(ctx, m, withoutOffline(q))
	case got.errorCode() != "":
		failure = got.refusal()
		if !failure.Unavailable {
			failure.Reason = ReasonPARRefused
		}
		return nil, failure
	case got.status != http.StatusCreated && got.status != http.StatusOK:
		return nil, p.fetch.badStatus(got.answer)
	case got.mediaType() != "application/json":
		return nil, refuse(ReasonAnswerNotJSON, "answered with content type %q, not application/json", brief(got.mediaType()))
	}
	reference, _ := got.object["request_uri"].(string)
	if reference == "" || len(reference) > maxRequestURI || !visible(reference) {
		return nil, refuse(ReasonAnswerMalformed, "request_uri is missing or no address")
	}
	return url.Values{"client_id": {p.o.ClientID}, "request_uri": {reference}}, nil
}
