package gateway

import (
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/login"
)

// renewal says which tokens this configuration uses. Sessions keep no others.
func renewal(c *config.Config) login.Renewal {
	o := login.Renewal{
		Before: c.Session.RefreshBefore.Std(), Recheck: c.Session.Recheck.Std(),
		Reauth: c.Session.OnRefreshFailure == "reauth", Hint: map[string]bool{},
	}
	use := func(headers config.Headers) {
		for _, v := range headers {
			o.Access = o.Access || v != nil && v.Token == "access"
			o.ID = o.ID || v != nil && v.Token == "id"
		}
	}
	use(c.Headers)
	for i := range c.Routes {
		use(c.Routes[i].Headers)
	}
	for i := range c.Providers {
		p := &c.Providers[i]
		// An ID token takes room that cookies do not have, so it is kept in
		// them only where signing out does not work without.
		auto := c.Session.Store == "redis" || p.Type == "pingone_aic"
		o.Hint[p.Name] = p.SignOutHint == "always" || p.SignOutHint == "auto" && auto
	}
	return o
}
