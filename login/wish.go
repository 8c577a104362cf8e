package login

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// Wish is what a route wants of sign-ins that lead to it.
type Wish struct {
	// Providers are the names of those whose sessions count; none is all.
	Providers []string
	Level     session.Level
}

// choices are the providers whose sessions count where a leads, in the
// configuration's order.
func (l *Login) choices(r *http.Request, a ask) []*provider.Provider {
	names := l.providersFor(r, a)
	if len(names) == 0 {
		return l.Providers
	}
	return slices.DeleteFunc(slices.Clone(l.Providers), func(p *provider.Provider) bool {
		return !slices.Contains(names, p.Name())
	})
}

func (l *Login) providersFor(r *http.Request, a ask) []string {
	if a.wished {
		return a.wish.Providers
	}
	at, u := destination(r, a.returnTo)
	path := a.returnTo
	if u != nil {
		path = u.Path
	}
	return l.ProvidersFor(at, path)
}

// destination is the origin that returnTo leads to from r, and the address; nil
// if it cannot be read.
func destination(r *http.Request, returnTo string) (at string, u *url.URL) {
	u, err := url.Parse(returnTo)
	switch {
	case err != nil:
		return origin(r), nil
	case u.Host != "":
		return u.Scheme + "://" + u.Host, u
	}
	return origin(r), u
}

// level is what is asked for where a leads.
func (l *Login) level(r *http.Request, a ask) session.Level {
	if a.wished {
		return a.wish.Level
	}
	at, u := destination(r, a.returnTo)
	if u == nil {
		return session.Level{}
	}
	return l.LevelFor(at, u.EscapedPath())
}
