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
}

// rule is a Rule made fast for one policy.
type rule struct {
	name                      string
	action                    Action
	include, require, exclude []test
}

// test is a compiled selector.
type test struct {
	term  term
	about about
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
)

func (c *compiler) rule(r Rule, position int) (rule, error) {
	out := rule{name: r.Name, action: r.Action}
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
	tests := func(part string, selectors []Selector) []test {
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
			out = append(out, t)
		}
		return out
	}
	out.include = tests("include", r.Include)
	out.require = tests("require", r.Require)
	out.exclude = tests("exclude", r.Exclude)
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
