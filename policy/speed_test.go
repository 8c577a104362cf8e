package policy

import (
	"fmt"
	"net/netip"
	"regexp"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// largePolicy has fifty rules that all must be read, four groups each, and a
// caller with two hundred other groups.
func largePolicy(t testing.TB) (*Policy, *Query) {
	var rules []Rule
	for i := range 49 {
		var groups []string
		for j := range 4 {
			groups = append(groups, fmt.Sprintf("department-%d-team-%d", i, j))
		}
		rules = append(rules, Rule{
			Action:  []Action{ActionAllow, ActionDeny}[i%2],
			Include: []Selector{Group(groups), Email([]string{fmt.Sprintf("user%d@corp.example", i)})},
			Exclude: []Selector{IP(ranges("10.0.0.0/8"))},
		})
	}
	rules = append(rules, Rule{Action: ActionAllow, Include: []Selector{EmailDomain([]string{"corp.example"})}})
	who := &identity.Identity{Subject: "s", Email: "ada@corp.example", EmailVerified: true}
	for i := range 200 {
		who.Groups = append(who.Groups, fmt.Sprintf("department-%d-team-%d", 100+i/10, i))
	}
	return compile(t, rules...), &Query{Caller: who, Peer: netip.MustParseAddr("192.0.2.1"), Method: "GET", Path: "/a/b"}
}

func BenchmarkDecide50Rules200Groups(b *testing.B) {
	p, q := largePolicy(b)
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Decide(q); d.Effect != Allow {
			b.Fatalf("%+v", d)
		}
	}
}

func BenchmarkDecideOneRule(b *testing.B) {
	p := compile(b, Rule{Action: ActionAllow, Include: []Selector{EmailDomain([]string{"corp.example"})}})
	who := &identity.Identity{Subject: "s", Email: "ada@corp.example", EmailVerified: true}
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Decide(&Query{Caller: who, Method: "GET", Path: "/a/b"}); d.Effect != Allow {
			b.Fatalf("%+v", d)
		}
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	large, q := largePolicy(t)
	everything := compile(t,
		Rule{Action: ActionDeny, Include: []Selector{
			Email([]string{"eve@corp.example"}), EmailDomain([]string{"evil.example"}), Group([]string{"x"}),
			Provider([]string{"other"}), ACR([]string{"other"}), AMR([]string{"other"}),
			Claim("a.b", ClaimIs("x")), Claim("a.b", ClaimHas(true)), Claim("n", ClaimIn([]any{"x", false})),
			Claim("s", ClaimMatches(regexp.MustCompile("x+"))), Claim("none", ClaimExists(true)),
			Claim("groups", ClaimHas("x")), Claim("email", ClaimMatches(regexp.MustCompile("x+"))), Claim("email_verified", ClaimIs(false)),
			IP(ranges("10.0.0.0/8")), Method([]string{"DELETE"}), Path([]string{"/admin"}),
		}},
		Rule{Action: ActionAllow, Include: []Selector{EmailDomain([]string{"corp.example"})}})
	mixedCase := *q.Caller
	mixedCase.Email = "Ada@Corp.example"
	mixedCase.Claims = identity.Claims{"a": map[string]any{"b": []any{"y", "z"}}, "n": true, "s": "yyy"}
	for name, decide := range map[string]func() Decision{
		"50 rules, 200 groups": func() Decision { return large.Decide(q) },
		"every selector":       func() Decision { return everything.Decide(q) },
		"mixed case and claims": func() Decision {
			return everything.Decide(&Query{Caller: &mixedCase, Peer: q.Peer, Method: "GET", Path: "/a;b//c"})
		},
		"anonymous": func() Decision { return large.Decide(&Query{Peer: q.Peer, Method: "GET", Path: "/"}) },
	} {
		if d := decide(); d.Effect == Deny {
			t.Errorf("%s: %+v, so not all rules were read", name, d)
		}
		if n := testing.AllocsPerRun(100, func() { decide() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
