package provider

import "github.com/gatehouse-proxy/gatehouse/identity"

// identify maps claims to the Identity that the rest of the house sees. Lists
// are never cut short: a policy that denies a group must see all of them.
func (p *Provider) identify(l layers) (identity.Identity, error) {
	m := p.o.Claims
	who := identity.Identity{
		Provider: p.o.Name,
		Issuer:   l.text([]string{"iss"}), // verifyIDToken made sure that it is ours
		Subject:  l.token["sub"].(string), // checkSubject made sure
		Name:     l.text(m.Name),
		Username: l.text(m.Username),
	}
	who.Groups, who.GroupsUnreadable = l.groups(m.Groups)
	who.ACR, _ = identity.Scalar(l.token["acr"])
	who.AMR = identity.Strings(l.token["amr"])
	address, fromUserinfo, _ := l.first(m.Email)
	who.Email, _ = address.(string)
	var err error
	if who.EmailVerified, err = p.emailVerified(l, who.Email, fromUserinfo); err != nil {
		return identity.Identity{}, err
	}
	// Each is stored under its whole path, where Claims.Lookup finds it first.
	for _, path := range p.o.Keep {
		if v, _, ok := l.lookup(path); ok {
			if who.Claims == nil {
				who.Claims = identity.Claims{}
			}
			who.Claims[path] = v
		}
	}
	return who, nil
}

func (l layers) text(paths []string) string {
	v, _, _ := l.first(paths)
	s, _ := identity.Scalar(v)
	return s
}
