package provider

import (
	"context"
	"net/url"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// metadata is what we use of a provider's discovery document (OpenID Connect
// Discovery section 3), with the configuration's endpoints put over it. It
// never changes once made.
type metadata struct {
	authorization, token, jwks string
	userinfo                   string // may be empty
	signOut                    signOutEndpoints
	authMethods                []string
	assertionAlgs              []string // token_endpoint_auth_signing_alg_values_supported
	s256                       bool     // code_challenge_methods_supported lists S256
	challengesListed           bool     // it lists any method at all
	par                        string   // pushed_authorization_request_endpoint; may be empty
	requirePAR                 bool     // require_pushed_authorization_requests
	scopes                     []string // scopes_supported
	issInResponse              bool     // authorization_response_iss_parameter_supported

	asks asks // made of the above
}

// loadMetadata is one fetch of the discovery document, or none at all when
// the configuration says everything.
func (p *Provider) loadMetadata(ctx context.Context, at At) (*metadata, error) {
	e := p.o.Endpoints
	if p.withoutDiscovery() {
		return &metadata{
			authorization: e.Authorization, token: e.Token, jwks: e.JWKS, userinfo: e.Userinfo, par: e.PAR,
			signOut: p.signOutEndpoints(nil, at),
		}, nil
	}
	document, err := p.fetch.document(ctx, "discovery", at.DiscoveryURL)
	if err != nil {
		return nil, err
	}
	m, failure := p.readMetadata(document, at)
	if failure != nil {
		return nil, unavailable(failure).about("discovery " + at.DiscoveryURL)
	}
	return m, nil
}

// withoutDiscovery tells whether the configuration names every endpoint that a
// sign-in needs.
func (p *Provider) withoutDiscovery() bool {
	e := p.o.Endpoints
	return e.Authorization != "" && e.Token != "" && e.JWKS != ""
}

func (p *Provider) readMetadata(document identity.Claims, at At) (*metadata, *Error) {
	// First of all, whose document is this? Were a byte of difference
	// allowed, one provider could name another's endpoints (mix-up, RFC 9700
	// section 4.4).
	if issuer, _ := document["issuer"].(string); issuer != at.Issuer {
		return nil, refuse(ReasonDiscoveryIssuer, "expected issuer %q, the document says %q", at.Issuer, brief(issuer))
	}
	m := &metadata{signOut: p.signOutEndpoints(document, at)}
	for _, endpoint := range []struct {
		name, configured string
		required         bool
		into             *string
	}{
		{"authorization_endpoint", p.o.Endpoints.Authorization, true, &m.authorization},
		{"token_endpoint", p.o.Endpoints.Token, true, &m.token},
		{"jwks_uri", p.o.Endpoints.JWKS, true, &m.jwks},
		{"userinfo_endpoint", p.o.Endpoints.Userinfo, false, &m.userinfo},
	} {
		if endpoint.configured != "" {
			*endpoint.into = endpoint.configured
			continue
		}
		address, err := p.discovered(document, at, endpoint.name, endpoint.required)
		if err != nil {
			return nil, err
		}
		*endpoint.into = address
	}
	// What most sign-ins do without keeps nobody out: an odd value reads as none.
	m.par = p.optional(document, at, p.o.Endpoints.PAR, "pushed_authorization_request_endpoint")
	m.requirePAR, _ = document["require_pushed_authorization_requests"].(bool)
	m.scopes = identity.Strings(document["scopes_supported"])
	m.assertionAlgs = identity.Strings(document["token_endpoint_auth_signing_alg_values_supported"])
	var challenges []string
	for _, list := range []struct {
		name string
		into *[]string
	}{
		{"token_endpoint_auth_methods_supported", &m.authMethods},
		{"code_challenge_methods_supported", &challenges},
	} {
		v, present := document[list.name]
		if _, isList := v.([]any); present && v != nil && !isList {
			return nil, refuse(ReasonAnswerMalformed, "%s is no list", list.name)
		}
		*list.into = identity.Strings(v)
	}
	m.challengesListed = len(challenges) > 0
	m.s256 = slices.Contains(challenges, "S256")
	switch v := document["authorization_response_iss_parameter_supported"].(type) {
	case nil:
	case bool:
		m.issInResponse = v
	default:
		return nil, refuse(ReasonAnswerMalformed, "authorization_response_iss_parameter_supported is no boolean")
	}
	return m, nil
}

// optional reads an endpoint that few need: the configuration's, else
// discovery's, and one that cannot be used counts as missing.
func (p *Provider) optional(document identity.Claims, at At, configured, name string) string {
	if configured != "" {
		return configured
	}
	address, err := p.discovered(document, at, name, false)
	if err != nil {
		p.o.Log.Warn("endpoint of the provider left out", "provider", p.o.Name, "error", err.Error())
	}
	return address
}

// discovered reads one endpoint. It may be on another host, as it is with
// Google and others, but never without TLS.
func (p *Provider) discovered(document identity.Claims, at At, name string, required bool) (string, *Error) {
	v, present := document[name]
	if !present || v == nil {
		if required {
			return "", refuse(ReasonDiscoveryEndpoint, "%s is missing", name)
		}
		return "", nil
	}
	address, ok := v.(string)
	if !ok {
		return "", refuse(ReasonDiscoveryEndpoint, "%s is no string", name)
	}
	from, err := url.Parse(at.DiscoveryURL)
	if err != nil {
		return "", refuse(ReasonDiscoveryEndpoint, "%w", err)
	}
	rule := urlRule{loopbackHTTP: loopback(from), insecureHTTP: p.o.InsecureHTTP}
	if err := rule.check(address); err != nil {
		return "", refuse(ReasonDiscoveryEndpoint, "%s %q: %w", name, brief(address), err)
	}
	return address, nil
}
