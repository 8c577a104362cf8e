package expr

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func world() *Vars {
	v := &Vars{
		User: User{
			Sub: "7", Email: "ana@corp.example", EmailVerified: true, Username: "ana", Groups: []string{"staff", "oncall"},
			Provider: "ping", AMR: []string{"pwd", "mfa"},
		},
		Claims: map[string]any{
			"department": "rd", "level": json.Number("4"), "ratio": json.Number("2.5"), "big": json.Number("9007199254740993"),
			"admin": true, "roles": []any{"dev", json.Number("3")}, "address": map[string]any{"country": "NO"}, "p1.region": "EU",
		},
		Request: Request{Method: "GET", Host: "app.example.com", Path: "/reports/2026", IP: "10.1.2.3"},
	}
	return v
}

func TestExpressionsSeeTheWholeCallerAndRequest(t *testing.T) {
	for text, want := range map[string]bool{
		`user.sub == "7" && user.username == "ana" && user.name == ""`: true,
		`user.email.endsWith("@corp.example") && user.email_verified`:  true,
		`"staff" in user.groups`:                                           true,
		`user.groups.exists(g, g.startsWith("on"))`:                        true,
		`user.groups.all(g, g == "staff")`:                                 false,
		`user.provider == "ping" && user.acr == "" && "mfa" in user.amr`:   true,
		`has(user.email) && !has(user.name)`:                               true,
		`claims.department == "rd"`:                                        true,
		`claims.department in ["hr", "it"]`:                                false,
		`claims.level >= 3 && claims.level < 4.5 && claims.level == 4.0`:   true,
		`claims.ratio > 2`:                                                 true,
		`claims.big == 9007199254740993 && claims.big != 9007199254740992`: true,
		`claims.admin`: true,
		`"dev" in claims.roles && 3 in claims.roles && !("ops" in claims.roles)`:  true,
		`claims.address.country == "NO"`:                                          true,
		`claims["p1.region"] == "EU" && "department" in claims && !has(claims.x)`: true,
		`machine.name == ""`: true,
		`request.method == "GET" && request.path.startsWith("/reports/")`: true,
		`request.host == "app.example.com" && request.ip == "10.1.2.3"`:   true,
		`request.path.matches("^/reports/[0-9]{4}$")`:                     true,
		`size(user.groups) == 2 ? true : false`:                           true,
	} {
		p, err := Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := p.Eval(world()); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestMistakesAreFoundBeforeAnybodyCalls(t *testing.T) {
	for text, want := range map[string]string{
		`user.emial == "x"`:                       "1:5: undefined field 'emial'",
		`usr.email == "x"`:                        "1:1: undeclared reference to 'usr'",
		"user.email\n == 3":                       "2:2: found no matching overload for '_==_'",
		`user.groups == "staff"`:                  "1:13: found no matching overload",
		`user.email`:                              "0:0: has the type string; it must be true or false",
		`request.method = "GET"`:                  "1:16: Syntax error: token recognition error",
		``:                                        "Syntax error",
		`claims.exists(c, c == "x")`:              "1:1: claims can only be read by names",
		`claims[user.sub] == "x"`:                 "1:1: claims can only be read by names",
		`size(claims) > 0`:                        "1:6: claims can only be read by names",
		`request.path.matches("(")`:               "1:22: invalid matches argument",
		`user{sub: "x"} == user`:                  "",
		strings.Repeat("!", 9000) + "true":        "expression code point size exceeds limit",
		strings.Repeat("(", 400) + "true":         "expression recursion limit exceeded",
		`request.ip > 3`:                          "1:12: found no matching overload",
		`user.email_verified && machine.nam == 1`: "undefined field 'nam'",
	} {
		_, err := Compile(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%.40s: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

// TestErrorsAreErrorsAndNotFalse: what is made of them depends on the rule.
func TestErrorsAreErrorsAndNotFalse(t *testing.T) {
	for _, text := range []string{
		`claims.nothing == "x"`, `claims.department > 3`, `claims.department`, `claims.roles[7] == "x"`,
		`1 / (claims.level - 4) > 0`, `user{sub: "x"} == user`, `claims.address.city == "Oslo"`,
	} {
		p, err := Compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := p.Eval(world()); err == nil {
			t.Errorf("%s is %v, not an error", text, got)
		}
	}
}

// TestAnExpressionCannotTakeForever: two long lists multiplied cost too much,
// one of them twice does not.
func TestAnExpressionCannotTakeForever(t *testing.T) {
	v := world()
	v.User.Groups = nil
	for i := range 1000 {
		v.User.Groups = append(v.User.Groups, fmt.Sprintf("group-%d", i))
	}
	costly, err := Compile(`user.groups.exists(a, user.groups.exists(b, user.groups.exists(c, a + b + c == "x")))`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := costly.Eval(v); err == nil || !strings.Contains(err.Error(), "cost") {
		t.Errorf("a billion comparisons: %v", err)
	}
	cheap, err := Compile(`user.groups.exists(a, a == "x") || "y" in user.groups`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := cheap.Eval(v); err != nil || got {
		t.Errorf("two walks: %v, %v", got, err)
	}
}

func TestReadsNamesWhatTheTextHolds(t *testing.T) {
	p, err := Compile(`request.ip == "" || user.email == "x" && user.groups.exists(g, g == claims.team) || has(claims.address.country) || claims["a.b"] == 1 || "c" in claims`)
	if err != nil {
		t.Fatal(err)
	}
	r := p.Reads()
	if fmt.Sprint(r.Claims) != "[a.b address c team]" || !r.User || !r.Email || !r.Groups || !r.IP || r.EmailVerified || r.Machine || !r.Caller() {
		t.Errorf("%+v", r)
	}
	p, _ = Compile(`request.method == "GET"`)
	if p.Reads().Caller() {
		t.Error("a method is about the caller")
	}
}

func BenchmarkEval(b *testing.B) {
	p, err := Compile(`user.email_verified && user.email.endsWith("@corp.example") && "staff" in user.groups && claims.level >= 3 && request.path.startsWith("/reports/")`)
	if err != nil {
		b.Fatal(err)
	}
	v := world()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := p.Eval(v); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
