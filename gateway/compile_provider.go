package gateway

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

// providerOptions translates one provider of the file. keep are the claims that
// headers and policies refer to, only says that there is no other provider.
func providerOptions(c *config.Provider, keep []string, only bool, process Process) (provider.Options, error) {
	at, err := location(c).Resolve()
	if err != nil {
		return provider.Options{}, fmt.Errorf("provider %s: %w", c.Name, err)
	}
	o := provider.Options{
		Name:                 c.Name,
		DisplayName:          c.DisplayName,
		Type:                 c.Type,
		Issuer:               at[0].Issuer,
		DiscoveryURL:         at[0].DiscoveryURL,
		Others:               at[1:],
		ClientID:             c.ClientID,
		ClientAuth:           c.ClientAuth,
		Scopes:               c.Scopes,
		PKCE:                 c.PKCE,
		PAR:                  c.PAR,
		ResponseMode:         c.ResponseMode,
		AuthorizationParams:  c.AuthorizationParams,
		Userinfo:             c.Userinfo,
		Claims:               provider.ClaimMap{Email: c.Claims.Email, Groups: c.Claims.Groups, Username: c.Claims.Username, Name: c.Claims.Name},
		Keep:                 keep,
		SigningAlgs:          c.SigningAlgs,
		EmailDomains:         c.EmailDomains,
		RequireEmailVerified: c.RequireEmailVerified,
		OnlyProvider:         only,
		ClockSkew:            c.ClockSkew.Std(),
		InsecureHTTP:         c.InsecureHTTP,
		Log:                  process.Log,
		Now:                  process.Now,
		Endpoints: provider.Endpoints{
			Authorization: address(c.Endpoints.Authorization),
			Token:         address(c.Endpoints.Token),
			JWKS:          address(c.Endpoints.JWKS),
			Userinfo:      address(c.Endpoints.Userinfo),
			PAR:           address(c.Endpoints.PAR),
			EndSession:    address(c.Endpoints.EndSession),
			Introspection: address(c.Endpoints.Introspection),
			Revocation:    address(c.Endpoints.Revocation),
		},
	}
	for _, secret := range c.ClientSecret {
		o.ClientSecrets = append(o.ClientSecrets, secret.Reveal())
	}
	if key := c.ClientKey(); key != nil {
		if o.ClientKey, err = provider.NewClientKey(key); err != nil {
			return o, fmt.Errorf("provider %s: private_key: %w", c.Name, err)
		}
	}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return o, fmt.Errorf("provider %s: ca: %w", c.Name, err)
		}
		if o.Roots, err = provider.TrustedRoots(pem); err != nil {
			return o, fmt.Errorf("provider %s: ca: %w", c.Name, err)
		}
	}
	return o, nil
}

func location(c *config.Provider) provider.Location {
	return provider.Location{
		Type: c.Type, Issuers: c.Issuer, DiscoveryURL: address(c.DiscoveryURL),
		EnvironmentID: c.EnvironmentID, Region: c.Region, CustomDomain: c.CustomDomain,
		Tenant: c.Tenant, Realm: c.Realm, PolicyID: c.PolicyID,
		ClientID: c.ClientID, BaseURL: address(c.BaseURL),
	}
}

func address(u *config.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

// appendRoots adds a PEM file to a pool.
func appendRoots(roots *x509.CertPool, file string) error {
	pem, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", file)
	}
	return nil
}
