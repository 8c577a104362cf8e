package provider

import (
	"context"
	"net/url"
)

// CheckResponse checks that an authorization response, with a code or with an
// error, is this provider's and can be read in one way only. The caller has
// found the attempt by its state before, and redeems nothing unless the error
// is nil.
//
// Against mix-up by a hostile provider (RFC 9207 section 2.4) iss must be the
// expected issuer if it is there, and must be there if discovery announces
// it, on errors too. Not knowing what discovery says is an Unavailable error;
// it may wait 10 s to learn it.
func (p *Provider) CheckResponse(q url.Values) error {
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(q[name]) > 1 {
			return refuse(ReasonResponseAmbiguous, "parameter %s appears twice", name)
		}
	}
	if q.Has("code") && q.Has("error") {
		return refuse(ReasonResponseAmbiguous, "both code and error")
	}
	if q.Has("iss") {
		if iss := q.Get("iss"); !p.Issues(iss) {
			return refuse(ReasonResponseIssuer, "expected issuer %q, the response says %q", p.Issuers(), brief(iss))
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	defer cancel()
	at, err := p.metadata.get(ctx)
	if err != nil {
		return err
	}
	if at.value.issInResponse {
		return refuse(ReasonResponseIssuer, "the response lacks iss, which the provider announces")
	}
	return nil
}
