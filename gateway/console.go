package gateway

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/admin"
	"github.com/gatehouse-proxy/gatehouse/config"
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
	e, err := s.current().Explain(Asked{
		URL: q.URL, Method: q.Method, IP: q.IP, Provider: q.Provider, Claims: q.Claims, AuthAge: q.AuthAge,
	})
	if err != nil {
		return admin.Answer{Decision: "deny", Lines: []string{err.Error()}}
	}
	answer := admin.Answer{Route: e.Route, Decision: e.Decision, Rule: e.Rule, Reason: e.Reason, Lines: []string{"Asked as: " + e.Caller + "."}}
	if e.Note != "" {
		answer.Lines = append(answer.Lines, "Note: "+e.Note+".")
	}
	switch {
	case e.StepUp != nil:
		answer.Lines = append(answer.Lines, "Browsers are sent to sign in again, everything else gets 401: "+e.StepUp.String()+".")
	case e.Decision == "sign_in":
		answer.Lines = append(answer.Lines, "A sign-in could change that: browsers are sent to one, everything else gets 401.")
	case e.Decision == "need_token":
		answer.Lines = append(answer.Lines, "Only a machine's token could change that: everything else gets 401.")
	case e.Decision == "deny" && e.Route == "":
		answer.Lines = append(answer.Lines, "It is refused; docs/troubleshooting.md explains the code.")
	case e.Decision == "deny":
		answer.Lines = append(answer.Lines, fmt.Sprintf("The answer is %d.", http.StatusForbidden))
	}
	return answer
}
