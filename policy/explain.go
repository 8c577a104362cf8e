package policy

// Outcome is what a rule did to a decision.
type Outcome uint8

const (
	// OutcomeNotReached: the decision was made above the rule.
	OutcomeNotReached Outcome = iota
	// OutcomeOthers: the rule is about the other kind of caller.
	OutcomeOthers
	// OutcomeNoMatch: the rule was not true, so the reading went on.
	OutcomeNoMatch
	// OutcomeRemembered: the rule may be about this anonymous caller, and the
	// reading went on.
	OutcomeRemembered
	// OutcomeShadow: the rule would have had a say and is a shadow.
	OutcomeShadow
	// OutcomeDecided: the reading ended here.
	OutcomeDecided
)

// String is the word for o in explanations.
func (o Outcome) String() string {
	switch o {
	case OutcomeOthers:
		return "other_callers"
	case OutcomeNoMatch:
		return "no_match"
	case OutcomeRemembered:
		return "remembered"
	case OutcomeShadow:
		return "shadow"
	case OutcomeDecided:
		return "decided"
	}
	return "not_reached"
}

// Step is one rule in an explanation. Include, Require and Exclude are what
// each of its selectors was found to be, in the rule's order, also those that
// Decide has no need to read. A rule not reached was not read.
type Step struct {
	Rule                      string
	Action                    Action
	Outcome                   Outcome
	Shadow                    bool
	Truth                     Truth
	Include, Require, Exclude []Finding
}

// Finding is what a selector was found to be. Err is why an expression failed,
// which is then what it counts as.
type Finding struct {
	Truth Truth
	Err   error
}

// String is the word for f in explanations.
func (f Finding) String() string {
	if f.Err != nil {
		return f.Truth.String() + " (failed: " + f.Err.Error() + ")"
	}
	return f.Truth.String()
}

// Explain decides as Decide does, by the same walk, and tells of every rule
// what it did.
func (p *Policy) Explain(q *Query) (Decision, []Step) {
	if p == nil || q == nil {
		return p.Decide(q), nil
	}
	steps := make([]Step, len(p.rules))
	in := p.reading(q)
	in.steps = steps
	d := p.decide(&in)
	for i := range steps {
		r := &p.rules[i]
		steps[i].Rule, steps[i].Action, steps[i].Shadow = r.name, r.action, r.shadow >= 0
		if steps[i].Outcome == OutcomeNotReached || steps[i].Outcome == OutcomeOthers {
			continue
		}
		in.asMachine = q.Caller == nil && q.Machine == nil && r.action == ActionServiceAuth
		steps[i].Include, steps[i].Require, steps[i].Exclude = in.each(r.include), in.each(r.require), in.each(r.exclude)
	}
	return d, steps
}

// note keeps what a rule did, if somebody wants to know.
func (in *reading) note(i int, truth Truth, outcome Outcome) {
	if in.steps != nil {
		in.steps[i].Truth, in.steps[i].Outcome = truth, outcome
	}
}

// shadowed reports whether r, which would have a say, is a shadow, and notes so.
func (in *reading) shadowed(i int, r *rule, truth Truth) bool {
	if r.shadow < 0 {
		return false
	}
	in.shadows |= 1 << r.shadow
	in.note(i, truth, OutcomeShadow)
	return true
}

func (in *reading) each(tests []test) []Finding {
	out := make([]Finding, len(tests))
	for i, t := range tests {
		in.failure = nil
		out[i].Truth = in.truth(t)
		out[i].Err = in.failure
	}
	return out
}
