package config

import (
	"strings"
	"testing"
)

func TestExpansion(t *testing.T) {
	env := map[string]string{"A": "one", "B": "${A}", "EMPTY": "", "NUMBER": "12"}
	for _, tt := range []struct{ text, want, problem string }{
		{text: "plain $ and $$ stay", want: "plain $ and $$ stay"},
		{text: "${A}", want: "one"},
		{text: "<${A}-${A}>", want: "<one-one>"},
		{text: "${B}", want: "${A}"}, // once
		{text: "${NONE:-two}", want: "two"},
		{text: "${EMPTY:-two}", want: "two"},
		{text: "${A:-two}", want: "one"},
		{text: "${NONE:-}", want: ""},
		{text: "${NONE:-a:-b}", want: "a:-b"},
		{text: "${file:testdata/secret}", want: plantedSecret},
		{text: "${file:testdata/two}", want: "one\ntwo\n"}, // one line break goes
		{text: "$${A} ${A} $$${A}", want: "${A} one $${A}"},
		{text: "${NONE}", problem: "environment variable NONE is not set or empty; export it before starting"},
		{text: "${EMPTY}", problem: "environment variable EMPTY is not set or empty; export it before starting"},
		{text: "${file:testdata/none}", problem: `file "testdata/none" does not exist`},
		{text: "${file:}", problem: "${file:} names no file; write ${file:/path}"},
		{text: "${A", problem: "has a ${ without its }; write $${ for a literal ${"},
		{text: "${}", problem: "has a ${…} that is neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for a literal ${"},
		{text: "${A-B}", problem: "has a ${…} that is neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for a literal ${"},
	} {
		e := &expander{getenv: func(name string) string { return env[name] }, readFile: readTestFile}
		got, err := e.expand(tt.text, "")
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if got.text != tt.want || problem != tt.problem {
			t.Errorf("%s: got %q and problem %q, want %q and %q", tt.text, got.text, problem, tt.want, tt.problem)
		}
	}
}

func TestExpansionsAreTypedAfterwards(t *testing.T) {
	o := LoadOptions{Getenv: func(name string) string {
		return map[string]string{
			"GATEHOUSE_KEY": testKey, "SIZE": "2MiB", "OFF": "false", "FIVE": "5", "WAIT": "7s", "NET": "10.0.0.0/8", "MARKUP": "{a: [b",
		}[name]
	}}
	c, err := o.Parse("gatehouse.yaml", []byte(head+`
log: {access: "${OFF}"}
server: {trusted_proxies: ["${NET}"], shutdown_timeout: "${WAIT}"}
routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    max_body: ${SIZE}
    headers: {X-A: {value: "${MARKUP}"}}
    policy:
      - allow:
          claim:
            path: level
            in:
              - ${FIVE}
              - "${FIVE}"
`))
	if err != nil {
		t.Fatal(err)
	}
	r := c.Routes[0]
	in := r.Policy.Rules[0].Include[0].Claim.In
	if c.Log.Access || r.MaxBody != 2<<20 || c.Server.ShutdownTimeout.Std().Seconds() != 7 ||
		c.Server.TrustedProxies[0].Prefix.String() != "10.0.0.0/8" || r.Headers["X-A"].Value.Reveal() != "{a: [b" {
		t.Errorf("typed wrongly: %+v", c)
	}
	if in[0].Value == in[1].Value || in[1].Value != "5" {
		t.Errorf("scalars are %#v: only the plain one is a number", in)
	}
}

// A variable in the wrong place is how secrets get into logs.
func TestMessagesNameTheExpansionAndNotItsValue(t *testing.T) {
	for text, want := range map[string]string{
		"log: {level: \"${PING_CLIENT_SECRET}\"}":                            `9:14: log.level: unknown level "${PING_CLIENT_SECRET}"; it can be debug, info, warn, error`,
		"log: {level: \"x${NONE:-hunter2}\"}":                                `9:14: log.level: unknown level "${NONE}"; it can be debug, info, warn, error`,
		"server: {listen: \"${file:testdata/secret}\"}":                      `9:18: server.listen: "${file:testdata/secret}" is not an address to listen on; write host:port, :port or unix:/path`,
		"policies: {a: {allow: {email: \"${PING_CLIENT_SECRET}\"}}}":         `9:31: policies.a.allow.email: "${PING_CLIENT_SECRET}" is not an address; for all of a domain use email_domain`,
		"policies: {a: {allow: {email_domain: \"@${PING_CLIENT_SECRET}\"}}}": `9:38: policies.a.allow.email_domain: "${PING_CLIENT_SECRET}" is not a domain like example.com`,
	} {
		refuses(t, around, []promise{{text, want}})
	}
}

func TestPlaceholdersStandInForWhatIsNotAtHand(t *testing.T) {
	text := strings.ReplaceAll(smallest, "region: eu", "region: ${REGION}") + `
server:
  admin: {token: "${file:/none}"}
  tls: {cert: /none/tls.crt, key: /none/tls.key}
  trusted_proxies: ["${NET}"]
  shutdown_timeout: ${WAIT}
headers: {X-Key: {value: "a ${KEY} b"}}
policies:
  a: {allow: [{email: "${WHO}"}, {email_domain: "${WHOSE}"}, {path: "${WHERE}"}]}
`
	text = strings.Replace(text, "routes:\n", "routes:\n  - {from: \"${OTHER}\", to: \"${UPSTREAM}\", policy: public}\n", 1)
	text = strings.Replace(text, "https://wiki.example.com", "https://${HOST}/docs", 1)
	text = strings.Replace(text, "http://10.0.0.5:8080", "${UPSTREAM}", 1)
	none := LoadOptions{Getenv: func(string) string { return "" }, ReadFile: readTestFile, ReadDir: readTestDir}
	if _, err := none.Parse("gatehouse.yaml", []byte(text)); err == nil {
		t.Error("undefined variables are accepted without placeholders")
	}
	none.PlaceholderSecrets = true
	c, err := none.Parse("gatehouse.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if !c.Placeholders() || len(c.Session.KeyBytes()) != 1 || c.Routes[0].From.Host == c.Routes[1].From.Host {
		t.Errorf("placeholders are %+v", c)
	}
	if _, err := none.Parse("gatehouse.yaml", []byte(text+"lgo: ${X-}\n")); err == nil {
		t.Error("placeholders hide other mistakes")
	}
}
