package policy

import "errors"

// Policy is a list of rules, ready to decide. It never changes and serves any
// number of requests at once. Nil and the zero Policy deny everybody.
type Policy struct {
	rules   []rule
	groups  groupIndex
	shadows []ShadowRule
}

// compiler collects what the selectors of one policy share.
type compiler struct {
	groups  groupIndex
	shadows []ShadowRule
}

// Compile checks rules and makes them fast. The error joins every problem of
// every rule, each beginning with the rule's name; the Policy is then nil.
func Compile(rules []Rule) (*Policy, error) {
	var c compiler
	p := &Policy{}
	var problems []error
	for i, r := range rules {
		compiled, err := c.rule(r, i+1)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		p.rules = append(p.rules, compiled)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	p.groups, p.shadows = c.groups, c.shadows
	return p, nil
}
