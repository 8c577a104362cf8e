package provider

import (
	"context"
	"net/http"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// userinfo asks the userinfo endpoint when the configuration wants it (OpenID
// Connect Core section 5.3). It returns nil when it is not asked. An endpoint
// that is asked and fails, fails the sign-in: going on with fewer claims
// could turn a policy's deny into silence.
func (p *Provider) userinfo(ctx context.Context, m *metadata, accessToken string, token identity.Claims) (identity.Claims, error) {
	switch {
	case p.o.Userinfo == "never", p.o.Userinfo == "auto" && (m.userinfo == "" || p.complete(token)):
		return nil, nil
	}
	return p.userinfoOf(ctx, m, accessToken, token)
}

// userinfoOf asks, whatever the configuration wants.
func (p *Provider) userinfoOf(ctx context.Context, m *metadata, accessToken string, token identity.Claims) (identity.Claims, error) {
	if m.userinfo == "" {
		return nil, refuse(ReasonUserinfoMissing, "userinfo is always, and neither discovery nor the configuration has an endpoint")
	}
	claims, err := p.askUserinfo(ctx, m.userinfo, accessToken, token)
	if err != nil {
		return nil, err
	}
	// Against token substitution: whoever answers must speak of the same
	// person (Core section 5.3.2).
	if sub, _ := claims["sub"].(string); sub == "" || sub != token["sub"] {
		return nil, refuse(ReasonUserinfoSubject, "userinfo is about another subject than the ID token")
	}
	return claims, nil
}

func (p *Provider) askUserinfo(ctx context.Context, address, accessToken string, token identity.Claims) (identity.Claims, error) {
	a, failure := p.fetch.get(ctx, withoutRedirects(p.fetch.transport), address, accessToken)
	if failure != nil {
		return nil, failure.about("userinfo")
	}
	switch kind := a.mediaType(); {
	case a.status == http.StatusUnauthorized || a.status == http.StatusForbidden:
		return nil, refuse(ReasonUserinfoRefused, "answered %d", a.status)
	case a.status != http.StatusOK:
		return nil, p.fetch.badStatus(a).about("userinfo")
	case kind == "application/jwt":
		return p.signedUserinfo(ctx, strings.TrimSpace(string(a.body)), token)
	case kind != "application/json":
		return nil, refuse(ReasonAnswerNotJSON, "userinfo answered with content type %q, not application/json", brief(kind))
	}
	claims, err := identity.DecodeClaims(a.body)
	if err != nil {
		return nil, refuse(ReasonAnswerMalformed, "userinfo: %s", brief(err.Error()))
	}
	return claims, nil
}

// complete tells whether the ID token alone has every claim that this
// configuration uses.
func (p *Provider) complete(token identity.Claims) bool {
	m := p.o.Claims
	for _, paths := range [][]string{m.Email, m.Groups, m.Username, m.Name} {
		if _, found := token.First(paths); !found && len(paths) > 0 {
			return false
		}
	}
	for _, path := range p.o.Keep {
		if _, found := token.Lookup(path); !found {
			return false
		}
	}
	return true
}

// layers are the claims of one sign-in: userinfo, which may be nil, under the
// ID token.
type layers struct{ token, userinfo identity.Claims }

// protocolClaims describe a token or how the person authenticated. They are
// read from the signed ID token only.
var protocolClaims = map[string]bool{
	"iss": true, "sub": true, "aud": true, "azp": true, "exp": true, "nbf": true, "iat": true, "jti": true,
	"nonce": true, "at_hash": true, "c_hash": true, "s_hash": true, "auth_time": true, "acr": true, "amr": true,
	"sid": true, "events": true, "cnf": true, "typ": true,
}

// lookup finds the claim at path. Where both have the claim the ID token
// wins, whole: userinfo neither adds members to an object that the ID token
// has, nor shadows one with a dotted name.
func (l layers) lookup(path string) (v any, fromUserinfo, ok bool) {
	if v, ok = l.token.Lookup(path); ok {
		return v, false, true
	}
	if v, ok = l.userinfo[path]; ok { // as Claims.Lookup: the whole name first
		return v, true, v != nil && l.free(path)
	}
	name, _, _ := strings.Cut(path, ".")
	if !l.free(name) {
		return nil, false, false
	}
	v, ok = l.userinfo.Lookup(path)
	return v, true, ok
}

// free tells whether a top-level claim is userinfo's to give.
func (l layers) free(name string) bool { return l.token[name] == nil && !protocolClaims[name] }

// first is lookup over several paths, the first that is not empty wins.
func (l layers) first(paths []string) (v any, fromUserinfo, ok bool) {
	for _, path := range paths {
		v, fromUserinfo, ok := l.lookup(path)
		if !ok {
			continue
		}
		if _, filled := (identity.Claims{"v": v}).First([]string{"v"}); filled {
			return v, fromUserinfo, true
		}
	}
	return nil, false, false
}
