package policy

// Decide reads the rules from top to bottom for one request.
func (p *Policy) Decide(q *Query) Decision {
	if p == nil || q == nil {
		return Decision{Effect: Deny, Reason: ReasonNoRule}
	}
	in := p.reading(q)
	return p.decide(&in)
}

// reading begins to read for q.
func (p *Policy) reading(q *Query) reading {
	in := reading{query: q, groups: &p.groups, who: q.Caller}
	if q.Machine != nil {
		in.who = &q.Machine.Identity
	}
	return in
}

// decide is the one walk over the rules: Decide and Explain take it.
func (p *Policy) decide(in *reading) Decision {
	var d Decision
	switch {
	case in.query.Machine != nil:
		d = p.decideKnown(in, ActionAllow, ActionServiceAuth)
	case in.query.Caller != nil:
		d = p.decideKnown(in, ActionServiceAuth, ActionAllow)
	default:
		d = p.decideAnonymous(in)
	}
	d.Shadows = in.shadows
	return d
}

// decideKnown decides for a person or a machine: rules of the action others
// are about the other kind of caller, those of the action admits are about
// this one. What is still unknown now, neither a second sign-in nor another
// token would show: no unknown may open the door.
func (p *Policy) decideKnown(in *reading, others, admits Action) Decision {
	for i := range p.rules {
		r := &p.rules[i]
		if r.action == others {
			in.note(i, False, OutcomeOthers)
			continue
		}
		truth := r.truth(in)
		if truth == False || truth == Unknown && r.action != ActionDeny {
			in.note(i, truth, OutcomeNoMatch)
			continue
		}
		if in.shadowed(i, r, truth) {
			continue
		}
		in.note(i, truth, OutcomeDecided)
		switch r.action {
		case admits:
			return Decision{Effect: Allow, Rule: r.name, Reason: ReasonAllowed}
		case ActionBypass:
			return Decision{Effect: Bypass, Rule: r.name, Reason: ReasonBypassed}
		}
		return Decision{Effect: Deny, Rule: r.name, Reason: ReasonDenied}
	}
	return Decision{Effect: Deny, Reason: ReasonNoRule}
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
		if truth == False || truth == Unknown && r.action == ActionBypass {
			in.note(i, truth, OutcomeNoMatch)
			continue
		}
		if in.shadowed(i, r, truth) {
			continue
		}
		if r.action == ActionServiceAuth || r.action == ActionAllow && truth == Unknown {
			// Without a token nobody is a machine, so even a true
			// service_auth only says that a token could help.
			in.note(i, truth, OutcomeRemembered)
			if r.action == ActionAllow && admits == nil {
				admits = r
			}
			if r.action == ActionServiceAuth && machine == nil {
				machine = r
			}
			continue
		}
		in.note(i, truth, OutcomeDecided)
		switch {
		case r.action == ActionBypass:
			return Decision{Effect: Bypass, Rule: r.name, Reason: ReasonBypassed}
		case r.action == ActionAllow, truth == Unknown:
			return Decision{Effect: SignIn, Rule: r.name, Reason: ReasonSignIn}
		case admits != nil:
			return Decision{Effect: SignIn, Rule: admits.name, Reason: ReasonSignIn}
		}
		return Decision{Effect: Deny, Rule: r.name, Reason: ReasonDenied}
	}
	switch {
	case admits != nil:
		return Decision{Effect: SignIn, Rule: admits.name, Reason: ReasonSignIn}
	case machine != nil:
		return Decision{Effect: NeedToken, Rule: machine.name, Reason: ReasonTokenOnly}
	}
	return Decision{Effect: Deny, Reason: ReasonNoRule}
}
