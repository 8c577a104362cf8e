package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/provider"
	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Asked is a request to explain.
type Asked struct {
	URL    *url.URL
	Method string     // default GET
	IP     netip.Addr // the zero Addr is unknown
	// Provider is whom the person signed in with; default the route's first.
	Provider string
	// Claims are those of the ID token; nil is an anonymous caller.
	Claims identity.Claims
	// AuthAge is how long ago the person signed in at the provider; nil is as
	// the claim auth_time says.
	AuthAge *time.Duration
	// ServiceToken names the service token that comes along.
	ServiceToken string
}

// Explained is what would become of it. Decision is allow, bypass, deny,
// sign_in, step_up or need_token.
type Explained struct {
	URL      string            `json:"url"`
	Method   string            `json:"method"`
	Caller   string            `json:"caller"`
	Route    string            `json:"route,omitempty"`
	Decision string            `json:"decision"`
	Rule     string            `json:"rule,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	StepUp   *ExplainedStepUp  `json:"step_up,omitempty"`
	Rules    []ExplainedRule   `json:"rules"`
	Headers  map[string]string `json:"headers,omitempty"`
	fixed    []string          // headers of values that may be secrets
	Note     string            `json:"note,omitempty"`
}

// ExplainedStepUp is what another sign-in is asked for, as the provider is asked,
// and in a sentence what this one was worth.
type ExplainedStepUp struct {
	ACRValues []string `json:"acr_values,omitempty"`
	MaxAge    int64    `json:"max_age,omitempty"` // seconds
	Had       string   `json:"had"`
}

// String is what was asked for and what there was.
func (s *ExplainedStepUp) String() string {
	var asked []string
	if len(s.ACRValues) > 0 {
		asked = append(asked, "acr "+strings.Join(s.ACRValues, " or "))
	}
	if s.MaxAge > 0 {
		asked = append(asked, "a sign-in at most "+asWritten(time.Duration(s.MaxAge)*time.Second)+" ago")
	}
	return "the route asks for " + strings.Join(asked, ", ") + "; this one has " + s.Had
}

// asWritten is d as people write it in the file: 15m, not 15m0s.
func asWritten(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text != d.String() {
		text += "m"
	}
	if hours, whole := strings.CutSuffix(text, "h0m"); whole {
		return hours + "h"
	}
	return text
}

// ExplainedRule is one rule of the route's policy and what it did: decided,
// no_match, remembered, shadow, other_callers or not_reached.
type ExplainedRule struct {
	Name      string              `json:"name"`
	Action    string              `json:"action"`
	Shadow    bool                `json:"shadow"`
	Outcome   string              `json:"outcome"`
	Selectors []ExplainedSelector `json:"selectors,omitempty"`
}

// Kind is the rule's action, and that it is a shadow if it is.
func (r *ExplainedRule) Kind() string {
	if r.Shadow {
		return r.Action + ", shadow"
	}
	return r.Action
}

// ExplainedSelector is one selector and whether it is true, false or unknown.
// Failed is why an expression failed, which is then what it counts as.
type ExplainedSelector struct {
	Part   string `json:"part"`
	Text   string `json:"selector"`
	Truth  string `json:"truth"`
	Failed string `json:"failed,omitempty"`
}

// Found is the truth, and why there is none of its own.
func (s *ExplainedSelector) Found() string {
	if s.Failed != "" {
		return s.Truth + " (failed: " + s.Failed + ")"
	}
	return s.Truth
}

// CompileToExplain compiles c for Explain alone: nothing is logged or counted.
func CompileToExplain(c *config.Config) (*Build, error) {
	return Compile(c, nil, Process{Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(telemetry.Build{})})
}

// Explain tells what would become of a, by the policies and headers that serve
// requests.
func (b *Build) Explain(a Asked) (*Explained, error) {
	if a.Method == "" {
		a.Method = http.MethodGet
	}
	e := &Explained{URL: a.URL.String(), Method: a.Method, Caller: "anonymous", Decision: "deny", Rules: []ExplainedRule{}}
	q := proxy.Inquiry{Method: a.Method, URL: a.URL, Peer: a.IP}
	switch {
	case a.ServiceToken != "":
		known := slices.ContainsFunc(b.Config.ServiceTokens, func(t config.ServiceToken) bool { return t.Name == a.ServiceToken })
		if !known {
			return nil, fmt.Errorf("no service token is called %q", a.ServiceToken)
		}
		q.Machine = &identity.Machine{Kind: identity.ServiceToken, Name: a.ServiceToken, Identity: identity.Identity{Subject: a.ServiceToken}}
		e.Caller = "service token " + a.ServiceToken
	case a.Claims != nil:
		p, err := b.explainProvider(a)
		if err != nil {
			return nil, err
		}
		grant, err := p.Assume(a.Claims, a.AuthAge)
		var refused *provider.Error
		if errors.As(err, &refused) {
			e.Reason, e.Note = refused.Reason, "the sign-in itself is refused"
			return e, nil
		}
		if err != nil {
			return nil, err
		}
		q.Person, e.Caller = grant, described(&grant.Identity)
	}
	found := b.Runtime.Explain(q)
	e.Reason, e.Rule = found.Reason, found.Decision.Rule
	if found.Route == nil {
		if found.Own {
			e.Decision, e.Note = "bypass", "Gatehouse answers this address itself"
		}
		return e, nil
	}
	if found.OtherProvider {
		e.Note = "a session of this provider does not count on the route, so the caller is taken for nobody"
	}
	e.Route, e.Decision = found.Route.Name, found.Decision.Effect.String()
	e.Rules = b.explainRules(found.Route.Name, found.Steps)
	if asked := found.StepUp; asked != nil {
		e.Decision = "step_up"
		e.StepUp = &ExplainedStepUp{ACRValues: asked.ACR, MaxAge: int64(asked.MaxAge), Had: had(q.Person)}
	}
	if found.Header != nil {
		e.Headers = map[string]string{}
		for name := range found.Header {
			e.Headers[name] = found.Header.Get(name)
		}
		e.fixed = found.Route.FixedHeaders()
	}
	return e, nil
}

// had is how strongly and when somebody signed in.
func had(grant *provider.Grant) string {
	acr, when := "no acr", "an unknown time"
	if grant.Identity.ACR != "" {
		acr = "acr " + grant.Identity.ACR
	}
	if !grant.AuthTime.IsZero() {
		when = grant.AuthTime.UTC().Format(time.RFC3339)
	}
	return acr + ", of " + when
}

// Redacted is e without what may be a secret: the headers whose value stands in
// the file.
func (e *Explained) Redacted() *Explained {
	shown := *e
	shown.Headers = maps.Clone(e.Headers)
	for _, name := range e.fixed {
		if _, sent := shown.Headers[name]; sent {
			shown.Headers[name] = redacted
		}
	}
	return &shown
}

const redacted = "[redacted]"

// explainProvider is the one named, or the first that counts on the route.
func (b *Build) explainProvider(a Asked) (*provider.Provider, error) {
	name := a.Provider
	if name == "" {
		if found := b.Runtime.Explain(proxy.Inquiry{Method: a.Method, URL: a.URL, Peer: a.IP}); found.Route != nil {
			for _, r := range b.Config.Routes {
				if r.Name == found.Route.Name && len(r.Providers) > 0 {
					name = r.Providers[0]
				}
			}
		}
	}
	for _, p := range b.Providers {
		if name == "" || p.Name() == name {
			return p, nil
		}
	}
	if name == "" {
		return nil, errors.New("the file has no provider, so nobody can have claims")
	}
	return nil, fmt.Errorf("no provider is called %q", name)
}

func (b *Build) explainRules(route string, steps []policy.Step) []ExplainedRule {
	var rules []config.Rule
	for _, r := range b.Config.Routes {
		if r.Name == route {
			rules = r.Policy.Rules
		}
	}
	out := make([]ExplainedRule, len(steps))
	for i, s := range steps {
		out[i] = ExplainedRule{Name: s.Rule, Action: s.Action.String(), Shadow: s.Shadow, Outcome: s.Outcome.String()}
		for _, part := range []struct {
			name      string
			selectors []config.Selector
			findings  []policy.Finding
		}{{"include", rules[i].Include, s.Include}, {"require", rules[i].Require, s.Require}, {"exclude", rules[i].Exclude, s.Exclude}} {
			for j, found := range part.findings {
				s := ExplainedSelector{Part: part.name, Text: part.selectors[j].String(), Truth: found.Truth.String()}
				if found.Err != nil {
					s.Failed = found.Err.Error()
				}
				out[i].Selectors = append(out[i].Selectors, s)
			}
		}
	}
	return out
}

func described(who *identity.Identity) string {
	text := who.Subject
	if who.Email != "" {
		text += " <" + who.Email + ">"
		if !who.EmailVerified {
			text += " (unverified address)"
		}
	}
	return text + " by " + who.Provider
}
