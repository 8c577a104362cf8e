package provider

import (
	"context"
	"net/url"
	"strings"
)

const (
	// maxHint bounds an id_token_hint, in bytes: it travels in an address, and
	// providers and the proxies before them take some 8 KiB (PingOne: 8192
	// characters for address and state together).
	maxHint = 6 << 10
	// idpSignoff is the end of PingOne's address that ends a session by the
	// hint alone, without its cookie.
	idpSignoff = "/idpSignoff"
)

// SignOut is a person's wish to be signed out at the provider as well.
type SignOut struct {
	IDToken     string // the one kept for the hint, or empty
	RedirectURI string // post_logout_redirect_uri, registered at the provider
	State       string // comes back to RedirectURI as it is
}

// EndSessionURL is where to send the browser to end its session at the
// provider (OpenID Connect RP-Initiated Logout 1.0 section 2). It is empty if
// the provider has no such address, or none that would do without a hint that
// is not at hand: the person is signed out here alone then. It waits 2 s at
// most for discovery, and not at all for a provider that is down.
func (p *Provider) EndSessionURL(ctx context.Context, s SignOut) (string, error) {
	// While an environment moves, the one who issued the hint takes it.
	from := p.sourceOf(claimedIssuer(s.IDToken))
	if from == nil {
		from = p.sources[0]
	}
	m, err := from.atHand(ctx)
	if err != nil {
		return "", err
	}
	if m.signOut.endSession == "" && m.signOut.startSLO != "" {
		return withQuery(m.signOut.startSLO, url.Values{"TargetResource": {s.RedirectURI}})
	}
	if m.signOut.endSession == "" {
		return "", nil
	}
	end, err := url.Parse(m.signOut.endSession)
	if err != nil {
		return "", err
	}
	q := url.Values{"client_id": {p.o.ClientID}, "post_logout_redirect_uri": {s.RedirectURI}, "state": {s.State}}
	if s.IDToken != "" && len(s.IDToken) <= maxHint && p.takesHint(from.at.Issuer, end) {
		q.Set("id_token_hint", s.IDToken)
	} else if p.needsHint(end) {
		return "", nil
	}
	return withQuery(m.signOut.endSession, q)
}

// takesHint: PingOne refuses a hint whose iss is on another host than the
// address, as after a move to a custom domain.
func (p *Provider) takesHint(issuer string, end *url.URL) bool {
	u, err := url.Parse(issuer)
	return p.o.Type != "pingone" || err == nil && u.Host == end.Host
}

// needsHint: without one these show an error page, from which nobody comes
// back.
func (p *Provider) needsHint(end *url.URL) bool {
	return p.o.Type == "pingone_aic" || strings.HasSuffix(end.Path, idpSignoff)
}

// withQuery adds to the query that an endpoint may have already.
func withQuery(address string, add url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	for name, values := range add {
		if values[0] != "" {
			q[name] = values
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
