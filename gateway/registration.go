package gateway

import (
	"slices"

	"github.com/gatehouse-proxy/gatehouse/config"
)

// Registration is what an operator registers at one provider.
type Registration struct {
	Provider string `json:"provider"`
	// Issuer is the issuer that the provider's tokens must name.
	Issuer   string `json:"issuer"`
	ClientID string `json:"client_id"`
	// RedirectURIs are compared byte for byte by providers; there is one for
	// each origin whose routes accept the provider.
	RedirectURIs []string `json:"redirect_uris"`
	// SignedOutURLs are where a provider may send people after a sign-out.
	SignedOutURLs []string `json:"signed_out_urls"`
}

// Registrations lists what c needs, in the configuration's order.
func Registrations(c *config.Config) []Registration {
	var list []Registration
	for i := range c.Providers {
		p := &c.Providers[i]
		r := Registration{Provider: p.Name, ClientID: p.ClientID}
		if at, err := location(p).Resolve(); err == nil {
			r.Issuer = at[0].Issuer
		}
		for j := range c.Routes {
			route := &c.Routes[j]
			if len(route.Providers) > 0 && !slices.Contains(route.Providers, p.Name) {
				continue
			}
			base := route.From.Scheme + "://" + route.From.Host + c.Server.AuthPath
			if home := authOrigin(&c.Server); home != "" {
				base = home + c.Server.AuthPath
			}
			if callback := base + "/callback/" + p.Name; !slices.Contains(r.RedirectURIs, callback) {
				r.RedirectURIs = append(r.RedirectURIs, callback)
				r.SignedOutURLs = append(r.SignedOutURLs, base+"/signed-out")
			}
		}
		list = append(list, r)
	}
	return list
}

// authOrigin is the one origin where people sign in, or "".
func authOrigin(s *config.Server) string {
	if s.AuthURL == nil {
		return ""
	}
	return s.AuthURL.Scheme + "://" + s.AuthURL.Host
}
