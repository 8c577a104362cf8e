package provider

import (
	"maps"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Assume is what a sign-in with these ID token claims would bring: the same
// mapping, nothing verified and nobody asked. It is for explaining. Absent iss
// and sub are filled in; age, unless nil, is how long ago auth_time shall be.
func (p *Provider) Assume(claims identity.Claims, age *time.Duration) (*Grant, error) {
	claims = maps.Clone(claims)
	if claims == nil {
		claims = identity.Claims{}
	}
	if list := p.Issuers(); claims["iss"] == nil && len(list) > 0 {
		claims["iss"] = list[0]
	}
	if claims["sub"] == nil {
		claims["sub"] = "someone"
	}
	if err := checkSubject(claims["sub"]); err != nil {
		return nil, refuse(ReasonIDTokenSubject, "%w", err)
	}
	grant := &Grant{}
	if at, present := claims["auth_time"]; present && at != nil {
		var ok bool
		if grant.AuthTime, ok = numericDate(at); !ok {
			return nil, refuse(ReasonIDTokenTimes, "auth_time is no sensible number of seconds")
		}
	}
	if age != nil {
		grant.AuthTime = p.o.Now().Add(-*age)
	}
	var err error
	if grant.Identity, err = p.identify(layers{token: claims}); err != nil {
		return nil, err
	}
	return grant, nil
}

// Mapped writes an address and groups as claims that the mapping reads back.
func (p *Provider) Mapped(to identity.Claims, name string, value any) {
	paths := map[string][]string{
		"email": p.o.Claims.Email, "groups": p.o.Claims.Groups, "username": p.o.Claims.Username, "name": p.o.Claims.Name,
	}[name]
	if len(paths) == 0 {
		paths = []string{name}
	}
	to[paths[0]] = value // under its whole path, where Claims.Lookup finds it first
	if name == "email" {
		to[name] = value // email_verified speaks of this one (OpenID Connect Core section 5.1)
	}
}
