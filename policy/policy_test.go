package policy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func ranges(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func compile(t testing.TB, rules ...Rule) *Policy {
	t.Helper()
	p, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// truthFor is what s says about q, read through a whole policy.
func truthFor(t testing.TB, s Selector, q *Query) Truth {
	t.Helper()
	p := compile(t, Rule{Action: ActionAllow, Include: []Selector{s}})
	in := p.reading(q)
	return p.rules[0].truth(&in)
}

func TestNoPolicyDenies(t *testing.T) {
	var missing *Policy
	for name, p := range map[string]*Policy{"nil": missing, "zero": {}} {
		for _, q := range []*Query{nil, {}, {Caller: &identity.Identity{Subject: "a"}}} {
			if d := p.Decide(q); d.Effect != Deny || d.Reason != ReasonNoRule {
				t.Errorf("%s policy: %+v, want a deny", name, d)
			}
		}
	}
	if (Decision{}).Effect != Deny || Action(0) != ActionDeny || Truth(0) != False {
		t.Error("a zero value opens something")
	}
}

// TestRuleNeedsIncludeRequireAndNotExclude enumerates Kleene's tables.
func TestRuleNeedsIncludeRequireAndNotExclude(t *testing.T) {
	selectors := map[Truth]Selector{
		True:    Everyone(),
		False:   Method([]string{"DELETE"}),
		Unknown: Group([]string{"staff"}),
	}
	// A false part makes the rule false, else an unknown part makes it unknown.
	want := func(parts ...Truth) Truth {
		result := True
		for _, p := range parts {
			if p == False {
				return False
			}
			if p == Unknown {
				result = Unknown
			}
		}
		return result
	}
	q := &Query{Method: "GET"}
	for a, include := range selectors {
		for b, other := range selectors {
			for c, require := range selectors {
				for d, exclude := range selectors {
					p := compile(t, Rule{Include: []Selector{include, other}, Require: []Selector{Everyone(), require}, Exclude: []Selector{exclude}})
					in := p.reading(q)
					either := False
					if a == True || b == True {
						either = True
					} else if a == Unknown || b == Unknown {
						either = Unknown
					}
					not := map[Truth]Truth{False: True, Unknown: Unknown, True: False}[d]
					if got := p.rules[0].truth(&in); got != want(either, c, not) {
						t.Errorf("include (%v or %v), require %v, exclude %v: %v, want %v", a, b, c, d, got, want(either, c, not))
					}
				}
			}
		}
	}
}

func TestCompileRefusesRulesThatCouldNotWork(t *testing.T) {
	one := func(s Selector) Rule { return Rule{Include: []Selector{s}} }
	tests := []struct {
		name string
		rule Rule
		want string // in the error; empty for a twin that compiles
	}{
		{"deny that denies nobody", Rule{Require: []Selector{Everyone()}}, "include is empty"},
		{"deny everyone", one(Everyone()), ""},
		{"unknown action", Rule{Action: 9, Include: []Selector{Everyone()}}, "unknown action 9"},
		{"missing selector", one(nil), "include[0]: no selector"},
		{"no addresses", one(Email(nil)), "email: empty list"},
		{"two at signs", one(Email([]string{"a@evil@corp.example"})), "no address"},
		{"address", one(Email([]string{"a@corp.example"})), ""},
		{"domain with at sign", one(EmailDomain([]string{"@corp.example"})), "no domain"},
		{"no domains", one(EmailDomain(nil)), "email_domain: empty list"},
		{"domain", one(EmailDomain([]string{"corp.example"})), ""},
		{"no groups", one(Group(nil)), "group: empty list"},
		{"group without a name", one(Group([]string{"a", ""})), "group: empty value"},
		{"acr that an absent acr equals", one(ACR([]string{""})), "acr: empty value"},
		{"no ranges", one(NotIP(nil)), "not_ip: empty list"},
		{"zero range", one(IP([]netip.Prefix{{}})), "no range"},
		{"half of IPv4", one(IP(ranges("::ffff:0.0.0.0/90"))), "mixes"},
		{"all of IPv4", one(IP(ranges("::ffff:0.0.0.0/96"))), ""},
		{"lower-case method", one(Method([]string{"get"})), "upper case"},
		{"no methods", one(Method(nil)), "method: empty list"},
		{"relative path", one(Path([]string{"admin"})), "begin with a slash"},
		{"path that no request has", one(Path([]string{"/a/../admin"})), "dot segment"},
		{"doubled slash", one(Path([]string{"/a//b"})), "doubled slash"},
		{"hidden file", one(Path([]string{"/.well-known/..x"})), ""},
		{"no paths", one(Path(nil)), "path: empty list"},
		{"claim without path", one(Claim("", ClaimExists(true))), "empty path"},
		{"claim without test", one(Claim("a", ClaimTest{})), "nothing to test"},
		{"claim in nothing", one(Claim("a", ClaimIn(nil))), "empty list"},
		{"claim is an object", one(Claim("a", ClaimIs(map[string]any{}))), "no string, number or boolean"},
		{"claim matches nothing", one(Claim("a", ClaimMatches(nil))), "no expression"},
		{"bypass by group", Rule{Action: ActionBypass, Include: []Selector{Group([]string{"a"})}}, "bypass cannot depend"},
		{"bypass except a person", Rule{Action: ActionBypass, Include: []Selector{Everyone()}, Exclude: []Selector{Email([]string{"a@corp.example"})}}, "exclude[0]: bypass cannot depend"},
		{"bypass by path", Rule{Action: ActionBypass, Include: []Selector{Path([]string{"/public"})}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Compile([]Rule{tt.rule})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			case err != nil && p != nil:
				t.Error("an error came with a policy")
			}
		})
	}
}

func TestCompileReportsEveryProblem(t *testing.T) {
	_, err := Compile([]Rule{
		{Name: "staff", Include: []Selector{Group(nil), Path([]string{"x"})}},
		{Include: []Selector{Everyone()}},
		{},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"staff: include[0]: group", "staff: include[1]: path", "rule 3: include is empty"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestDecisionNamesTheRule(t *testing.T) {
	p := compile(t,
		Rule{Name: "not delete", Action: ActionDeny, Include: []Selector{Method([]string{"DELETE"})}},
		Rule{Action: ActionBypass, Include: []Selector{Everyone()}})
	for method, want := range map[string]string{"DELETE": "not delete", "GET": "rule 2"} {
		if d := p.Decide(&Query{Method: method, Path: "/"}); d.Rule != want {
			t.Errorf("%s: rule %q, want %q", method, d.Rule, want)
		}
	}
}
