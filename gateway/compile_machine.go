package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

// desk translates the service tokens; config made sure of the hashes.
func desk(c *config.Config, process Process) *machine.Desk {
	var tokens []machine.ServiceToken
	for _, t := range c.ServiceTokens {
		token := machine.ServiceToken{Name: t.Name, Expires: t.Expires.Time, Used: process.Metrics.ServiceTokenUsed(t.Name)}
		for _, text := range t.SecretSHA256 {
			if hash, err := hex.DecodeString(text); err == nil && len(hash) == sha256.Size {
				token.Hashes = append(token.Hashes, [sha256.Size]byte(hash))
			}
		}
		tokens = append(tokens, token)
	}
	return machine.NewDesk(tokens, slices.Contains(c.Compat, "cloudflare"), process.Now)
}

// bearers compiles the entries of bearer, by name, and their issuers into b.
// keep are the claims that headers and policies refer to.
func (b *Build) bearers(c *config.Config, prev *Build, keep []string, process Process) (map[string]*machine.Bearer, error) {
	all := map[string]*machine.Bearer{}
	for i := range c.Bearer {
		entry := &c.Bearer[i]
		o := machine.BearerOptions{
			Name: entry.Name, Person: entry.As == "user", Provider: cmp.Or(entry.Provider, entry.Name),
			Claims: provider.ClaimMap{Email: entry.Claims.Email, Groups: entry.Claims.Groups, Username: entry.Claims.Username, Name: entry.Claims.Name},
			Keep:   keep, Now: process.Now,
		}
		if err := b.verifying(&o, entry, prev, process); err != nil {
			return nil, fmt.Errorf("bearer %s: %w", entry.Name, err)
		}
		all[entry.Name] = machine.NewBearer(o)
	}
	return all, nil
}

// verifying says how tokens are proven.
func (b *Build) verifying(o *machine.BearerOptions, entry *config.Bearer, prev *Build, process Process) error {
	var tokens *provider.AccessTokens
	var err error
	if entry.Provider == "" {
		options := provider.IssuerOptions{Name: entry.Name, Issuer: entry.Issuer, JWKS: address(entry.JWKS), Log: process.Log, Now: process.Now}
		issuer := b.reuseIssuer(options)
		if issuer == nil {
			if issuer = prev.reuseIssuer(options); issuer == nil {
				if issuer, err = provider.NewIssuer(options); err != nil {
					return err
				}
			}
			b.issuers = append(b.issuers, issuer)
		}
		tokens, err = issuer.AccessTokens(entry.Audiences, entry.Algs)
	} else {
		i := slices.IndexFunc(b.Providers, func(p *provider.Provider) bool { return p.Name() == entry.Provider })
		if i < 0 {
			return fmt.Errorf("no provider is called %q", entry.Provider)
		}
		p := b.Providers[i]
		o.EmailDomains = p.EmailDomains()
		if entry.Introspect {
			o.Verify = func(ctx context.Context, token string) (*provider.AccessToken, error) {
				return p.Introspect(ctx, token, entry.Audiences)
			}
			return nil
		}
		tokens, err = p.AccessTokens(entry.Audiences, entry.Algs)
	}
	if err != nil {
		return err
	}
	o.Verify, o.Issued = tokens.Verify, tokens.Issued
	return nil
}

// accepted are the entries whose tokens count on a route.
func accepted(r *config.Route, bearers map[string]*machine.Bearer) []*machine.Bearer {
	var list []*machine.Bearer
	for _, name := range r.Bearer {
		if b := bearers[name]; b != nil {
			list = append(list, b)
		}
	}
	return list
}
