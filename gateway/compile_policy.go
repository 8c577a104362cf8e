package gateway

import (
	"fmt"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/policy"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// actions translates the file's words; config has refused all others.
var actions = map[string]policy.Action{
	"allow":        policy.ActionAllow,
	"deny":         policy.ActionDeny,
	"bypass":       policy.ActionBypass,
	"service_auth": policy.ActionServiceAuth,
}

func compilePolicy(rules []config.Rule) (*policy.Policy, error) {
	return policy.Compile(policyRules(rules))
}

// shadows are the counters of a policy's shadow rules.
func shadows(p *policy.Policy, route string, process Process) []telemetry.ShadowRule {
	var out []telemetry.ShadowRule
	for _, rule := range p.Shadows() {
		out = append(out, process.Metrics.Shadow(route, rule.Name, rule.Action.String()))
	}
	return out
}

func policyRules(rules []config.Rule) []policy.Rule {
	out := make([]policy.Rule, len(rules))
	for i, rule := range rules {
		out[i] = policy.Rule{
			Name:    rule.Name,
			Action:  actions[rule.Action],
			Include: selectors(rule.Include),
			Require: selectors(rule.Require),
			Exclude: selectors(rule.Exclude),
			Shadow:  rule.Shadow,
		}
	}
	return out
}

func selectors(list []config.Selector) []policy.Selector {
	out := make([]policy.Selector, len(list))
	for i := range list {
		out[i] = selector(&list[i])
	}
	return out
}

// selector translates the one selector that is set. config guarantees exactly
// one; anything else is a mistake of ours and must not match quietly.
func selector(s *config.Selector) policy.Selector {
	switch {
	case s.Everyone:
		return policy.Everyone()
	case s.Email != nil:
		return policy.Email(s.Email)
	case s.EmailDomain != nil:
		return policy.EmailDomain(s.EmailDomain)
	case s.Group != nil:
		return policy.Group(s.Group)
	case s.Claim != nil:
		return policy.Claim(s.Claim.Path, claimTest(s.Claim))
	case s.Provider != nil:
		return policy.Provider(s.Provider)
	case s.ACR != nil:
		return policy.ACR(s.ACR)
	case s.AMR != nil:
		return policy.AMR(s.AMR)
	case s.ServiceToken != nil:
		return policy.ServiceToken(s.ServiceToken)
	case s.Bearer != nil:
		return policy.BearerToken(s.Bearer)
	case s.Expr != nil:
		return policy.Expr(s.Expr.Program)
	case s.IP != nil:
		return policy.IP(prefixes(s.IP))
	case s.NotIP != nil:
		return policy.NotIP(prefixes(s.NotIP))
	case s.Method != nil:
		return policy.Method(s.Method)
	case s.Path != nil:
		return policy.Path(s.Path)
	}
	panic(fmt.Sprintf("gateway: selector without content: %+v", *s))
}

func claimTest(t *config.ClaimTest) policy.ClaimTest {
	switch {
	case t.Is != nil:
		return policy.ClaimIs(t.Is.Value)
	case t.Has != nil:
		return policy.ClaimHas(t.Has.Value)
	case t.In != nil:
		values := make([]any, len(t.In))
		for i, v := range t.In {
			values[i] = v.Value
		}
		return policy.ClaimIn(values)
	case t.Matches != nil:
		return policy.ClaimMatches(t.Matches.Regexp)
	case t.Exists != nil:
		return policy.ClaimExists(*t.Exists)
	}
	panic(fmt.Sprintf("gateway: claim test without operator: %+v", *t))
}
