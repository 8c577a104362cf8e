package provider

import "testing"

// TestGroupsThatAreElsewhereAreUnreadable: a provider that leaves groups out
// for their number has not said that there are none. (Core section 5.6.2;
// Entra ID's groups overage.)
func TestGroupsThatAreElsewhereAreUnreadable(t *testing.T) {
	for _, c := range []struct {
		name, token, userinfo string
		paths                 []string
		want                  bool
	}{
		{"overage", `{"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://graph.example.com"}}}`, "", []string{"groups"}, true},
		{"overage in userinfo", `{}`, `{"_claim_names":{"groups":"src1"}}`, []string{"groups"}, true},
		{"hasgroups", `{"hasgroups":true}`, "", []string{"groups"}, true},
		{"hasgroups as a word", `{"hasgroups":"true"}`, "", []string{"groups"}, true},
		{"a parent is elsewhere", `{"_claim_names":{"realm_access":"s"}}`, "", []string{"realm_access.roles"}, true},
		{"the first choice is elsewhere", `{"_claim_names":{"groups":"s"},"roles":["a"]}`, "", []string{"groups", "roles"}, true},
		{"an empty list besides", `{"_claim_names":{"groups":"s"},"groups":[]}`, "", []string{"groups"}, true},

		{"benign: none", `{}`, "", []string{"groups"}, false},
		{"benign: another claim is elsewhere", `{"_claim_names":{"photo":"s"}}`, "", []string{"groups"}, false},
		{"benign: here all the same", `{"_claim_names":{"groups":"s"},"groups":["a"]}`, "", []string{"groups"}, false},
		{"benign: userinfo has them", `{"_claim_names":{"groups":"s"}}`, `{"groups":["a"]}`, []string{"groups"}, false},
		{"benign: an earlier choice is here", `{"_claim_names":{"groups":"s"},"roles":["a"]}`, "", []string{"roles", "groups"}, false},
		{"benign: hasgroups is false", `{"hasgroups":false}`, "", []string{"groups"}, false},
		{"benign: names that are no object", `{"_claim_names":["groups"]}`, "", []string{"groups"}, false},
	} {
		l := layers{token: claimsOf(t, c.token), userinfo: claimsOf(t, c.userinfo)}
		if _, got := l.groups(c.paths); got != c.want {
			t.Errorf("%s: unreadable %v, want %v", c.name, got, c.want)
		}
	}
}
