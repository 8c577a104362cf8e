package provider

import (
	"net/url"
	"slices"
	"strings"
)

// offlineAccess is the scope that brings a refresh token at providers which do
// not give one unasked (OpenID Connect Core section 11).
const offlineAccess = "offline_access"

// scopes are those that a request asks for.
//
// PingOne sends a refresh token unasked, unless the application was granted
// offline_access: then it wants to be asked. So it is asked for where discovery
// lists it and a refresh token would be used, and where the configuration lists
// it. A provider that lists it and does not grant it to us says invalid_scope;
// the second try leaves it out (AuthRequest.Online).
func (p *Provider) scopes(m *metadata, r AuthRequest) []string {
	scopes := slices.Clone(p.o.Scopes)
	switch {
	case r.Online:
		scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == offlineAccess })
	case r.Offline && slices.Contains(m.scopes, offlineAccess) && !slices.Contains(scopes, offlineAccess):
		scopes = append(scopes, offlineAccess)
	}
	return scopes
}

// AsksOffline tells whether a request with this Offline has offline_access
// among its scopes, as far as is known without asking the provider.
func (p *Provider) AsksOffline(offline bool) bool {
	at, _ := p.metadata.peek()
	m := at.value
	if at.generation == 0 {
		m = &metadata{}
	}
	return slices.Contains(p.scopes(m, AuthRequest{Offline: offline}), offlineAccess)
}

func hasOffline(q url.Values) bool {
	return slices.Contains(strings.Fields(q.Get("scope")), offlineAccess)
}

// withoutOffline is the same request for everything else.
func withoutOffline(q url.Values) url.Values {
	q = cloneForm(q)
	scopes := slices.DeleteFunc(strings.Fields(q.Get("scope")), func(s string) bool { return s == offlineAccess })
	q.Set("scope", strings.Join(scopes, " "))
	return q
}
