package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// reply is the answer to a call that we made as a client. 5xx, 429, redirects
// and refusals of the client never get this far.
type reply struct {
	*answer
	// object is the body if it is one strict JSON object, otherwise nil.
	object identity.Claims
	// sent are the secrets of the request, which a provider may repeat.
	sent []string
}

// call POSTs a form to one of the provider's endpoints as this client: the one
// way to the token, revocation, introspection and pushed authorization request
// endpoints, whatever client_auth says. secrets are values of the form that
// must not turn up in errors: codes, verifiers, tokens.
//
// Several client secrets are tried in order as long as the provider says
// invalid_client, and the one that works is the first of the next call.
// Providers authenticate the client before they look at the rest; one that does
// otherwise has spent a code by the second try, and that person starts again.
//
// It follows no redirect and reads at most 1 MiB. The caller gives ctx its
// deadline, translates statuses other than 200 by badStatus or refusal, and
// says of the error what it was about.
func (p *Provider) call(ctx context.Context, m *metadata, endpoint string, form url.Values, secrets ...string) (*reply, *Error) {
	way, clientSecrets := p.clientAuth(m)
	first := int(p.secret.Load()) % len(clientSecrets)
	var failure *Error
	for n := range len(clientSecrets) {
		i := (first + n) % len(clientSecrets)
		var got *reply
		got, failure = p.callOnce(ctx, m, endpoint, form, way, clientSecrets[i], secrets)
		if failure == nil {
			return got, nil
		}
		if failure.Reason != ReasonClientRejected {
			break
		}
		p.secret.CompareAndSwap(int32(i), int32((i+1)%len(clientSecrets)))
	}
	return nil, failure
}

func (p *Provider) callOnce(ctx context.Context, m *metadata, endpoint string, form url.Values, way, secret string, secrets []string) (*reply, *Error) {
	form = cloneForm(form)
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	sent, err := p.authenticate(m, header, form, way, secret)
	if err != nil {
		return nil, refuse(ReasonClientRejected, "authenticate: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, refuse(ReasonUnreachable, "%w", err)
	}
	r.Header = header
	a, failure := send(withoutRedirects(p.fetch.transport), r)
	if failure != nil {
		return nil, failure
	}
	if a.status >= 500 || a.status == http.StatusTooManyRequests || a.status/100 == 3 {
		return nil, p.fetch.badStatus(a)
	}
	got := &reply{answer: a, sent: append(sent, secrets...)}
	if object, err := identity.DecodeClaims(a.body); err == nil {
		got.object = object
	}
	if code := got.errorCode(); code == "invalid_client" || code == "" && a.status == http.StatusUnauthorized {
		return nil, got.refusal()
	}
	return got, nil
}

func cloneForm(form url.Values) url.Values {
	clone := make(url.Values, len(form)+3)
	for name, values := range form {
		clone[name] = values
	}
	return clone
}

// errorCode is the error member of an OAuth error answer, "" if it has none.
func (r *reply) errorCode() string {
	code, _ := r.object["error"].(string)
	return code
}

// refusal translates an error answer (RFC 6749 section 5.2). The provider's
// description is kept for the log, bounded, escaped, and without what we just
// sent it.
func (r *reply) refusal() *Error {
	code := r.errorCode()
	if code == "" {
		return refuse(ReasonClientRejected, "answered %d", r.status)
	}
	description, _ := r.object["error_description"].(string)
	cause := fmt.Errorf("error %q, description %q", brief(redact(code, r.sent)), brief(redact(description, r.sent)))
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

// redact blots out secrets that a provider repeats, as they are or as a form or
// JSON writes them.
func redact(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		quoted, _ := json.Marshal(secret) // a string always marshals
		for _, form := range []string{secret, url.QueryEscape(secret), string(quoted[1 : len(quoted)-1])} {
			s = strings.ReplaceAll(s, form, "[redacted]")
		}
	}
	return s
}
