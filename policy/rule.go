package policy

import (
	"errors"
	"fmt"
)

// Action is what a true rule does. The zero Action denies.
type Action uint8

const (
	// ActionDeny refuses people and machines.
	ActionDeny Action = iota
	// ActionAllow admits people who are signed in.
	ActionAllow
	// ActionBypass admits everybody without a sign-in.
	ActionBypass
	// ActionServiceAuth admits machines and never a person, as ActionAllow
	// never admits a machine.
	ActionServiceAuth
)

// String is the word of the configuration.
func (a Action) String() string {
	switch a {
	case ActionDeny:
		return "deny"
	case ActionAllow:
		return "allow"
	case ActionBypass:
		return "bypass"
	case ActionServiceAuth:
		return "service_auth"
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// Rule is one line of a policy. It is true when any of Include, all of Require
// and none of Exclude are.
type Rule struct {
	// Name is for logs; empty means "rule 1" and so on by position.
	Name    string
	Action  Action
	Include []Selector
	Require []Selector
	Exclude []Selector
	// Shadow has the rule read and reported, and decide nothing.
	Shadow bool
}

// rule is a Rule made fast for one policy.
type rule struct {
	name                      string
	action                    Action
	include, require, exclude []test
	// shadow is the rule's number among the shadow rules, -1 for a rule that
	// decides.
	shadow int
}

// test is a compiled selector.
type test struct {
	term  term
	about about
	// onError is what an expression that fails counts as here.
	onError Truth
}

// about says of whom or what a selector speaks, and so what is known of it.
type about uint8

const (
	// aboutRequest is known of everybody.
	aboutRequest about = iota
	// aboutCaller is told by a sign-in, or by a machine's bearer token.
	aboutCaller
	// aboutPerson is told by a sign-in alone.
	aboutPerson
	// aboutToken is known too: without a token it is false.
	aboutToken
	// aboutMachine is read of everybody, and guessed of whoever may turn out
	// to be a machine.
	aboutMachine
)

func (c *compiler) rule(r Rule, position int) (rule, error) {
	out := rule{name: r.Name, action: r.Action, shadow: -1}
	if out.name == "" {
		out.name = fmt.Sprintf("rule %d", position)
	}
	var problems []error
	fail := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: "+format, append([]any{out.name}, args...)...))
	}
	if r.Action > ActionServiceAuth {
		fail("unknown action %d", r.Action)
	}
	if len(r.Include) == 0 {
		// Any of nothing is false: such a deny would silently deny nobody.
		fail("include is empty, the rule could never be true")
	}
	tests := func(part string, selectors []Selector, onError Truth) []test {
		var out []test
		for i, s := range selectors {
			if s == nil {
				fail("%s[%d]: no selector", part, i)
				continue
			}
			t, err := s.compile(c)
			if err != nil {
				fail("%s[%d]: %w", part, i, err)
				continue
			}
			if r.Action == ActionBypass && t.about != aboutRequest {
				// It would be unknown for exactly the callers that bypass is for.
				fail("%s[%d]: bypass cannot depend on who is calling", part, i)
				continue
			}
			t.onError = onError
			out = append(out, t)
		}
		return out
	}
	// An error makes a deny true, and every other rule false.
	inRule := truthOf(r.Action == ActionDeny)
	out.include = tests("include", r.Include, inRule)
	out.require = tests("require", r.Require, inRule)
	out.exclude = tests("exclude", r.Exclude, inRule.Not())
	if r.Shadow {
		if len(c.shadows) == maxShadows {
			fail("a policy may have %d shadow rules", maxShadows)
		}
		out.shadow = len(c.shadows)
		c.shadows = append(c.shadows, ShadowRule{out.name, r.Action})
	}
	return out, errors.Join(problems...)
}

// truth reads the three parts in the cheapest order that can settle the rule.
func (r *rule) truth(in *reading) Truth {
	result := in.any(r.include)
	for i := 0; i < len(r.require) && result != False; i++ {
		result = min(result, in.truth(r.require[i]))
	}
	if result == False {
		return False
	}
	return min(result, in.any(r.exclude).Not())
}
