package config

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTypesKeysAndValuesAreStrict(t *testing.T) {
	refuses(t, around, []promise{
		{"servre: {}", `9:1: servre: unknown key "servre"; did you mean "server"?`},
		{"server: {Listen: \":1\"}", `9:10: server.Listen: unknown key "Listen"; did you mean "listen"?`},
		{"zebra: {}", `9:1: zebra: unknown key "zebra"`},
		{"log: {level: info, level: warn}", `9:20: log.level: the key appears twice, first on line 9`},
		{"log: [info]", `9:6: log: must be a mapping, not a list; write it like {level: info}`},
		{"log: info", `9:6: log: must be a mapping, not one value; write it like {level: info}`},
		{"log: {level: [info]}", `9:14: log.level: must be one value, not a list`},
		{"log: {level: {a: b}}", `9:14: log.level: must be one value, not a mapping`},
		{"log: {level: }", `9:7: log.level: has no value; give it one or remove the key`},
		{"log: {level: null}", `9:14: log.level: has no value; give it one or remove the key`},
		{"log: {access: yes}", `9:15: log.access: "yes" is neither true nor false`},
		{"log: {[a]: b}", `9:7: log: a key must be a plain word`},
		{"log:\n  level: !secret info", `10:10: log.level: begins with !, which YAML takes for a tag; quote it`},
		{"log: {level: \"in\\tfo\"}", `9:14: log.level: holds a line break or another control character`},
		{"telemetry: {sample: 2}", `9:21: telemetry.sample: "2" is not a share between 0 and 1, like 0.01 for one in a hundred`},
	})
	accepts(t, around,
		"log: {level: !!str info, access: \"true\"}",
		"log:",
		"headers:",
		"policies:",
		"log: {\"level\": 'info'}",
	)
}

func TestOneValueIsAListOfOne(t *testing.T) {
	one := mustParse(t, around(`policies: {a: {allow: {group: x}}}`))
	list := mustParse(t, around(`policies: {a: [{allow: [{group: [x]}]}]}`))
	long := mustParse(t, around(`policies: {a: [{action: allow, include: [{group: [x]}]}]}`))
	if diff := cmp.Diff(one.Policies["a"], list.Policies["a"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(one.Policies["a"], long.Policies["a"]); diff != "" {
		t.Error(diff)
	}
}

func TestEveryDefaultDecodes(t *testing.T) {
	c := mustParse(t, head+app)
	want := Config{}
	want.Server.Listen, want.Server.AuthPath = ":8080", "/.auth"
	if c.Server.Listen != ":8080" || c.Server.AuthPath != "/.auth" || c.Server.Admin.Listen != "127.0.0.1:9180" ||
		c.Server.MaxHeaderBytes != 64<<10 || c.Server.ShutdownTimeout.Std().Seconds() != 30 ||
		!reflect.DeepEqual(c.Server.TrustedHeaders, []string{"X-Forwarded-For", "X-Forwarded-Proto"}) {
		t.Errorf("server is %+v", c.Server)
	}
	if s := c.Session; s.Idle.Std().Hours() != 1 || s.Absolute.Std().Hours() != 12 || s.Cookie.Name != "gatehouse" ||
		s.Store != "cookie" || s.RememberMax != 64<<20 {
		t.Errorf("session is %+v", s)
	}
	if p := c.Providers[0]; p.ClientAuth != "auto" || p.PKCE != "required" || p.Claims.Username[0] != "preferred_username" ||
		p.ClockSkew.Std().Seconds() != 60 || len(p.SigningAlgs) != 4 || p.DisplayName != "ping" {
		t.Errorf("provider is %+v", p)
	}
	if r := c.Routes[0]; !r.PreserveHost || r.Unauthenticated != "auto" || r.Timeout.Dial.Std().Seconds() != 5 || r.MaxBody != 0 {
		t.Errorf("route is %+v", r)
	}
	if !c.Log.Access || c.Log.Level != "info" {
		t.Errorf("log is %+v", c.Log)
	}
	for _, block := range referenceChapters {
		for _, f := range fieldsOf(block.block) {
			v := reflect.New(f.kind).Elem()
			if f.hasFallback && v.Kind() != reflect.Slice {
				if err := parseText(v, f.fallback, source{}, nil); err != nil {
					t.Errorf("default of %s.%s: %v", block.title, f.key, err)
				}
			}
		}
	}
}

func TestDefaultsAreForAbsentKeysOnly(t *testing.T) {
	c := mustParse(t, around(`server: {admin: {listen: ""}, trusted_headers: []}`))
	if c.Server.Admin.Listen != "" || len(c.Server.TrustedHeaders) != 0 {
		t.Errorf("server is %+v", c.Server)
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	c := mustParse(t, head+`
policies:
  staff: &staff
    - allow: &who {email_domain: example.com}
  guests: *staff
  other: {deny: *who}
routes:
  - &base
    from: https://a.example.com
    to: http://a
    policy: guests
    strip_prefix: true
  - <<: *base
    from: https://b.example.com
    strip_prefix: false
  - <<: [{max_body: 1}, *base, {max_body: 2}]
    from: https://c.example.com
`)
	r := c.Routes
	if r[1].From.Host != "b.example.com" || r[1].StripPrefix || r[1].To[0].Host != "a" || !r[2].StripPrefix || r[2].MaxBody != 1 {
		t.Errorf("routes are %+v", r)
	}
	if c.Policies["other"][0].Action != "deny" || c.Policies["guests"][0].Include[0].EmailDomain[0] != "example.com" {
		t.Errorf("policies are %+v", c.Policies)
	}
	refuses(t, around, []promise{
		{"log: {<<: info}", `9:11: log: << needs a mapping, usually an alias of one`},
		{"log: &l {<<: *l}", `9:14: log: << leads through too many mappings`},
	})
}

func TestAliasBombsAreBounded(t *testing.T) {
	bomb := "headers: {X-A: {claim: a}}\nsession:\n  keys: &a0 [x]\n"
	bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	_, err := parse(t, bomb+"session: {keys: *a8}\nroutes: *a8\n")
	if err == nil {
		t.Fatal("the bomb loads")
	}
	rule := "{action: allow, include: [" + strings.TrimSuffix(strings.Repeat("{group: &g [a, b, c, d, e, f, g, h]}, ", 1)+strings.Repeat("{group: *g}, ", 200), ", ") + "]}"
	text := "policies:\n  p0: &p [&r " + rule + strings.Repeat(", *r", 40) + "]\n"
	for i := range 10 {
		text += fmt.Sprintf("  q%d: *p\n", i)
	}
	_, err = parse(t, around(text))
	if err == nil || !strings.Contains(err.Error(), "the file holds more than 100000 values") {
		t.Errorf("got %.300v", err)
	}
}
