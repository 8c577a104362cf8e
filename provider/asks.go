package provider

import (
	"net/url"
	"strings"
)

// asks are the addresses that people are sent to, as far as they are the same
// for everybody, by what is done about offline_access. They are written once,
// when the endpoint is known: whoever comes without a session causes one.
type asks struct{ plain, offline, online string }

func (p *Provider) newAsks(m *metadata) asks {
	return asks{
		plain:   p.ask(m, AuthRequest{}),
		offline: p.ask(m, AuthRequest{Offline: true}),
		online:  p.ask(m, AuthRequest{Online: true}),
	}
}

// ask is empty where an address has to be written as a whole.
func (p *Provider) ask(m *metadata, r AuthRequest) string {
	address, err := authorizationAddress(m, p.standing(m, r))
	if err != nil || strings.Contains(address, "#") { // nothing can be added behind a fragment
		return ""
	}
	return address
}

// of is the one for r, empty if r has wishes of its own.
func (a *asks) of(r AuthRequest) string {
	switch {
	case len(r.Extra) > 0:
		return ""
	case r.Online:
		return a.online
	case r.Offline:
		return a.offline
	}
	return a.plain
}

// finish adds to ask what is one sign-in's own.
func (p *Provider) finish(ask string, m *metadata, r AuthRequest) (string, error) {
	challenge, err := p.challenge(m, r)
	if err != nil {
		return "", err
	}
	pkce := ""
	if challenge != "" {
		pkce = "&code_challenge_method=S256&code_challenge="
	}
	return ask + "&redirect_uri=" + url.QueryEscape(r.RedirectURI) +
		"&state=" + url.QueryEscape(r.State) + "&nonce=" + url.QueryEscape(r.Nonce) + pkce + challenge, nil
}
