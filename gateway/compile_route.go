package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/machine"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/upstream"
)

// unauthenticated translates the file's words.
var unauthenticated = map[string]proxy.Unauthenticated{
	"auto":     proxy.Auto,
	"redirect": proxy.Redirect,
	"deny":     proxy.NoRedirect,
}

// balances translates the file's words.
var balances = map[string]upstream.Balance{
	"round_robin":    upstream.RoundRobin,
	"least_requests": upstream.LeastRequests,
	"random":         upstream.Random,
}

// routes compiles all routes, and their pools into b.
func (b *Build) routes(c *config.Config, prev *Build, names *session.Names, asserting *asserting, bearers map[string]*machine.Bearer, process Process) ([]proxy.RouteOptions, error) {
	global := cloudflareRules(c, headerRules(c.Headers))
	stripCookies, stripSetCookie := cloudflareCookies(c, names.Strip, names.StripSetCookie)
	var out []proxy.RouteOptions
	for i := range c.Routes {
		r := &c.Routes[i]
		decide, err := compilePolicy(r.Policy.Rules)
		if err != nil {
			return nil, fmt.Errorf("route %s: policy: %w", r.Name, err)
		}
		pool, err := b.pool(r, prev, process)
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Name, err)
		}
		prefix := strings.TrimSuffix(r.From.Path, "/")
		headers, err := proxy.CompileHeaders(global, headerRules(r.Headers))
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Name, err)
		}
		forwarder, err := proxy.NewForwarder(proxy.ForwarderOptions{
			Upstream:         pool,
			Buffers:          b.lasting.buffers,
			Headers:          headers,
			StripPrefix:      stripped(r, prefix),
			AddPrefix:        r.AddPrefix,
			PreserveHost:     r.PreserveHost,
			WebSocketOrigins: r.WebsocketOrigins,
			MaxBody:          int64(r.MaxBody),
			Reserved:         []string{c.Assertion.Header},
			StripCookies:     stripCookies,
			StripSetCookie:   stripSetCookie,
		})
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Name, err)
		}
		assertions, err := asserting.route(r)
		if err != nil {
			return nil, fmt.Errorf("route %s: %w", r.Name, err)
		}
		icon, err := appIcon(c, i)
		if err != nil {
			return nil, err
		}
		if prefix == "" {
			prefix = "/"
		}
		out = append(out, proxy.RouteOptions{
			Name:            r.Name,
			Scheme:          r.From.Scheme,
			Host:            publicHost(r.From),
			Port:            r.From.Port(),
			Prefix:          prefix,
			Policy:          decide,
			Providers:       r.Providers,
			Level:           session.Level{ACR: r.StepUp.ACRValues, MaxAge: session.Time(r.StepUp.MaxAge.Std() / time.Second)},
			Unauthenticated: unauthenticated[r.Unauthenticated],
			Preflights:      r.CORSPreflight == "forward",
			Portal:          proxy.Portal{Title: r.Portal.Title, Icon: icon, Hidden: r.Portal.Hidden},
			Permit: proxy.Permit{
				EncodedSlash: slices.Contains(r.PermitInPath, "encoded_slash"),
				DoubleSlash:  slices.Contains(r.PermitInPath, "double_slash"),
				Semicolon:    slices.Contains(r.PermitInPath, "semicolon"),
			},
			Forwarder:  forwarder,
			Bearers:    accepted(r, bearers),
			Assertions: assertions,
			Metrics:    process.Metrics.Route(r.Name),
			Shadows:    shadows(decide, r.Name, process),
		})
	}
	return out, nil
}

// pool is the route's upstreams, those of the build before where they are the
// same; nil for a route without any.
func (b *Build) pool(r *config.Route, prev *Build, process Process) (http.RoundTripper, error) {
	if len(r.To) == 0 {
		return nil, nil
	}
	o, err := poolOptions(r, process)
	if err != nil {
		return nil, err
	}
	pool := prev.reusePool(r.Name, o)
	if pool == nil {
		if pool, err = upstream.New(o); err != nil {
			return nil, err
		}
	}
	b.pools[r.Name] = pool
	return pool, nil
}

// publicHost is the host as the Host header has it: IPv6 in brackets.
func publicHost(from *config.URL) string {
	if host := from.Hostname(); strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return from.Hostname()
}

func stripped(r *config.Route, prefix string) string {
	if r.StripPrefix {
		return prefix
	}
	return ""
}

func poolOptions(r *config.Route, process Process) (upstream.Options, error) {
	o := upstream.Options{
		Balance: balances[r.Balance],
		Health: upstream.Health{
			Path:           r.Health.Path,
			Interval:       r.Health.Interval.Std(),
			Timeout:        r.Health.Timeout.Std(),
			UnhealthyAfter: int(r.Health.UnhealthyAfter),
			HealthyAfter:   int(r.Health.HealthyAfter),
		},
		Route:          r.Name,
		Log:            process.Log,
		Dial:           r.Timeout.Dial.Std(),
		ResponseHeader: r.Timeout.ResponseHeader.Std(),
		Idle:           r.Timeout.Idle.Std(),
		TLS: upstream.TLS{
			ServerName:         r.UpstreamTLS.ServerName,
			InsecureSkipVerify: r.UpstreamTLS.InsecureSkipVerify,
		},
	}
	for _, to := range r.To {
		o.Targets = append(o.Targets, to.URL)
	}
	if file := r.UpstreamTLS.CA; file != "" {
		o.TLS.Roots = x509.NewCertPool()
		if err := appendRoots(o.TLS.Roots, file); err != nil {
			return o, fmt.Errorf("upstream_tls.ca: %w", err)
		}
	}
	if r.UpstreamTLS.Cert != "" {
		pair, err := tls.LoadX509KeyPair(r.UpstreamTLS.Cert, r.UpstreamTLS.Key)
		if err != nil {
			return o, fmt.Errorf("upstream_tls.cert: %w", err)
		}
		o.TLS.Certificates = []tls.Certificate{pair}
	}
	return o, nil
}

// headerRules translates a headers block, sorted so that no map order decides.
func headerRules(headers config.Headers) []proxy.HeaderRule {
	var rules []proxy.HeaderRule
	for name, v := range headers {
		rule := proxy.HeaderRule{Name: name, Remove: v == nil}
		if v != nil {
			rule.Claim, rule.Join = v.Claim, v.Join
			rule.Token, rule.Prefix = v.Token, v.Prefix
			if v.Value != nil {
				rule.Value = v.Value.Reveal()
			}
		}
		rules = append(rules, rule)
	}
	slices.SortFunc(rules, func(a, b proxy.HeaderRule) int { return strings.Compare(a.Name, b.Name) })
	return rules
}

// keptClaims are the claim paths that headers, policies and assertions refer to: what a
// session has to remember besides the mapped claims.
func keptClaims(c *config.Config) []string {
	var paths []string
	fromHeaders := func(headers config.Headers) {
		for _, v := range headers {
			if v != nil && v.Claim != "" && !identity.Mapped(v.Claim) {
				paths = append(paths, v.Claim)
			}
		}
	}
	asserted := func(claims []string) {
		for _, path := range claims {
			if !identity.Mapped(path) {
				paths = append(paths, path)
			}
		}
	}
	fromHeaders(c.Headers)
	for i := range c.Routes {
		fromHeaders(c.Routes[i].Headers)
		if signs := c.Assertion.Enabled || len(c.Compat) > 0; signs && !c.Routes[i].Assertion.Off {
			asserted(c.Routes[i].Assertion.ClaimsOr(c.Assertion.Claims))
		}
		paths = append(paths, policy.ClaimPaths(policyRules(c.Routes[i].Policy.Rules))...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}
