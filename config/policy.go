package config

// RoutePolicy is what `policy` of a route may be: "public", a name, or rules.
// After Load, Rules holds the rules of the named policy as well.
type RoutePolicy struct {
	Name  string // "" for rules written in place
	Rules []Rule
}

// Rule is one line of a policy. `allow: X` (likewise deny, bypass and
// service_auth) is short
// for {action: allow, include: [X]} and is unfolded by Load.
type Rule struct {
	Name    string     `yaml:"name" doc:"Name in logs."`
	Action  string     `yaml:"action" enum:"allow,deny,bypass,service_auth" doc:"What a true rule does. allow is about people, service_auth about machines, bypass needs no sign-in, deny is about everybody."`
	Include []Selector `yaml:"include" doc:"Required. Any of these must be true."`
	Require []Selector `yaml:"require" doc:"All of these must be true."`
	Exclude []Selector `yaml:"exclude" doc:"None of these may be true."`
	Shadow  bool       `yaml:"shadow" doc:"true: the rule is read, logged and counted, and does not decide."`
}

// Selector is a mapping with exactly one key. Its list means any.
type Selector struct {
	Everyone     bool       `yaml:"everyone" doc:"Everybody: in allow everybody who is signed in, in service_auth every machine."`
	Email        []string   `yaml:"email" placeholder:"placeholder@placeholder.invalid" doc:"Verified address, exact after ASCII folding."`
	EmailDomain  []string   `yaml:"email_domain" placeholder:"placeholder.invalid" doc:"Domain of the verified address, exact, no subdomains."`
	Group        []string   `yaml:"group" doc:"Member of the group."`
	Claim        *ClaimTest `yaml:"claim" doc:"A claim's value."`
	Provider     []string   `yaml:"provider" doc:"Signed in through this provider."`
	ACR          []string   `yaml:"acr" doc:"Authentication context of the sign-in."`
	AMR          []string   `yaml:"amr" doc:"Authentication method used."`
	IP           []Prefix   `yaml:"ip" doc:"Caller's address is in one of these CIDRs."`
	NotIP        []Prefix   `yaml:"not_ip" doc:"Caller's address is in none of these CIDRs."`
	Method       []string   `yaml:"method" placeholder:"GET" doc:"Request method, upper case."`
	Path         []string   `yaml:"path" placeholder:"/placeholder" doc:"Prefix of the request's path at segment bounds."`
	ServiceToken []string   `yaml:"service_token" doc:"Machine with this service token."`
	Bearer       []string   `yaml:"bearer" doc:"Caller whose bearer token this entry of bearer accepted."`
	Expr         *Expr      `yaml:"expr" doc:"CEL expression over user, claims, machine and request; see docs/policies.md."`
}

// ClaimTest tests one claim. Exactly one of the operators is set.
type ClaimTest struct {
	Path    string   `yaml:"path" doc:"Required. Claim path (a.b.c)."`
	Is      *Scalar  `yaml:"is" doc:"The claim is this scalar."`
	Has     *Scalar  `yaml:"has" doc:"The claim is this scalar, or a list with it."`
	In      []Scalar `yaml:"in" doc:"The claim, or a member of a list claim, is one of these scalars."`
	Matches *Regexp  `yaml:"matches" doc:"The whole string, or a whole member of a list claim, matches this RE2 expression."`
	Exists  *bool    `yaml:"exists" doc:"The claim is there (true) or not (false)."`
}
