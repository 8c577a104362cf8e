package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/provider"
)

// Diagnosis is one thing that Doctor looked at, in a line. It holds no secret.
type Diagnosis struct {
	// Subject is what it is about: "provider ping", "route wiki".
	Subject string `json:"subject"`
	// Check is what was looked at: "dns", "client", "upstream http://10.0.0.5".
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	// Detail is what was found, Fix what mends it, empty when OK.
	Detail string `json:"detail"`
	Fix    string `json:"fix,omitempty"`
}

// Doctor tries live what c needs of others: every provider, or the one named,
// and unless one is named Redis and every route's upstreams. Everybody is asked at the same
// time, each question takes at most 10 s. The order is the file's.
func Doctor(ctx context.Context, c *config.Config, only string, process Process) ([]Diagnosis, error) {
	if only != "" && !slices.ContainsFunc(c.Providers, func(p config.Provider) bool { return p.Name == only }) {
		return nil, fmt.Errorf("no provider is called %q; the file has %s", only, providerNames(c))
	}
	process.Log = slog.New(slog.DiscardHandler)
	var examinations []func(context.Context) []Diagnosis
	for i := range c.Providers {
		if p := &c.Providers[i]; only == "" || p.Name == only {
			examinations = append(examinations, func(ctx context.Context) []Diagnosis { return examineProvider(ctx, c, p, process) })
		}
	}
	if c.Session.Store == "redis" && only == "" {
		examinations = append(examinations, func(ctx context.Context) []Diagnosis { return examineRedis(ctx, c, process) })
	}
	for i := range c.Routes {
		if r := &c.Routes[i]; only == "" {
			examinations = append(examinations, func(ctx context.Context) []Diagnosis { return examineUpstreams(ctx, r, process) })
		}
	}
	return together(ctx, examinations), nil
}

func providerNames(c *config.Config) string {
	text := ""
	for i := range c.Providers {
		if i > 0 {
			text += ", "
		}
		text += c.Providers[i].Name
	}
	return text
}

// together runs all at once, at most sixteen at a time, and keeps their order.
func together(ctx context.Context, examinations []func(context.Context) []Diagnosis) []Diagnosis {
	results := make([][]Diagnosis, len(examinations))
	room := make(chan struct{}, 16)
	var all sync.WaitGroup
	for i, examine := range examinations {
		all.Add(1)
		go func() {
			defer all.Done()
			room <- struct{}{}
			defer func() { <-room }()
			results[i] = examine(ctx)
		}()
	}
	all.Wait()
	return slices.Concat(results...)
}

func examineProvider(ctx context.Context, c *config.Config, p *config.Provider, process Process) []Diagnosis {
	subject := "provider " + p.Name
	o, err := providerOptions(p, keptClaims(c), len(c.Providers) == 1, process)
	var asked *provider.Provider
	if err == nil {
		asked, err = provider.New(o)
	}
	if err != nil {
		return []Diagnosis{{Subject: subject, Check: "configuration", Detail: err.Error(), Fix: "Correct the file; gatehouse check says where."}}
	}
	var list []Diagnosis
	for _, f := range asked.Examine(ctx, provider.Examination{RedirectURIs: redirectURIs(c, p.Name), Elsewhere: otherRegions(p)}) {
		list = append(list, Diagnosis{Subject: subject, Check: f.Check, OK: f.OK(), Detail: f.Said, Fix: f.Fix})
	}
	return list
}

func redirectURIs(c *config.Config, name string) []string {
	for _, r := range Registrations(c) {
		if r.Provider == name {
			return r.RedirectURIs
		}
	}
	return nil
}

// otherRegions are where else a PingOne environment could be. Under an address
// of its own it could not.
func otherRegions(p *config.Provider) []provider.Elsewhere {
	if p.Type != "pingone" || p.CustomDomain != "" || p.BaseURL != nil || len(p.Issuer) > 0 || p.DiscoveryURL != nil {
		return nil
	}
	var list []provider.Elsewhere
	for _, region := range []string{"na", "ca", "eu", "au", "sg", "asia"} {
		if region == p.Region || region == "na" && p.Region == "" {
			continue
		}
		issuer := provider.PingOneIssuer(p.EnvironmentID, region, "")
		list = append(list, provider.Elsewhere{Name: "region: " + region, At: provider.At{Issuer: issuer, DiscoveryURL: issuer + "/.well-known/openid-configuration"}})
	}
	return list
}
