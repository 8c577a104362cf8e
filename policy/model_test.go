package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// step is a rule reduced to what the reading of a list depends on.
type step struct {
	action Action
	truth  Truth
}

func (s step) String() string {
	return s.action.String() + map[Truth]string{False: "-", Unknown: "?", True: "+"}[s.truth]
}

// whom is the caller that a list is read for.
type whom string

const (
	anonymous whom = "anonymous"
	person    whom = "person"
	machine   whom = "machine"
)

// rule builds a real rule that has s.truth for a caller whose address is
// unknown and whose method is GET.
func (s step) rule(caller whom) Rule {
	var include Selector
	switch s.truth {
	case True:
		include = Everyone()
	case False:
		include = Method([]string{"DELETE"})
	case Unknown:
		// Identity where it may be the reason, otherwise the missing address.
		if caller == anonymous && s.action != ActionBypass {
			include = Group([]string{"staff"})
		} else {
			include = IP(ranges("10.0.0.0/8"))
		}
	}
	return Rule{Action: s.action, Include: []Selector{include}}
}

func steps(t *testing.T, text string) []step {
	t.Helper()
	var out []step
	for word := range strings.FieldsSeq(text) {
		var s step
		name, mark := word[:len(word)-1], word[len(word)-1:]
		for a := ActionDeny; a <= ActionServiceAuth; a++ {
			if a.String() == name {
				s.action = a
			}
		}
		s.truth = map[string]Truth{"-": False, "?": Unknown, "+": True}[mark]
		if s.String() != word {
			t.Fatalf("%q is no step", word)
		}
		out = append(out, s)
	}
	return out
}

func decideSteps(t *testing.T, list []step, caller whom) Decision {
	t.Helper()
	var rules []Rule
	for _, s := range list {
		rules = append(rules, s.rule(caller))
	}
	p, err := Compile(rules)
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	q := &Query{Method: "GET", Path: "/"}
	switch caller {
	case person:
		q.Caller = &identity.Identity{Subject: "a"}
	case machine:
		q.Machine = &identity.Machine{Kind: identity.ServiceToken, Name: "ci", Identity: identity.Identity{Subject: "ci"}}
	}
	return p.Decide(q)
}

// TestDecideReadsListsAsDocumented is the reading of the contract, one list a
// line: + is a true rule, - a false one, ? an unknown one.
func TestDecideReadsListsAsDocumented(t *testing.T) {
	tests := []struct {
		rules             string
		anonymous, person Effect
		// the rules that decide, empty for none
		anonymousRule, personRule string
	}{
		// Nothing true means deny.
		{"", Deny, Deny, "", ""},
		{"allow-", Deny, Deny, "", ""},
		{"deny-", Deny, Deny, "", ""},
		{"bypass-", Deny, Deny, "", ""},
		{"allow- deny- bypass-", Deny, Deny, "", ""},
		// The first true rule decides.
		{"deny+", Deny, Deny, "rule 1", "rule 1"},
		{"bypass+", Bypass, Bypass, "rule 1", "rule 1"},
		{"allow+", SignIn, Allow, "rule 1", "rule 1"},
		{"deny+ bypass+", Deny, Deny, "rule 1", "rule 1"},
		{"bypass+ deny+", Bypass, Bypass, "rule 1", "rule 1"},
		{"allow+ bypass+", SignIn, Allow, "rule 1", "rule 1"},
		{"allow+ deny+", SignIn, Allow, "rule 1", "rule 1"},
		{"deny- allow+", SignIn, Allow, "rule 2", "rule 2"},
		// An unknown deny leads an anonymous caller to sign-in at once, and
		// denies a person.
		{"deny?", SignIn, Deny, "rule 1", "rule 1"},
		{"deny? bypass+", SignIn, Deny, "rule 1", "rule 1"},
		{"deny? allow+", SignIn, Deny, "rule 1", "rule 1"},
		{"deny? deny+", SignIn, Deny, "rule 1", "rule 1"},
		{"bypass+ deny?", Bypass, Bypass, "rule 1", "rule 1"},
		{"deny? service_auth+", SignIn, Deny, "rule 1", "rule 1"},
		// An unknown allow is remembered while reading on.
		{"allow?", SignIn, Deny, "rule 1", ""},
		{"allow? bypass+", Bypass, Bypass, "rule 2", "rule 2"},
		{"allow? deny+", SignIn, Deny, "rule 1", "rule 2"},
		{"allow? deny+ bypass+", SignIn, Deny, "rule 1", "rule 2"},
		{"allow? deny- bypass+", Bypass, Bypass, "rule 3", "rule 3"},
		{"allow? deny? bypass+", SignIn, Deny, "rule 2", "rule 2"},
		{"allow? allow? deny+", SignIn, Deny, "rule 1", "rule 3"},
		{"allow? allow+", SignIn, Allow, "rule 2", "rule 2"},
		{"allow? service_auth+", SignIn, Deny, "rule 1", ""},
		{"service_auth+ allow?", SignIn, Deny, "rule 2", ""},
		// An unknown bypass does not pass, and a sign-in would not help.
		{"bypass?", Deny, Deny, "", ""},
		{"bypass? allow+", SignIn, Allow, "rule 2", "rule 2"},
		{"bypass? deny+", Deny, Deny, "rule 2", "rule 2"},
		{"allow? bypass?", SignIn, Deny, "rule 1", ""},
		// service_auth is about machines. It never admits a person, and only
		// where nothing else is left does an anonymous caller need a token.
		{"service_auth+", NeedToken, Deny, "rule 1", ""},
		{"service_auth?", NeedToken, Deny, "rule 1", ""},
		{"service_auth-", Deny, Deny, "", ""},
		{"allow- service_auth+", NeedToken, Deny, "rule 2", ""},
		{"bypass? service_auth+", NeedToken, Deny, "rule 2", ""},
		{"service_auth- service_auth?", NeedToken, Deny, "rule 2", ""},
		{"service_auth+ allow+", SignIn, Allow, "rule 2", "rule 2"},
		{"service_auth+ bypass+", Bypass, Bypass, "rule 2", "rule 2"},
		// A true deny is 403, whoever might have passed with a token before it.
		{"service_auth+ deny+", Deny, Deny, "rule 2", "rule 2"},
		{"deny+ service_auth+", Deny, Deny, "rule 1", "rule 1"},
		{"service_auth? allow? deny+", SignIn, Deny, "rule 2", "rule 3"},
	}
	for _, tt := range tests {
		t.Run(tt.rules, func(t *testing.T) {
			list := steps(t, tt.rules)
			got := decideSteps(t, list, anonymous)
			if got.Effect != tt.anonymous || got.Rule != tt.anonymousRule {
				t.Errorf("anonymous: %v by %q, want %v by %q", got.Effect, got.Rule, tt.anonymous, tt.anonymousRule)
			}
			got = decideSteps(t, list, person)
			if got.Effect != tt.person || got.Rule != tt.personRule {
				t.Errorf("person: %v by %q, want %v by %q", got.Effect, got.Rule, tt.person, tt.personRule)
			}
		})
	}
}

// modelAnonymous transcribes the contract's sentences for an anonymous caller
// without any running state: find where the reading stops, then look back.
func modelAnonymous(list []step) Effect {
	has := func(part []step, want ...step) bool {
		for _, s := range part {
			for _, w := range want {
				if s == w {
					return true
				}
			}
		}
		return false
	}
	stops := []step{{ActionDeny, True}, {ActionDeny, Unknown}, {ActionBypass, True}, {ActionAllow, True}}
	end := 0
	for end < len(list) && !has(list[end:end+1], stops...) {
		end++
	}
	remembered := has(list[:end], step{ActionAllow, Unknown})
	if end == len(list) {
		switch {
		case remembered:
			return SignIn // "the end leads to sign-in"
		case has(list, step{ActionServiceAuth, True}, step{ActionServiceAuth, Unknown}):
			return NeedToken // "with only service_auth rules left: 401"
		}
		return Deny // "at the end without one: 403"
	}
	switch list[end] {
	case step{ActionBypass, True}:
		return Bypass // "a true bypass passes", also "a later" one
	case step{ActionAllow, True}, step{ActionDeny, Unknown}:
		return SignIn // "a true allow and an unknown deny lead to sign-in"
	}
	if remembered {
		return SignIn // "a later true deny leads to sign-in"
	}
	return Deny // "a true deny is 403"
}

// modelKnown: the first rule that is true, or a deny that is not false. Of
// allow and service_auth, one is about the caller and the other is not there.
func modelKnown(list []step, admits Action) Effect {
	for _, s := range list {
		switch s {
		case step{ActionDeny, True}, step{ActionDeny, Unknown}:
			return Deny
		case step{admits, True}:
			return Allow
		case step{ActionBypass, True}:
			return Bypass
		}
	}
	return Deny
}

func TestDecideAgreesWithTheModelOnEveryShortList(t *testing.T) {
	var all []step
	for a := ActionDeny; a <= ActionServiceAuth; a++ {
		for _, truth := range []Truth{False, Unknown, True} {
			all = append(all, step{a, truth})
		}
	}
	reasons := map[Effect][]Reason{
		Deny:      {ReasonDenied, ReasonNoRule},
		Allow:     {ReasonAllowed},
		Bypass:    {ReasonBypassed},
		SignIn:    {ReasonSignIn},
		NeedToken: {ReasonTokenOnly},
	}
	lists := 0
	check := func(list []step) {
		lists++
		for _, c := range []struct {
			who  whom
			want Effect
		}{
			{anonymous, modelAnonymous(list)},
			{person, modelKnown(list, ActionAllow)},
			{machine, modelKnown(list, ActionServiceAuth)},
		} {
			got := decideSteps(t, list, c.who)
			if got.Effect != c.want {
				t.Errorf("%v, %s: %v, want %v", list, c.who, got.Effect, c.want)
			}
			if !strings.Contains(fmt.Sprint(reasons[got.Effect]), string(got.Reason)) || got.Reason == "" {
				t.Errorf("%v, %s: %v for the reason %q", list, c.who, got.Effect, got.Reason)
			}
			if (got.Rule == "") != (got.Reason == ReasonNoRule) {
				t.Errorf("%v, %s: rule %q for the reason %q", list, c.who, got.Rule, got.Reason)
			}
		}
	}
	check(nil)
	for _, a := range all {
		check([]step{a})
		for _, b := range all {
			check([]step{a, b})
			for _, c := range all {
				check([]step{a, b, c})
			}
		}
	}
	if want := 1 + 12 + 12*12 + 12*12*12; lists != want {
		t.Errorf("tried %d lists, want %d", lists, want)
	}
}
