package config

import "crypto"

// Provider is one item of `providers`.
type Provider struct {
	Name        string `yaml:"name" doc:"Required. Short name, [a-z0-9-]; part of the redirect URI."`
	DisplayName string `yaml:"display_name" doc:"What people read on the sign-in page. Default the name."`
	Type        string `yaml:"type" enum:"oidc,pingone,pingone_enterprise,pingone_aic,pingfederate" otherwise:"; it can be oidc for any OpenID provider (see docs/providers/README.md), pingone, pingone_enterprise, pingone_aic, pingfederate" doc:"Required. oidc for any OpenID provider with discovery. The Ping products build issuer and discovery from fewer words: see docs/providers/ping.md."`

	Issuer        []string  `yaml:"issuer" placeholder:"https://placeholder.invalid/as" doc:"The issuer, exactly as the provider writes it in its tokens. Required for oidc; for the Ping products only to override what is expected. A list while an environment moves to a custom domain: sign-ins go to the first, the tokens of each are accepted by its own keys."`
	DiscoveryURL  *URL      `yaml:"discovery_url" doc:"Where the discovery document is, when not at <issuer>/.well-known/openid-configuration."`
	EnvironmentID string    `yaml:"environment_id" placeholder:"00000000-0000-4000-8000-000000000000" doc:"pingone: the environment's UUID."`
	Region        string    `yaml:"region" enum:"na,ca,eu,au,sg,asia" doc:"pingone: the environment's region. Default na."`
	CustomDomain  string    `yaml:"custom_domain" placeholder:"placeholder.invalid" doc:"pingone, pingone_aic: the custom domain, instead of the region's or tenant's host."`
	Tenant        string    `yaml:"tenant" placeholder:"placeholder.invalid" doc:"pingone_aic: the tenant's host, like example.forgeblocks.com."`
	Realm         string    `yaml:"realm" doc:"pingone_aic: the realm. Default alpha."`
	PolicyID      string    `yaml:"policy_id" doc:"pingfederate: the OpenID Connect policy, when not the default one."`
	BaseURL       *URL      `yaml:"base_url" doc:"pingfederate: its base URL, like https://sso.example.com:9031. For the others it replaces scheme and host of what the type builds, for private clouds and tests."`
	Endpoints     Endpoints `yaml:"endpoints" doc:"Each overrides discovery; with issuer, authorization, token and jwks set, no discovery is made."`

	ClientID     string   `yaml:"client_id" doc:"Required. The application's client id at the provider."`
	ClientSecret []Secret `yaml:"client_secret" doc:"The client secret; a list while rotating, tried in order. Absent for a public client."`
	ClientAuth   string   `yaml:"client_auth" default:"auto" enum:"auto,client_secret_basic,client_secret_post,client_secret_jwt,private_key_jwt,none" doc:"How we authenticate to the provider. auto: private_key_jwt with a private_key alone, none without a secret, otherwise basic if discovery lists it or lists nothing, else post."`
	PrivateKey   Secret   `yaml:"private_key" doc:"Private key in PEM form for private_key_jwt: RSA of at least 2048 bits (RS256, or PS256 where only that is listed) or EC on P-256 (ES256). Its public half is served under <auth_path>/client-jwks.json."`

	Scopes              []string          `yaml:"scopes" default:"[openid, email, profile]" doc:"Scopes to ask for; openid is required. offline_access is added where discovery lists it and a refresh token is used, and left out again if the provider refuses it."`
	PKCE                string            `yaml:"pkce" default:"required" enum:"required,auto,off" doc:"Proof key for code exchange, always S256. auto: only if discovery lists S256."`
	PAR                 string            `yaml:"par" default:"auto" enum:"auto,required,off" doc:"Pushed authorization requests (RFC 9126). auto: when the provider's metadata demands them."`
	ResponseMode        string            `yaml:"response_mode" default:"query" enum:"query,form_post" doc:"How the answer comes. form_post keeps it out of addresses; it needs https, because its attempt cookie travels across sites (SameSite=None; Secure)."`
	AuthorizationParams map[string]string `yaml:"authorization_params" doc:"Further parameters of the authorization request: prompt, acr_values, login_hint, max_age, …"`
	Userinfo            string            `yaml:"userinfo" default:"auto" enum:"auto,always,never" doc:"When the userinfo endpoint is asked. auto: when one exists and the ID token lacks a claim that this configuration uses."`

	Claims               ClaimMap `yaml:"claims" doc:"Which claim holds what. Each is a claim path (a.b.c) or a list of them; the first non-empty wins, ID token before userinfo."`
	SignOutHint          string   `yaml:"sign_out_hint" default:"auto" enum:"auto,always,never" doc:"Whether the ID token is kept for id_token_hint, so that the provider signs out without asking. auto: with sessions in Redis, and for pingone_aic, which demands it. Without it client_id is sent."`
	SigningAlgs          []string `yaml:"signing_algs" default:"[RS256, ES256, PS256, EdDSA]" enum:"RS256,RS384,RS512,ES256,ES384,ES512,PS256,PS384,PS512,EdDSA" doc:"Accepted signature algorithms of ID tokens; asymmetric only."`
	EmailDomains         []string `yaml:"email_domains" placeholder:"placeholder.invalid" doc:"Domains this provider may speak for; addresses of others count as unverified."`
	RequireEmailVerified string   `yaml:"require_email_verified" default:"auto" enum:"auto,always,never" doc:"auto: true is verified, an absent claim is verified from PingOne, from a provider with email_domains and from an only provider. always: a sign-in without true is refused. never: every address counts as verified."`
	ClockSkew            Duration `yaml:"clock_skew" default:"60s" doc:"Tolerance for the provider's clock; at most 60s."`
	CA                   string   `yaml:"ca" doc:"PEM file with extra root certificates for this provider."`
	InsecureHTTP         bool     `yaml:"insecure_http" doc:"Allows http for endpoints that are not loopback. Tokens then cross the network in clear."`

	clientKey crypto.Signer // of PrivateKey, parsed when the file was
}

// ClientKey is the key of private_key_jwt, nil if the file has none.
func (o *Provider) ClientKey() crypto.Signer { return o.clientKey }

// Endpoints is the `endpoints` block of a provider.
type Endpoints struct {
	Authorization *URL `yaml:"authorization" doc:"Authorization endpoint."`
	Token         *URL `yaml:"token" doc:"Token endpoint."`
	JWKS          *URL `yaml:"jwks" doc:"JSON Web Key Set."`
	Userinfo      *URL `yaml:"userinfo" doc:"Userinfo endpoint."`
	EndSession    *URL `yaml:"end_session" doc:"End-session endpoint: where signing out goes on. At PingOne, …/as/idpSignoff ends the session without its cookie."`
	Introspection *URL `yaml:"introspection" doc:"Introspection endpoint (RFC 7662)."`
	Revocation    *URL `yaml:"revocation" doc:"Revocation endpoint (RFC 7009)."`

	PAR *URL `yaml:"par" doc:"Pushed authorization request endpoint (RFC 9126)."`
}

// ClaimMap is the `claims` block of a provider.
type ClaimMap struct {
	Email    []string `yaml:"email" default:"email" doc:"The e-mail address."`
	Groups   []string `yaml:"groups" default:"groups" doc:"Group names or ids, a list or one string."`
	Username []string `yaml:"username" default:"preferred_username" doc:"The user name."`
	Name     []string `yaml:"name" default:"name" doc:"The display name."`
}
