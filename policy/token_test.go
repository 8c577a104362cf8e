package policy

import (
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Who calls, in the tests about machines: nobody, somebody signed in, somebody
// whom a bearer token made, and machines of both kinds.
func callers() map[string]*Query {
	claims := identity.Identity{
		Subject: "7", Email: "job@corp.example", EmailVerified: true, Groups: []string{"deployers"},
		Provider: "ping", ACR: "mfa", AMR: []string{"mfa"}, Claims: identity.Claims{"scope": "write"},
	}
	return map[string]*Query{
		"nobody":  {},
		"person":  {Caller: &claims},
		"user":    {Caller: &claims, Bearer: "people"},
		"service": {Machine: &identity.Machine{Kind: identity.ServiceToken, Name: "ci", Identity: identity.Identity{Subject: "ci"}}},
		"bearer":  {Machine: &identity.Machine{Kind: identity.Bearer, Name: "backend", Identity: claims}},
	}
}

// TestTheActionSaysWhomARuleIsAbout: allow never admits a machine,
// service_auth never a person, and without a token service_auth asks for one.
func TestTheActionSaysWhomARuleIsAbout(t *testing.T) {
	one := func(s Selector) []Selector { return []Selector{s} }
	all := one(Everyone())
	deployers := one(Group([]string{"deployers"}))
	corp := one(EmailDomain([]string{"corp.example"}))
	tests := []struct {
		name string
		rule Rule
		// of the callers above, in their order
		nobody, person, user, service, bearer Effect
	}{
		{"allow everyone", Rule{Action: ActionAllow, Include: all}, SignIn, Allow, Allow, Deny, Deny},
		{"service_auth everyone", Rule{Action: ActionServiceAuth, Include: all}, NeedToken, Deny, Deny, Allow, Allow},
		{"deny everyone", Rule{Action: ActionDeny, Include: all}, Deny, Deny, Deny, Deny, Deny},
		{"bypass everyone", Rule{Action: ActionBypass, Include: all}, Bypass, Bypass, Bypass, Bypass, Bypass},
		{"service_auth by a service token", Rule{Action: ActionServiceAuth, Include: one(ServiceToken([]string{"ci", "x"}))}, NeedToken, Deny, Deny, Allow, Deny},
		{"service_auth by a bearer token", Rule{Action: ActionServiceAuth, Include: one(BearerToken([]string{"backend"}))}, NeedToken, Deny, Deny, Deny, Allow},
		{"service_auth by a service token of a bearer's name", Rule{Action: ActionServiceAuth, Include: one(ServiceToken([]string{"backend"}))}, NeedToken, Deny, Deny, Deny, Deny},
		{"service_auth by a group", Rule{Action: ActionServiceAuth, Include: deployers}, NeedToken, Deny, Deny, Deny, Allow},
		{"service_auth by a claim", Rule{Action: ActionServiceAuth, Include: one(Claim("scope", ClaimIs("write")))}, NeedToken, Deny, Deny, Deny, Allow},
		{"service_auth except a token", Rule{Action: ActionServiceAuth, Include: all, Exclude: one(ServiceToken([]string{"ci"}))}, NeedToken, Deny, Deny, Deny, Allow},
		{"service_auth by an address", Rule{Action: ActionServiceAuth, Include: corp}, Deny, Deny, Deny, Deny, Deny},
		{"service_auth by how a person signed in", Rule{Action: ActionServiceAuth, Include: one(AMR([]string{"mfa"}))}, Deny, Deny, Deny, Deny, Deny},
		{"service_auth elsewhere", Rule{Action: ActionServiceAuth, Include: all, Require: one(Path([]string{"/api"}))}, Deny, Deny, Deny, Deny, Deny},
		{"allow by a bearer token", Rule{Action: ActionAllow, Include: one(BearerToken([]string{"people"}))}, Deny, Deny, Allow, Deny, Deny},
		{"allow by a service token", Rule{Action: ActionAllow, Include: one(ServiceToken([]string{"ci"}))}, Deny, Deny, Deny, Deny, Deny},
	}
	for _, tt := range tests {
		p := compile(t, tt.rule)
		for who, want := range map[string]Effect{"nobody": tt.nobody, "person": tt.person, "user": tt.user, "service": tt.service, "bearer": tt.bearer} {
			q := *callers()[who]
			q.Method, q.Path = "GET", "/"
			if got := p.Decide(&q).Effect; got != want {
				t.Errorf("%s, %s: %v, want %v", tt.name, who, got, want)
			}
		}
	}
}

// TestADenyIsAboutMachinesToo: each deny stands before rules that admit
// everybody.
func TestADenyIsAboutMachinesToo(t *testing.T) {
	tests := []struct {
		name                                  string
		denied                                Selector
		nobody, person, user, service, bearer Effect
	}{
		{"a service token", ServiceToken([]string{"ci"}), SignIn, Allow, Allow, Deny, Allow},
		{"a bearer token", BearerToken([]string{"backend"}), SignIn, Allow, Allow, Allow, Deny},
		{"a person's bearer token", BearerToken([]string{"people"}), SignIn, Allow, Deny, Allow, Allow},
		{"a group", Group([]string{"deployers"}), SignIn, Deny, Deny, Allow, Deny},
		{"an address", Email([]string{"job@corp.example"}), SignIn, Deny, Deny, Allow, Deny},
		{"another address", Email([]string{"x@corp.example"}), SignIn, Allow, Allow, Allow, Allow},
		{"a sign-in", Provider([]string{"ping"}), SignIn, Deny, Deny, Allow, Deny},
	}
	for _, tt := range tests {
		p := compile(t, Rule{Action: ActionDeny, Include: []Selector{tt.denied}},
			Rule{Action: ActionAllow, Include: []Selector{Everyone()}}, Rule{Action: ActionServiceAuth, Include: []Selector{Everyone()}})
		for who, want := range map[string]Effect{"nobody": tt.nobody, "person": tt.person, "user": tt.user, "service": tt.service, "bearer": tt.bearer} {
			if got := p.Decide(callers()[who]).Effect; got != want {
				t.Errorf("deny %s, %s: %v, want %v", tt.name, who, got, want)
			}
		}
	}
}

// TestATokenIsFalseWithoutOne: unlike what a sign-in would tell.
func TestATokenIsFalseWithoutOne(t *testing.T) {
	for name, s := range map[string]Selector{"service_token": ServiceToken([]string{"ci"}), "bearer": BearerToken([]string{"backend"})} {
		if got := truthFor(t, s, &Query{}); got != False {
			t.Errorf("%s of an anonymous caller is %v", name, got)
		}
		if _, err := Compile([]Rule{{Action: ActionBypass, Include: []Selector{s}}}); err == nil {
			t.Errorf("a bypass by %s compiles", name)
		}
	}
}
