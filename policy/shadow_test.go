package policy

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// TestAShadowRuleDecidesNothing: it is reported where the reading comes by.
func TestAShadowRuleDecidesNothing(t *testing.T) {
	all := []Selector{Everyone()}
	staff := []Selector{Group([]string{"staff"})}
	p := compile(t,
		Rule{Name: "bypass tried", Action: ActionBypass, Include: []Selector{Path([]string{"/open"})}, Shadow: true},
		Rule{Name: "deny tried", Action: ActionDeny, Include: staff, Shadow: true},
		Rule{Name: "staff", Action: ActionAllow, Include: staff},
		Rule{Name: "all tried", Action: ActionAllow, Include: all, Shadow: true},
	)
	person := func(groups ...string) *identity.Identity {
		return &identity.Identity{Subject: "7", Groups: groups}
	}
	tests := []struct {
		name    string
		q       Query
		want    Effect
		shadows []int
	}{
		{"nobody", Query{Path: "/"}, SignIn, []int{1, 2}},
		{"nobody, open", Query{Path: "/open"}, SignIn, []int{0, 1, 2}},
		{"staff", Query{Path: "/", Caller: person("staff")}, Allow, []int{1}},
		{"another", Query{Path: "/open", Caller: person()}, Deny, []int{0, 2}},
		{"machine", Query{Path: "/", Machine: &identity.Machine{}}, Deny, nil},
	}
	for _, tt := range tests {
		d := p.Decide(&tt.q)
		if got := slices.Collect(d.Shadows.All); d.Effect != tt.want || !slices.Equal(got, tt.shadows) {
			t.Errorf("%s: %v with shadows %v, want %v with %v", tt.name, d.Effect, got, tt.want, tt.shadows)
		}
	}
	if got := fmt.Sprint(p.Shadows()); got != "[{bypass tried bypass} {deny tried deny} {all tried allow}]" {
		t.Errorf("shadow rules %s", got)
	}
}

// TestExplainTellsOfEveryRule, by the walk that decides.
func TestExplainTellsOfEveryRule(t *testing.T) {
	p := compile(t,
		Rule{Name: "machines", Action: ActionServiceAuth, Include: []Selector{Everyone()}},
		Rule{Name: "tried", Action: ActionDeny, Include: []Selector{Everyone()}, Shadow: true},
		Rule{Name: "ops", Action: ActionAllow, Include: []Selector{Group([]string{"ops"}), Email([]string{"a@corp.example"})}, Exclude: []Selector{IP(ranges("10.0.0.0/8"))}},
		Rule{Name: "read", Action: ActionAllow, Include: []Selector{Everyone()}, Require: []Selector{Method([]string{"GET"})}},
		Rule{Name: "rest", Action: ActionDeny, Include: []Selector{Everyone()}},
	)
	q := &Query{Caller: &identity.Identity{Subject: "7", Groups: []string{"ops"}}, Method: "GET", Path: "/"}
	d, steps := p.Explain(q)
	if d != p.Decide(q) || d.Rule != "read" {
		t.Errorf("decided %+v", d)
	}
	want := []string{
		"machines service_auth other_callers false [] [] []",
		"tried deny shadow true [true] [] []",
		"ops allow no_match unknown [true false] [] [unknown]",
		"read allow decided true [true] [true] []",
		"rest deny not_reached false [] [] []",
	}
	for i, s := range steps {
		if got := fmt.Sprint(s.Rule, " ", s.Action, " ", s.Outcome, " ", s.Truth, " ", s.Include, s.Require, s.Exclude); got != want[i] && i < len(want) {
			t.Errorf("step %d: %s\nwant %s", i, got, want[i])
		}
	}
	if _, steps = p.Explain(&Query{Method: "GET", Path: "/"}); steps[0].Outcome != OutcomeRemembered || steps[2].Outcome != OutcomeRemembered || steps[3].Outcome != OutcomeDecided {
		t.Errorf("for nobody %+v", steps)
	}
}
