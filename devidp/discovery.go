package devidp

import (
	"net/http"

	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// metadata is PingOne's discovery document as far as this provider can keep its
// promises. What PingOne writes out although it is false is written out here;
// what PingOne leaves out is left out: logout channels, email_verified, groups,
// the iss response parameter, acr_values, and public clients' "none".
type metadata struct {
	*oidc.DiscoveryConfiguration
	ClaimsParameter  bool `json:"claims_parameter_supported"`
	RequestParameter bool `json:"request_parameter_supported"`
	RequirePAR       bool `json:"require_pushed_authorization_requests"`

	PAR           string   `json:"pushed_authorization_request_endpoint"`
	AssertionAlgs []string `json:"token_endpoint_auth_signing_alg_values_supported"`
}

func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	d := op.CreateDiscoveryConfig(r.Context(), s.op, s.store)
	d.DeviceAuthorizationEndpoint = ""
	d.ScopesSupported = []string{"openid", "profile", "email", "offline_access"}
	d.ResponseTypesSupported = []string{"code"}
	d.ResponseModesSupported = []string{"query", "fragment", "form_post"}
	d.GrantTypesSupported = []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken}
	d.CodeChallengeMethodsSupported = []oidc.CodeChallengeMethod{oidc.CodeChallengeMethodPlain, oidc.CodeChallengeMethodS256}
	d.TokenEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost, "client_secret_jwt", oidc.AuthMethodPrivateKeyJWT}
	d.RevocationEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost}
	d.IntrospectionEndpointAuthMethodsSupported = []oidc.AuthMethod{oidc.AuthMethodBasic}
	d.TokenEndpointAuthSigningAlgValuesSupported = nil
	d.RevocationEndpointAuthSigningAlgValuesSupported = nil
	d.IntrospectionEndpointAuthSigningAlgValuesSupported = nil
	d.RequestObjectSigningAlgValuesSupported = nil
	d.ClaimsSupported = []string{
		"sub", "iss", "aud", "iat", "exp", "nonce", "acr", "amr", "auth_time", "at_hash",
		"preferred_username", "given_name", "family_name", "name", "email",
	}
	httphelper.MarshalJSON(w, metadata{
		DiscoveryConfiguration: d, RequirePAR: s.requirePAR, PAR: s.issuer + "/par",
		AssertionAlgs: []string{"RS256", "PS256", "ES256", "HS256"},
	})
}
