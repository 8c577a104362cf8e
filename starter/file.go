package starter

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// File is what the first file says.
type File struct {
	Providers []Provider
	// From is the public address, To the application's.
	From, To string
	// Rules are the route's policy; without them everybody who signs in is let in.
	Rules []Rule
	// Notes are what could not be carried over, one sentence each.
	Notes []string
	// guarded: there were policies, so that having no rule left admits nobody.
	guarded      bool
	applications int // whose policies were read
}

// Provider is one item of providers.
type Provider struct {
	Name, DisplayName, Type string
	// EnvironmentID and Region are PingOne's, Issuer any other's.
	EnvironmentID, Region, Issuer string
	// Authorization, Token and JWKS are endpoints that come without discovery.
	Authorization, Token, JWKS string
	ClientID                   string
	// Secret is at hand only to be printed; the file names SecretVariable.
	Secret, SecretVariable string
	Scopes                 []string
	PKCE                   string // "" leaves it out
	EmailClaim             string
}

// Render writes the file, with comments for whoever reads it first.
func (f *File) Render() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Gatehouse, first configuration. Every key: docs/configuration.md.")
	p("#")
	p("#   gatehouse check --config FILE    every mistake at once, and what to register at the provider")
	p("#   gatehouse doctor --config FILE   tries the provider and the upstreams")
	p("#   gatehouse serve --config FILE")
	for _, note := range f.Notes {
		p("#\n# NOT CARRIED OVER: %s", comment(note))
	}
	p("\nserver:")
	if own := f.loopback(); own != "" {
		p("  listen: %-26s # this machine alone, as from is", quoted(own))
	} else {
		p("  listen: \":8080\"                    # behind something that ends TLS; or set tls or acme here")
		p("  # trusted_proxies: [10.0.0.0/8]    # whose X-Forwarded-For is believed")
	}
	p("\nsession:")
	p("  keys: [\"${GATEHOUSE_KEY}\"]         # gatehouse keygen; keep it: a new one signs everybody out")
	p("  idle: 1h")
	p("  absolute: 12h")
	p("\nproviders:")
	for i := range f.Providers {
		f.Providers[i].render(p)
	}
	p("\nroutes:")
	p("  - from: %s", quoted(f.From))
	p("    to: %s", quoted(f.To))
	p("    policy: first")
	p("\npolicies:")
	p("  first:                             # read from top to bottom; the first true rule decides, none means no")
	switch {
	case len(f.Rules) > 0:
	case f.guarded:
		p("    - name: nobody                   # no policy could be carried over; say who may pass")
		p("      deny: everyone")
	default:
		p("    - name: whoever can sign in      # narrow it: {email_domain: example.com}, {group: staff}")
		p("      allow: everyone")
	}
	for _, r := range ordered(f.Rules) {
		r.render(p)
	}
	return b.String()
}

// loopback is where to listen if only this machine is to come in, or "": who
// tries something at home does not mean to open it to the network.
func (f *File) loopback() string {
	u, err := url.Parse(f.From)
	if err != nil {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1"
	}
	if a, err := netip.ParseAddr(host); err != nil || !a.IsLoopback() {
		return ""
	}
	switch {
	case u.Scheme == "https": // something else ends TLS there
		port = "8080"
	case port == "":
		port = "80"
	}
	return net.JoinHostPort(host, port)
}

func (o *Provider) render(p func(string, ...any)) {
	p("  - name: %s%spart of the redirect URI", o.Name, strings.Repeat(" ", max(1, 28-len(o.Name)))+"# ")
	optional := func(key, value string) {
		if value != "" {
			p("    %s: %s", key, quoted(value))
		}
	}
	optional("display_name", o.DisplayName)
	p("    type: %s", o.Type)
	optional("environment_id", o.EnvironmentID)
	optional("region", o.Region)
	optional("issuer", o.Issuer)
	if o.Authorization != "" {
		p("    endpoints:                       # without these three, discovery finds them")
		p("      authorization: %s", quoted(o.Authorization))
		p("      token: %s", quoted(o.Token))
		p("      jwks: %s", quoted(o.JWKS))
	}
	p("    client_id: %s", quoted(o.ClientID))
	if o.SecretVariable != "" {
		p("    client_secret: \"${%s}\"", o.SecretVariable)
	}
	if len(o.Scopes) > 0 {
		p("    scopes: %s", list(o.Scopes))
	}
	optional("pkce", o.PKCE)
	if o.EmailClaim != "" {
		p("    claims: {email: %s}", quoted(o.EmailClaim))
	}
}

// Rule is one rule of a policy.
type Rule struct {
	Name, Action              string
	Include, Require, Exclude []Selector
	precedence                int // Cloudflare's
}

// Selector is one key and its values; everyone has none, claim has a Path.
type Selector struct {
	Key    string
	Values []string
	Path   string
}

// ordered puts service_auth and bypass first, as Cloudflare reads them.
func ordered(rules []Rule) []Rule {
	rules = slices.Clone(rules)
	slices.SortStableFunc(rules, func(a, b Rule) int { return rank(a) - rank(b) })
	return rules
}

func rank(r Rule) int {
	if r.Action == "service_auth" || r.Action == "bypass" {
		return 0
	}
	return 1
}

func (r *Rule) render(p func(string, ...any)) {
	p("    - name: %s", quoted(r.Name))
	p("      action: %s", r.Action)
	for _, part := range []struct {
		key  string
		list []Selector
	}{{"include", r.Include}, {"require", r.Require}, {"exclude", r.Exclude}} {
		if len(part.list) == 0 {
			continue
		}
		p("      %s:", part.key)
		for _, s := range part.list {
			switch s.Key {
			case "everyone":
				p("        - everyone")
			case "claim":
				p("        - {claim: {path: %s, has: %s}}", quoted(s.Path), quoted(s.Values[0]))
			default:
				p("        - {%s: %s}", s.Key, list(s.Values))
			}
		}
	}
}
