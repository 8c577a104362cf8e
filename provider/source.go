package provider

import (
	"context"
	"slices"
)

// At is one issuer and where its discovery document is.
type At struct {
	// Issuer is what the document and every token must state, byte for byte.
	Issuer string
	// DiscoveryURL is empty for /.well-known/openid-configuration under Issuer.
	DiscoveryURL string
}

// source is one issuer of a provider, with what it alone publishes. A provider
// has several while its environment moves to a custom domain: PingOne then
// answers under both addresses and writes the one that was asked into tokens.
// Sign-ins go to the first; the others' tokens and answers are accepted too.
//
// Keys belong to their issuer: a token is verified by the keys that the issuer
// it names publishes, and by no other's (RFC 8725 section 3.8). So naming a
// second issuer trusts whoever holds that address, and lets neither of the two
// speak for the other.
type source struct {
	at       At
	metadata *shared[*metadata]
	keys     *keySet
	access   *keySet // the same keys, with a budget of their own for access tokens
	lastErr  string  // of a further issuer's background fetch; Run's alone
}

func (p *Provider) newSource(at At) *source {
	s := &source{at: at}
	s.metadata = &shared[*metadata]{timeout: sharedTimeout, now: p.o.Now, load: func(ctx context.Context) (*metadata, error) {
		m, err := p.loadMetadata(ctx, at)
		if err == nil {
			m.asks = p.newAsks(m)
		}
		return m, err
	}}
	s.keys = &keySet{algs: p.algs, stale: p.suspect, shared: &shared[[]key]{timeout: sharedTimeout, now: p.o.Now, load: func(ctx context.Context) ([]key, error) {
		return p.loadKeys(ctx, s.metadata)
	}}}
	s.access = newAccessKeys(s.keys.shared, p.suspect)
	return s
}

// refresh fetches both documents, keeping the old ones where that fails.
func (s *source) refresh(ctx context.Context) error {
	if err := s.metadata.refresh(ctx); err != nil {
		return err
	}
	return s.keys.shared.refresh(ctx)
}

// refreshOthers looks after the further issuers. What goes wrong there hinders
// no sign-in of its own, so it is logged once and changes no status.
func (p *Provider) refreshOthers(ctx context.Context) {
	for _, s := range p.sources[1:] {
		text := ""
		if err := s.refresh(ctx); err != nil {
			if text = err.Error(); text != s.lastErr && ctx.Err() == nil {
				p.o.Log.Warn("further issuer down", "provider", p.o.Name, "issuer", s.at.Issuer, "error", text)
			}
		}
		s.lastErr = text
	}
}

// Issuers are those that tokens may name, the first the one that is asked.
func (p *Provider) Issuers() []string {
	list := make([]string, len(p.sources))
	for i, s := range p.sources {
		list[i] = s.at.Issuer
	}
	return list
}

// Issues reports whether issuer is this provider's, byte for byte.
func (p *Provider) Issues(issuer string) bool { return p.sourceOf(issuer) != nil }

// Issuer is the issuer that sign-ins go to.
func (p *Provider) Issuer() string { return p.o.Issuer }

// sourceOf finds the issuer that a token or answer names, or nil. The name is
// not proven yet: it only says whose keys must verify.
func (p *Provider) sourceOf(issuer string) *source {
	i := slices.IndexFunc(p.sources, func(s *source) bool { return s.at.Issuer == issuer })
	if i < 0 {
		return nil
	}
	return p.sources[i]
}
