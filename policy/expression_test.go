package policy

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/expr"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

func written(t testing.TB, text string) Selector {
	t.Helper()
	p, err := expr.Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return Expr(p)
}

// TestExpressionsAreAboutWhoeverTheyRead: what only a sign-in tells is unknown
// without one, what the request tells is known.
func TestExpressionsAreAboutWhoeverTheyRead(t *testing.T) {
	ana := &identity.Identity{Subject: "7", Email: "ana@corp.example", EmailVerified: true, Groups: []string{"staff"},
		Claims: identity.Claims{"level": json.Number("4")}}
	job := &identity.Machine{Kind: identity.Bearer, Name: "ci", Identity: identity.Identity{Subject: "j", Claims: identity.Claims{"level": json.Number("9")}}}
	tests := []struct {
		text                    string
		nobody, person, machine Truth
	}{
		{`request.method == "GET"`, True, True, True},
		{`request.path.startsWith("/admin")`, False, False, False},
		{`user.sub == "7"`, Unknown, True, False},
		{`user.sub == ""`, Unknown, False, True},
		{`request.method == "GET" || user.sub == "7"`, Unknown, True, True},
		{`claims.level > 5`, Unknown, False, True},
		{`claims.email == "ana@corp.example" && claims.groups == ["staff"] && claims.level == 4`, Unknown, True, False},
		{`claims.sub == "j"`, Unknown, False, True},
		{`has(claims.nothing)`, Unknown, False, False},
		{`machine.name == ""`, True, True, False},
		{`machine.name == "ci"`, False, False, True},
		{`request.ip == "10.1.1.1"`, True, True, True},
	}
	for _, tt := range tests {
		for who, c := range map[string]struct {
			q    Query
			want Truth
		}{"nobody": {Query{}, tt.nobody}, "person": {Query{Caller: ana}, tt.person}, "machine": {Query{Machine: job}, tt.machine}} {
			q := c.q
			q.Method, q.Path, q.Peer = "GET", "/x", netip.MustParseAddr("::ffff:10.1.1.1")
			if got := truthFor(t, written(t, tt.text), &q); got != c.want {
				t.Errorf("%s, %s: %v, want %v", tt.text, who, got, c.want)
			}
		}
	}
	if got := truthFor(t, written(t, `request.ip == ""`), &Query{}); got != Unknown {
		t.Errorf("without an address request.ip is %v", got)
	}
	unreadable := &identity.Identity{Subject: "7", GroupsUnreadable: true}
	for _, text := range []string{`"x" in user.groups`, `"x" in claims.groups`, `!("groups" in claims)`} {
		if got := truthFor(t, written(t, text), &Query{Caller: unreadable}); got != Unknown {
			t.Errorf("groups that cannot be read are %v in %s", got, text)
		}
	}
}

// TestAnErrorOpensNothing: it is false where being true would admit, and true
// where being true keeps out.
func TestAnErrorOpensNothing(t *testing.T) {
	fails := []Selector{written(t, `claims.nothing == "x"`)}
	failsForAll := []Selector{written(t, `1 / (size(request.path) - 1) > 0`)}
	all := []Selector{Everyone()}
	person := Query{Caller: &identity.Identity{Subject: "7"}, Path: "/"}
	machine := Query{Machine: &identity.Machine{Kind: identity.ServiceToken, Name: "ci"}, Path: "/"}
	nobody := Query{Path: "/"}
	tests := []struct {
		name string
		rule Rule
		q    Query
		want Effect
	}{
		{"allow", Rule{Action: ActionAllow, Include: fails}, person, Deny},
		{"allow, required", Rule{Action: ActionAllow, Include: all, Require: fails}, person, Deny},
		{"allow, excluded", Rule{Action: ActionAllow, Include: all, Exclude: fails}, person, Deny},
		{"service_auth", Rule{Action: ActionServiceAuth, Include: fails}, machine, Deny},
		{"bypass", Rule{Action: ActionBypass, Include: failsForAll}, person, Deny},
		{"bypass, excluded", Rule{Action: ActionBypass, Include: all, Exclude: failsForAll}, nobody, Deny},
		{"deny", Rule{Action: ActionDeny, Include: fails}, person, Deny},
		{"deny, required", Rule{Action: ActionDeny, Include: all, Require: fails}, machine, Deny},
		{"deny, excluded", Rule{Action: ActionDeny, Include: all, Exclude: fails}, person, Deny},
		{"deny nobody knows", Rule{Action: ActionDeny, Include: failsForAll}, nobody, Deny},
		{"allow nobody knows", Rule{Action: ActionAllow, Include: failsForAll}, nobody, Bypass},
		{"allow, but for a twin", Rule{Action: ActionAllow, Include: []Selector{written(t, `size(request.path) == 1`)}}, person, Allow},
	}
	for _, tt := range tests {
		p := compile(t, tt.rule, Rule{Action: ActionBypass, Include: []Selector{Everyone()}})
		if tt.rule.Action != ActionDeny && tt.want == Deny {
			p = compile(t, tt.rule)
		}
		if got := p.Decide(&tt.q).Effect; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestExplainSaysThatAnExpressionFailed: true and false of an expression that
// failed are the rule's, not its own.
func TestExplainSaysThatAnExpressionFailed(t *testing.T) {
	low := []Selector{written(t, `claims.level < 3`)}
	p := compile(t, Rule{Action: ActionAllow, Include: low}, Rule{Action: ActionDeny, Include: low})
	for level, want := range map[string]string{
		"":  "[false (failed: no such key: level)] [true (failed: no such key: level)]",
		"4": "[false] [false]",
	} {
		who := &identity.Identity{Subject: "7", Claims: identity.Claims{}}
		if level != "" {
			who.Claims["level"] = json.Number(level)
		}
		_, steps := p.Explain(&Query{Caller: who})
		if got := fmt.Sprint(steps[0].Include, " ", steps[1].Include); got != want {
			t.Errorf("level %q: %s\nwant %s", level, got, want)
		}
	}
	if _, steps := p.Explain(&Query{}); fmt.Sprint(steps[1].Include) != "[unknown]" {
		t.Errorf("for nobody %v", steps[1].Include)
	}
}

func TestExpressionsNameTheClaimsToKeep(t *testing.T) {
	got := ClaimPaths([]Rule{{Include: []Selector{written(t, `claims.address.country == "NO" && claims.email == "" && user.sub == ""`)}, Exclude: []Selector{Claim("a.b", ClaimExists(true))}}})
	if len(got) != 2 || got[0] != "a.b" || got[1] != "address" {
		t.Errorf("keeps %v", got)
	}
}

func BenchmarkDecideExpression(b *testing.B) {
	p := compile(b, Rule{Action: ActionAllow, Include: []Selector{written(b, `user.email.endsWith("@corp.example") && "staff" in user.groups && claims.level >= 3 && request.path.startsWith("/a")`)}})
	who := &identity.Identity{Subject: "s", Email: "ada@corp.example", EmailVerified: true, Groups: []string{"staff"}, Claims: identity.Claims{"level": json.Number("4")}}
	b.ReportAllocs()
	for b.Loop() {
		if d := p.Decide(&Query{Caller: who, Method: "GET", Path: "/a/b"}); d.Effect != Allow {
			b.Fatalf("%+v", d)
		}
	}
}
