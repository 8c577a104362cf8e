package policy

import (
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// TestWhoCannotBeToldIsNotAdmitted: what a person can make unreadable about
// themselves never gets them further than the truth would.
func TestWhoCannotBeToldIsNotAdmitted(t *testing.T) {
	var (
		intern     = &identity.Identity{Email: "intern@corp.example", EmailVerified: true}
		unverified = &identity.Identity{Email: "intern@corp.example"}
		other      = &identity.Identity{Email: "other@corp.example"}
		member     = &identity.Identity{Groups: []string{"bad"}}
		stranger   = &identity.Identity{Groups: []string{"good"}}
		unreadable = &identity.Identity{Groups: []string{"good"}, GroupsUnreadable: true}

		isIntern  = []Selector{Email([]string{"intern@corp.example"})}
		isCorp    = []Selector{EmailDomain([]string{"corp.example"})}
		isBad     = []Selector{Group([]string{"bad"})}
		isGood    = []Selector{Group([]string{"good"})}
		hasBad    = []Selector{Claim("groups", ClaimHas("bad"))}
		hasGood   = []Selector{Claim("groups", ClaimHas("good"))}
		hasNone   = []Selector{Claim("groups", ClaimExists(false))}
		elsewhere = &identity.Identity{GroupsUnreadable: true}
		all       = []Selector{Everyone()}
	)
	cases := []struct {
		name   string
		rules  []Rule
		caller *identity.Identity
		want   Effect
	}{
		{"denied address", []Rule{{Action: ActionDeny, Include: isIntern}, {Action: ActionAllow, Include: all}}, intern, Deny},
		{"denied address, unverified", []Rule{{Action: ActionDeny, Include: isIntern}, {Action: ActionAllow, Include: all}}, unverified, Deny},
		{"another address, unverified", []Rule{{Action: ActionDeny, Include: isIntern}, {Action: ActionAllow, Include: all}}, other, Allow},
		{"excluded address, unverified", []Rule{{Action: ActionAllow, Include: all, Exclude: isIntern}}, unverified, Deny},
		{"excluded domain, unverified", []Rule{{Action: ActionAllow, Include: all, Exclude: isCorp}}, unverified, Deny},
		{"allowed address, unverified", []Rule{{Action: ActionAllow, Include: isIntern}}, unverified, Deny},
		{"required domain, unverified", []Rule{{Action: ActionAllow, Include: all, Require: isCorp}}, unverified, Deny},
		{"denied group", []Rule{{Action: ActionDeny, Include: isBad}, {Action: ActionAllow, Include: all}}, member, Deny},
		{"not in the denied group", []Rule{{Action: ActionDeny, Include: isBad}, {Action: ActionAllow, Include: all}}, stranger, Allow},
		{"denied group, unreadable", []Rule{{Action: ActionDeny, Include: isBad}, {Action: ActionAllow, Include: all}}, unreadable, Deny},
		{"excluded group, unreadable", []Rule{{Action: ActionAllow, Include: all, Exclude: isBad}}, unreadable, Deny},
		{"allowed group among unreadable ones", []Rule{{Action: ActionAllow, Include: isGood}}, unreadable, Allow},
		{"allowed group that is not among them", []Rule{{Action: ActionAllow, Include: isBad}}, unreadable, Deny},
		{"denied group, all elsewhere", []Rule{{Action: ActionDeny, Include: isBad}, {Action: ActionAllow, Include: all}}, elsewhere, Deny},
		{"denied group as a claim, unreadable", []Rule{{Action: ActionDeny, Include: hasBad}, {Action: ActionAllow, Include: all}}, unreadable, Deny},
		{"excluded group as a claim, elsewhere", []Rule{{Action: ActionAllow, Include: all, Exclude: hasBad}}, elsewhere, Deny},
		{"not in the denied group as a claim", []Rule{{Action: ActionDeny, Include: hasBad}, {Action: ActionAllow, Include: all}}, stranger, Allow},
		{"allowed group as a claim among unreadable ones", []Rule{{Action: ActionAllow, Include: hasGood}}, unreadable, Allow},
		{"allowed group as a claim, elsewhere", []Rule{{Action: ActionAllow, Include: hasGood}}, elsewhere, Deny},
		{"allowed without groups, elsewhere", []Rule{{Action: ActionAllow, Include: hasNone}}, elsewhere, Deny},
		{"allowed without groups, with some", []Rule{{Action: ActionDeny, Include: hasNone}, {Action: ActionAllow, Include: all}}, unreadable, Allow},
	}
	for _, c := range cases {
		p, err := Compile(c.rules)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Decide(&Query{Caller: c.caller, Method: "GET", Path: "/"}); got.Effect != c.want {
			t.Errorf("%s: %v, want %v", c.name, got.Effect, c.want)
		}
	}
}
