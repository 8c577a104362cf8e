package policy

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func caller(t testing.TB, claims string) *Query {
	t.Helper()
	c, err := identity.DecodeClaims([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return &Query{Caller: &identity.Identity{Subject: "s", Claims: c}}
}

func TestClaimOperators(t *testing.T) {
	number := func(s string) json.Number { return json.Number(s) }
	tests := []struct {
		claims string
		test   ClaimTest
		want   Truth
	}{
		{`{"a":"x"}`, ClaimIs("x"), True},
		{`{"a":"X"}`, ClaimIs("x"), False},
		{`{"a":["x"]}`, ClaimIs("x"), False},
		{`{"a":{"x":true}}`, ClaimIs("x"), False},
		{`{"a":null}`, ClaimIs(""), False},
		{`{}`, ClaimIs(""), False},
		{`{"a":""}`, ClaimIs(""), True},
		{`{"a":1}`, ClaimIs(number("1.0")), True},
		{`{"a":10}`, ClaimIs(number("1e1")), True},
		{`{"a":1}`, ClaimIs("1"), False},
		{`{"a":"1"}`, ClaimIs(number("1")), False},
		{`{"a":true}`, ClaimIs("true"), False},
		{`{"a":"true"}`, ClaimIs(true), False},
		{`{"a":true}`, ClaimIs(true), True},
		{`{"a":false}`, ClaimIs(true), False},
		{`{"a":false}`, ClaimIs(false), True},
		{`{"a":1}`, ClaimIs(true), False},

		{`{"a":"x"}`, ClaimHas("x"), True},
		{`{"a":["y","x"]}`, ClaimHas("x"), True},
		{`{"a":[["x"],{"x":"x"},null]}`, ClaimHas("x"), False},
		{`{"a":[1,2.0]}`, ClaimHas(number("2")), True},
		{`{"a":["2"]}`, ClaimHas(number("2")), False},
		{`{"a":[]}`, ClaimHas("x"), False},
		{`{}`, ClaimHas("x"), False},

		{`{"a":"x"}`, ClaimIn([]any{"y", "x"}), True},
		{`{"a":"z"}`, ClaimIn([]any{"y", "x"}), False},
		{`{"a":["z","x"]}`, ClaimIn([]any{"y", "x"}), True},
		{`{"a":["z"]}`, ClaimIn([]any{"y", "x"}), False},
		{`{"a":7}`, ClaimIn([]any{"7", true, number("7")}), True},
		{`{"a":true}`, ClaimIn([]any{"7", true, number("7")}), True},
		{`{"a":false}`, ClaimIn([]any{"7", true, number("7")}), False},

		{`{"a":"corp"}`, ClaimMatches(regexp.MustCompile(`corp`)), True},
		{`{"a":"not-corp-at-all"}`, ClaimMatches(regexp.MustCompile(`corp`)), False},
		{`{"a":"corp\n"}`, ClaimMatches(regexp.MustCompile(`corp`)), False},
		{`{"a":"corp\nevil"}`, ClaimMatches(regexp.MustCompile(`(?m)^corp$`)), False},
		{`{"a":"evil-b"}`, ClaimMatches(regexp.MustCompile(`a|b`)), False},
		{`{"a":"b"}`, ClaimMatches(regexp.MustCompile(`a|b`)), True},
		{`{"a":"CORP"}`, ClaimMatches(regexp.MustCompile(`(?i)corp`)), True},
		{`{"a":["x","corp"]}`, ClaimMatches(regexp.MustCompile(`c.*`)), True},
		{`{"a":7}`, ClaimMatches(regexp.MustCompile(`.*`)), False},
		{`{"a":true}`, ClaimMatches(regexp.MustCompile(`.*`)), False},
		{`{}`, ClaimMatches(regexp.MustCompile(`.*`)), False},

		{`{"a":"x"}`, ClaimExists(true), True},
		{`{"a":false}`, ClaimExists(true), True},
		{`{"a":[]}`, ClaimExists(true), True},
		{`{"a":null}`, ClaimExists(true), False},
		{`{}`, ClaimExists(true), False},
		{`{"a":null}`, ClaimExists(false), True},
		{`{}`, ClaimExists(false), True},
		{`{"a":"x"}`, ClaimExists(false), False},
	}
	for _, tt := range tests {
		if got := truthFor(t, Claim("a", tt.test), caller(t, tt.claims)); got != tt.want {
			t.Errorf("%s, operator %d of %v %v: %v, want %v", tt.claims, tt.test.op, tt.test.scalars, tt.test.pattern, got, tt.want)
		}
	}
}

func TestClaimPathsStepIntoObjects(t *testing.T) {
	q := caller(t, `{"realm_access":{"roles":["admin"]},"p1.region":"eu"}`)
	for path, want := range map[string]Truth{"realm_access.roles": True, "p1.region": True, "realm_access": True, "realm_access.none": False, "p1": False} {
		if got := truthFor(t, Claim(path, ClaimExists(true)), q); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestClaimNamesOfTheIdentityMeanItsFields(t *testing.T) {
	q := &Query{Caller: &identity.Identity{
		Provider: "ping", Subject: "s1", Email: "Ada@corp.example", Name: "Ada", Username: "ada",
		Groups: []string{"staff", "ops"}, ACR: "mfa", AMR: []string{"otp"},
		// A provider's own claims of these names, as a hostile one would send them.
		Claims: identity.Claims{"provider": "other", "email_verified": true, "sub": "root", "groups": []any{"admins"}, "email": "root@corp.example"},
	}}
	for _, tt := range []struct {
		path string
		test ClaimTest
		want Truth
	}{
		{"provider", ClaimIs("ping"), True},
		{"provider", ClaimIs("other"), False},
		{"sub", ClaimIs("s1"), True},
		{"sub", ClaimIs("root"), False},
		{"email", ClaimIs("Ada@corp.example"), True},
		{"email", ClaimIs("root@corp.example"), False},
		{"email_verified", ClaimIs(false), True},
		{"email_verified", ClaimIs(true), False},
		{"username", ClaimMatches(regexp.MustCompile("a.a")), True},
		{"name", ClaimIn([]any{"Ada"}), True},
		{"groups", ClaimHas("ops"), True},
		{"groups", ClaimHas("admins"), False},
		{"groups", ClaimIs("ops"), False},
		{"groups", ClaimIn([]any{"x", "staff"}), True},
		{"groups", ClaimExists(true), True},
		{"acr", ClaimIs("mfa"), True},
		{"amr", ClaimHas("otp"), True},
		{"amr", ClaimMatches(regexp.MustCompile("o")), False},
	} {
		if got := truthFor(t, Claim(tt.path, tt.test), q); got != tt.want {
			t.Errorf("%s, operator %d of %v: %v, want %v", tt.path, tt.test.op, tt.test.scalars, got, tt.want)
		}
	}
	nobody := &Query{Caller: &identity.Identity{}}
	for _, path := range []string{"email", "email_verified", "groups", "username", "name", "acr", "amr"} {
		if got := truthFor(t, Claim(path, ClaimExists(true)), nobody); got != False {
			t.Errorf("empty %s exists: %v", path, got)
		}
	}
}

func TestClaimPathsListsWhatSessionsMustKeep(t *testing.T) {
	test := ClaimExists(true)
	got := ClaimPaths([]Rule{
		{Include: []Selector{Claim("b.c", test), Everyone(), Claim("groups", test)}, Require: []Selector{Claim("a", test)}},
		{Exclude: []Selector{Claim("z", test), Claim("a", test), Claim("email_verified", test)}},
	})
	if diff := cmp.Diff([]string{"a", "b.c", "z"}, got); diff != "" {
		t.Error(diff)
	}
	if got := ClaimPaths(nil); len(got) != 0 {
		t.Errorf("paths of no rules: %q", got)
	}
}

func TestNumbersCompareByValue(t *testing.T) {
	same := [][]string{
		{"1", "1.0", "1e0", "10e-1", "0.1e1", "0.01E+2", "1.00"},
		{"0", "-0", "0.0", "0e99", "-0.000"},
		{"-12.5", "-125e-1", "-0.125e2", "-12.50"},
		{"1234567890123456789012345678901234567890", "123456789012345678901234567890123456789e1"},
		{"1234567890123456789012345678901234567891"},
		{"9007199254740993"}, {"9007199254740992"},
		{"12"}, {"1.2", "12e-1"}, {"102"}, {"1.02"}, {"-1"}, {"1e999999"}, {"1e-999999"}, {"0.1", ".1"},
	}
	for i, row := range same {
		for j, other := range same {
			for _, a := range row {
				for _, b := range other {
					x, ok1 := parseDecimal(json.Number(a))
					y, ok2 := parseDecimal(json.Number(b))
					if !ok1 || !ok2 || x.equal(y) != (i == j) {
						t.Errorf("%s equals %s: %v (parsed %v, %v), want %v", a, b, x.equal(y), ok1, ok2, i == j)
					}
				}
			}
		}
	}
	for _, s := range []string{"", "-", ".", "x", "1x", "1e", "1e99999999999999999999", "1e-2000000", "0x10", "1.2.3", "1_000", "NaN", "+1", "--1", "1e5e5"} {
		if d, ok := parseDecimal(json.Number(s)); ok {
			t.Errorf("%q is a number: %v", s, d)
		}
	}
}
