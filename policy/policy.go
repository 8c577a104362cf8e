package policy

import "errors"

// Policy is a list of rules, ready to decide. It never changes and serves any
// number of requests at once. Nil and the zero Policy deny everybody.
type Policy struct {
	rules  []rule
	groups groupIndex
}

// compiler collects what the selectors of one policy share.
type compiler struct{ groups groupIndex }

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
	p.groups = c.groups
	return p, nil
}

// Decide reads the rules from top to bottom for one request.
func (p *Policy) Decide(q *Query) Decision {
	if p == nil || q == nil {
		return Decision{Effect: Deny, Reason: ReasonNoRule}
	}
	in := p.reading(q)
	switch {
	case q.Machine != nil:
		return p.decideKnown(&in, ActionAllow, ActionServiceAuth)
	case q.Caller != nil:
		return p.decideKnown(&in, ActionServiceAuth, ActionAllow)
	}
	return p.decideAnonymous(&in)
}

// reading begins to read for q.
func (p *Policy) reading(q *Query) reading {
	in := reading{query: q, groups: &p.groups, who: q.Caller}
	if q.Machine != nil {
		in.who = &q.Machine.Identity
	}
	return in
}

// decideKnown decides for a person or a machine: rules of the action others
// are about the other kind of caller, those of the action admits are about
// this one. What is still unknown now, neither a second sign-in nor another
// token would show: no unknown may open the door.
func (p *Policy) decideKnown(in *reading, others, admits Action) Decision {
	for i := range p.rules {
		r := &p.rules[i]
		if r.action == others {
			continue
		}
		truth := r.truth(in)
		switch {
		case r.action == ActionDeny && truth != False:
			return Decision{Deny, r.name, ReasonDenied}
		case r.action == admits && truth == True:
			return Decision{Allow, r.name, ReasonAllowed}
		case r.action == ActionBypass && truth == True:
			return Decision{Bypass, r.name, ReasonBypassed}
		}
	}
	return Decision{Deny, "", ReasonNoRule}
}

// decideAnonymous decides for somebody who has not said who they are, and finds
// out whether saying so could help.
func (p *Policy) decideAnonymous(in *reading) Decision {
	// admits is the first allow rule that may be about this person, machine
	// the first service_auth rule that may be about the machine they turn
	// out to be.
	var admits, machine *rule
	for i := range p.rules {
		r := &p.rules[i]
		in.asMachine = r.action == ActionServiceAuth
		truth := r.truth(in)
		if truth == False {
			continue
		}
		switch r.action {
		case ActionBypass:
			if truth == True {
				return Decision{Bypass, r.name, ReasonBypassed}
			}
		case ActionAllow:
			if truth == True {
				return Decision{SignIn, r.name, ReasonSignIn}
			}
			if admits == nil {
				admits = r
			}
		case ActionServiceAuth:
			// Without a token nobody is a machine, so even a true rule only
			// says that a token could help.
			if machine == nil {
				machine = r
			}
		default:
			switch {
			case truth == Unknown:
				return Decision{SignIn, r.name, ReasonSignIn}
			case admits != nil:
				return Decision{SignIn, admits.name, ReasonSignIn}
			}
			return Decision{Deny, r.name, ReasonDenied}
		}
	}
	switch {
	case admits != nil:
		return Decision{SignIn, admits.name, ReasonSignIn}
	case machine != nil:
		return Decision{NeedToken, machine.name, ReasonTokenOnly}
	}
	return Decision{Deny, "", ReasonNoRule}
}
