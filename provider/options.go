package provider

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// maxClockSkew is the most that a provider's clock may be off (RFC 7519
// section 4.1.4: "no more than a few minutes").
const maxClockSkew = 60 * time.Second

// Options is what New needs to know about one provider. Empty strings mean
// the default named first in the field's comment.
type Options struct {
	// Name is the provider's name in the configuration, DisplayName what
	// people read on the sign-in page; empty means Name.
	Name, DisplayName string
	// Type is one of Types.
	Type string
	// Issuer is what discovery and every ID token must state, byte for byte.
	// Location builds it from the configuration.
	Issuer string
	// DiscoveryURL is where the discovery document is; empty means
	// /.well-known/openid-configuration under Issuer.
	DiscoveryURL string
	// Others are further issuers of the same environment, accepted while it
	// moves from one address to another. See source.
	Others []At
	// Endpoints override discovery one by one. With Authorization, Token and
	// JWKS all set no discovery is made.
	Endpoints Endpoints
	// ClientID is ours at the provider. ClientSecrets are tried in order
	// when the provider answers invalid_client; none means a public client.
	ClientID      string
	ClientSecrets []string
	// ClientAuth is auto, client_secret_basic, client_secret_post,
	// client_secret_jwt, private_key_jwt or none. See clientAuth.
	ClientAuth string
	// ClientKey signs for private_key_jwt; otherwise it may be nil.
	ClientKey *ClientKey
	// Scopes to ask for; "openid" must be among them.
	Scopes []string
	// PKCE is required, auto (only if discovery lists S256) or off.
	PKCE string
	// PAR is auto (pushed where discovery says that others are refused),
	// required or off.
	PAR string
	// ResponseMode is query or form_post.
	ResponseMode string
	// AuthorizationParams are further parameters of every authorization
	// request, such as prompt or acr_values. With max_age the ID token's
	// auth_time is required and checked.
	AuthorizationParams map[string]string
	// Userinfo is auto, always or never.
	Userinfo string
	// Claims says which claims hold an Identity's fields.
	Claims ClaimMap
	// Keep are the further claim paths that headers and policies refer to.
	Keep []string
	// SigningAlgs are the accepted ID token algorithms, asymmetric only; nil
	// means RS256, ES256, PS256 and EdDSA. Neither a token nor discovery adds
	// to them (RFC 8725 section 3.1).
	SigningAlgs []string
	// EmailDomains are the domains this provider may speak for; empty means
	// all. RequireEmailVerified is auto, always or never. OnlyProvider says
	// that the configuration has no other. See emailVerified.
	EmailDomains         []string
	RequireEmailVerified string
	OnlyProvider         bool
	// ClockSkew tolerates a provider's clock, at most 60 s; zero means none.
	ClockSkew time.Duration
	// Roots is the whole pool that the provider's certificate must chain to,
	// nil the system's. TrustedRoots adds a file to the system's.
	Roots *x509.CertPool
	// InsecureHTTP allows http for endpoints that are not loopback.
	InsecureHTTP bool
	// Log takes changes of the provider's state; nil means none.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Endpoints are absolute URLs at the provider; empty means discovery's.
type Endpoints struct {
	Authorization, Token, JWKS, Userinfo  string
	EndSession, Introspection, Revocation string
	PAR                                   string
}

// ClaimMap names the claim paths of each field of an Identity, most wanted
// first. An empty list leaves the field empty.
type ClaimMap struct{ Email, Groups, Username, Name []string }

// TrustedRoots is the system's pool with the certificates of a PEM file
// added. A file without a single certificate is an error: carrying on with
// the system's pool alone would hide a wrong path.
func TrustedRoots(pem []byte) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the system's certificates: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no PEM certificate")
	}
	return pool, nil
}

// asymmetricAlgs are the signature algorithms that go-jose verifies with a
// public key. HS256 and none are missing on purpose: with them whoever knows
// the client secret, or nobody at all, could sign.
var asymmetricAlgs = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// reservedParams belong to the protocol: an operator's parameter must not
// switch off the state, the nonce or the challenge.
var reservedParams = []string{
	"client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri", "request",
	"request_uri", "response_mode", "response_type", "scope", "state",
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *string
		value string
	}{
		{&o.DisplayName, o.Name},
		{&o.Type, "oidc"},
		{&o.ClientAuth, "auto"},
		{&o.PKCE, "required"},
		{&o.PAR, "auto"},
		{&o.ResponseMode, "query"},
		{&o.Userinfo, "auto"},
		{&o.RequireEmailVerified, "auto"},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if o.Scopes == nil {
		o.Scopes = []string{"openid", "email", "profile"}
	}
	if o.SigningAlgs == nil {
		o.SigningAlgs = []string{"RS256", "ES256", "PS256", "EdDSA"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Keep = slices.Compact(slices.Sorted(slices.Values(o.Keep)))
	domains := make([]string, len(o.EmailDomains))
	for i, domain := range o.EmailDomains {
		domains[i] = identity.FoldASCII(domain)
	}
	o.EmailDomains = slices.Compact(slices.Sorted(slices.Values(domains)))
	if o.DiscoveryURL == "" {
		o.DiscoveryURL = discoveryAt(o.Issuer)
	}
	o.Others = slices.Clone(o.Others)
	for i := range o.Others {
		if o.Others[i].DiscoveryURL == "" {
			o.Others[i].DiscoveryURL = discoveryAt(o.Others[i].Issuer)
		}
	}
	return o
}

// same reports whether o and other, both with their defaults, make the same
// provider. Log and clock are the process's and do not count.
func (o Options) same(other Options) bool {
	if (o.Roots == nil) != (other.Roots == nil) || o.Roots != nil && !o.Roots.Equal(other.Roots) {
		return false
	}
	if (o.ClientKey == nil) != (other.ClientKey == nil) || o.ClientKey != nil && o.ClientKey.id != other.ClientKey.id {
		return false
	}
	for _, each := range []*Options{&o, &other} {
		each.Log, each.Now, each.Roots, each.ClientKey = nil, nil, nil, nil
	}
	return reflect.DeepEqual(o, other)
}

// ats are all issuers, the first the one that sign-ins go to.
func (o *Options) ats() []At { return append([]At{{o.Issuer, o.DiscoveryURL}}, o.Others...) }

// validate is the last line of defence behind the configuration's own checks:
// what would weaken a sign-in is refused here too.
func (o Options) validate() error {
	rule := urlRule{loopbackHTTP: true, insecureHTTP: o.InsecureHTTP}
	for i, at := range o.ats() {
		switch err := rule.check(at.Issuer); {
		case err != nil:
			return fmt.Errorf("issuer: %w", err)
		case strings.Contains(at.Issuer, "?"): // OpenID Connect Discovery section 3
			return errors.New("issuer: must not have a query")
		case slices.ContainsFunc(o.ats()[:i], func(earlier At) bool { return earlier.Issuer == at.Issuer }):
			return fmt.Errorf("issuer: %q comes twice", at.Issuer)
		}
		if err := rule.check(at.DiscoveryURL); err != nil {
			return fmt.Errorf("discovery_url: %w", err)
		}
	}
	for _, u := range []struct{ name, value string }{
		{"endpoints.authorization", o.Endpoints.Authorization},
		{"endpoints.token", o.Endpoints.Token},
		{"endpoints.jwks", o.Endpoints.JWKS},
		{"endpoints.userinfo", o.Endpoints.Userinfo},
		{"endpoints.par", o.Endpoints.PAR},
		{"endpoints.end_session", o.Endpoints.EndSession},
		{"endpoints.introspection", o.Endpoints.Introspection},
		{"endpoints.revocation", o.Endpoints.Revocation},
	} {
		if u.value == "" {
			continue
		}
		if err := rule.check(u.value); err != nil {
			return fmt.Errorf("%s: %w", u.name, err)
		}
	}
	for _, choice := range []struct {
		name, value string
		allowed     []string
	}{
		{"type", o.Type, Types()},
		{"client_auth", o.ClientAuth, []string{"auto", authBasic, authPost, authSecretJWT, authPrivateJWT, authNone}},
		{"pkce", o.PKCE, []string{"required", "auto", "off"}},
		{"par", o.PAR, []string{"auto", "required", "off"}},
		{"response_mode", o.ResponseMode, []string{"query", "form_post"}},
		{"userinfo", o.Userinfo, []string{"auto", "always", "never"}},
		{"require_email_verified", o.RequireEmailVerified, []string{"auto", "always", "never"}},
	} {
		if !slices.Contains(choice.allowed, choice.value) {
			return fmt.Errorf("%s: unknown value %q", choice.name, choice.value)
		}
	}
	switch {
	case o.Name == "":
		return errors.New("name is missing")
	case o.ClientID == "":
		return errors.New("client_id is missing")
	case !slices.Contains(o.Scopes, "openid"):
		return errors.New(`scopes: "openid" is missing`)
	case len(o.SigningAlgs) == 0:
		return errors.New("signing_algs is empty")
	case o.ClockSkew < 0 || o.ClockSkew > maxClockSkew:
		return fmt.Errorf("clock_skew: must be between 0s and %v", maxClockSkew)
	}
	for _, alg := range o.SigningAlgs {
		if !slices.Contains(asymmetricAlgs, alg) {
			return fmt.Errorf("signing_algs: %q is no asymmetric signature algorithm", alg)
		}
	}
	for _, name := range reservedParams {
		if _, set := o.AuthorizationParams[name]; set {
			return fmt.Errorf("authorization_params: %q is set by the protocol", name)
		}
	}
	if err := o.checkClientAuth(); err != nil {
		return err
	}
	_, _, err := o.maxAge()
	return err
}

// maxAge is the max_age of AuthorizationParams, and whether there is one.
func (o Options) maxAge() (time.Duration, bool, error) {
	value, asked := o.AuthorizationParams["max_age"]
	if !asked {
		return 0, false, nil
	}
	seconds, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, false, fmt.Errorf("authorization_params: max_age: %q is no number of seconds", value)
	}
	return time.Duration(seconds) * time.Second, true, nil
}
