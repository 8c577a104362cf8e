package gateway

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// console is the operators' page.
func (s *Server) console() *admin.Console {
	return &admin.Console{Pages: s.operators.pages, State: s.State, Explain: s.explain, Now: s.process.Now}
}

// State is what the operators' page shows. It is read while requests run.
func (s *Server) State() admin.State {
	b := s.current()
	state := admin.State{
		Build:    admin.Build{Version: s.process.Version, Go: runtime.Version()},
		Status:   s.state.String(),
		Started:  s.born,
		Loaded:   b.loaded,
		Warnings: append(s.pending.Load().warnings(), b.Config.Warnings()...),
		Store:    admin.Store{Kind: b.Config.Session.Store, State: "up", Remembered: b.store.remembered()},
		Recent:   b.lasting.recent.Newest(),
		Config:   b.Config.Redacted(),

		Routes: []admin.Route{}, Providers: []admin.Provider{}, Upstreams: []admin.Upstream{}, // lists, not null
	}
	if state.Warnings == nil {
		state.Warnings = []string{}
	}
	if s.process.Source != nil {
		state.File = s.process.Source.File
	}
	if !b.store.up() {
		state.Store.State = "down"
	}
	for i := range b.Config.Routes {
		state.Routes = append(state.Routes, shownRoute(&b.Config.Routes[i]))
	}
	for i, p := range b.Providers {
		status := p.Status()
		one := admin.Provider{
			Name: p.Name(), Title: p.DisplayName(), Type: b.Config.Providers[i].Type,
			State: "down", Since: status.Since, Keys: status.Keys, LastError: status.LastError,
		}
		if at, err := location(&b.Config.Providers[i]).Resolve(); err == nil && len(at) > 0 {
			one.Issuer = at[0].Issuer
		}
		if status.Up {
			one.State = "up"
		}
		state.Providers = append(state.Providers, one)
	}
	for route, u := range b.upstreams {
		one := admin.Upstream{
			Route: route, Target: u.Target, State: u.State, Since: u.Since, UnderWay: u.UnderWay,
			Answered: u.Answered, LastError: u.LastError, LastErrorAt: u.LastErrorAt,
		}
		for _, n := range u.Lost {
			one.Failed += n
		}
		state.Upstreams = append(state.Upstreams, one)
	}
	return state
}

func shownRoute(r *config.Route) admin.Route {
	one := admin.Route{Name: r.Name, From: r.From.String(), To: []string{}, Providers: r.Providers, Policy: r.Policy.Name}
	if one.Providers == nil {
		one.Providers = []string{}
	}
	for _, to := range r.To {
		one.To = append(one.To, to.String())
	}
	if one.Policy == "" {
		var rules []string
		for _, rule := range r.Policy.Rules {
			text := rule.Action
			if rule.Name != "" {
				text = rule.Name + " (" + text + ")"
			}
			rules = append(rules, text)
		}
		one.Policy = strings.Join(rules, ", ")
	}
	return one
}

// explain decides a question of the page.
func (s *Server) explain(q admin.Question) admin.Answer {
	b := s.current()
	ask := proxy.Question{URL: q.URL, Method: q.Method, IP: q.IP}
	answer := admin.Answer{}
	if q.Claims != nil {
		name := q.Provider
		if name == "" && len(b.Providers) > 0 {
			name = b.Providers[0].Name()
		}
		ask.Who = person(name, q.Claims)
		answer.Lines = append(answer.Lines, fmt.Sprintf("Asked as somebody whom %q has signed in.", name))
	}
	v := b.Runtime.Judge(ask)
	answer.Route, answer.Rule, answer.Reason = v.Route, v.Decision.Rule, v.Reason
	answer.Decision = v.Decision.Effect.String()
	switch {
	case v.Own:
		answer.Decision = "own"
		answer.Lines = append(answer.Lines, "It is one of Gatehouse's own addresses, which answers itself.")
	case v.Route == "":
		answer.Lines = append(answer.Lines, "No route takes it, so it is refused; docs/troubleshooting.md explains the code.")
	case v.Decision.Effect == policy.SignIn:
		answer.Lines = append(answer.Lines, "A sign-in could change that: browsers are sent to one, everything else gets 401.")
	case v.Decision.Effect == policy.Deny:
		answer.Lines = append(answer.Lines, fmt.Sprintf("The answer is %d.", http.StatusForbidden))
	}
	return answer
}

// person reads claims under their standard names.
func person(provider string, claims map[string]any) *identity.Identity {
	text := func(key string) string { s, _ := claims[key].(string); return s }
	who := &identity.Identity{
		Provider: provider, Issuer: text("iss"), Subject: text("sub"), Email: text("email"), Name: text("name"),
		Username: text("preferred_username"), ACR: text("acr"), Claims: claims,
	}
	who.EmailVerified, _ = claims["email_verified"].(bool)
	list := func(key string) (all []string) {
		members, _ := claims[key].([]any)
		for _, m := range members {
			if s, ok := m.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	who.Groups, who.AMR = list("groups"), list("amr")
	return who
}
