package starter_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/starter"
)

const ping = `{"type":"ping","name":"Ping","config":{"client_id":"c","client_secret":"s3cr3t","ping_env_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301"}}`

// loaded is what a file made of Cloudflare's JSON means.
func loaded(t *testing.T, data string) (*config.Config, *starter.File, string) {
	t.Helper()
	f, err := starter.Cloudflare([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	f.From, f.To = "https://wiki.example.com", "http://10.0.0.5"
	for i := range f.Providers {
		if f.Providers[i].Type == "oidc" {
			f.Providers[i].Issuer = starter.IssuerOf(f.Providers[i].Authorization)
		}
	}
	text := f.Render()
	c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse("gatehouse.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if strings.Contains(text, "s3cr3t") {
		t.Errorf("the file holds the secret:\n%s", text)
	}
	return c, f, text
}

// TestAStrangersTextStaysText: quotes, line breaks and expansions in Cloudflare's
// JSON neither end a value nor begin one.
func TestAStrangersTextStaysText(t *testing.T) {
	for _, hostile := range []string{
		`${HOME}`, `$${HOME}`, `${file:/etc/passwd}`, `a\" b: c`, `a'b`, `a\\b`, `{a: b}`, `[x]`, `# no comment`, `&a *b !c`, `- x`, `~`, `yes`, "\u00e9",
	} {
		data := strings.Replace(ping, `"client_id":"c"`, `"client_id":"`+hostile+`"`, 1)
		c, f, text := loaded(t, data)
		if got := c.Providers[0].ClientID; got != f.Providers[0].ClientID {
			t.Errorf("%s: client_id is %q, want %q\n%s", hostile, got, f.Providers[0].ClientID, text)
		}
	}
	for _, hostile := range []string{`a\nroutes: []`, `a\r- b`, `\u2028x: y`, `\u0085z`, `\u0000`, `\ufeff`} {
		c, _, _ := loaded(t, `[`+strings.Replace(ping, `"name":"Ping"`, `"name":"`+hostile+`"`, 1)+`,{"decision":"allow","name":"`+hostile+`","include":[{"everyone":{}}],"`+hostile+`":1}]`)
		if len(c.Providers) != 1 || len(c.Routes) != 1 || len(c.Policies["first"]) != 1 {
			t.Errorf("%s brought something of its own", hostile)
		}
	}
}

// TestPoliciesKeepOrLoseButNeverWiden what Cloudflare's admit.
func TestPoliciesKeepOrLoseButNeverWiden(t *testing.T) {
	for name, c := range map[string]struct{ policies, want string }{
		"service auth and bypass first": {`{"decision":"allow","name":"a","include":[{"everyone":{}}]},{"decision":"non_identity","name":"b","include":[{"any_valid_service_token":{}}]},{"decision":"bypass","name":"c","include":[{"ip":{"ip":"10.0.0.0/8"}}]}`, "b:service_auth c:bypass a:allow"},
		"by precedence":                 {`{"decision":"deny","name":"a","precedence":2,"include":[{"email":{"email":"x@example.com"}}]},{"decision":"allow","name":"b","precedence":1,"include":[{"email_domain":{"domain":"example.com"}}]}`, "b:allow a:deny"},
		"a lost include narrows":        {`{"decision":"allow","name":"a","include":[{"geo":{}},{"email_domain":{"domain":"example.com"}}]}`, "a:allow"},
		"a lost require takes it away":  {`{"decision":"allow","name":"a","include":[{"everyone":{}}],"require":[{"geo":{}}]}`, "nobody:deny"},
		"a lost exclude takes it away":  {`{"decision":"allow","name":"a","include":[{"everyone":{}}],"exclude":[{"geo":{}}]}`, "nobody:deny"},
		"a lost deny denies everybody":  {`{"decision":"deny","name":"a","include":[{"geo":{}}]}`, "a:deny"},
		"nothing left of include":       {`{"decision":"allow","name":"a","include":[{"geo":{}}]}`, "nobody:deny"},
		"an approval is demanded":       {`{"decision":"allow","name":"a","include":[{"everyone":{}}],"approval_required":true}`, "nobody:deny"},
		"a bypass about people":         {`{"decision":"bypass","name":"a","include":[{"email":{"email":"x@example.com"}}]}`, "nobody:deny"},
		"two selectors in one":          {`{"decision":"allow","name":"a","include":[{"everyone":{},"geo":{}}]}`, "nobody:deny"},
		"an unknown decision":           {`{"decision":"maybe","name":"a","include":[{"everyone":{}}]}`, "nobody:deny"},
		"a claim of the provider":       {`{"decision":"allow","name":"a","include":[{"oidc":{"claim_name":"team","claim_value":"x"}}]}`, "a:allow"},
	} {
		got, f, text := loaded(t, `[`+ping+`,{"policies":[`+c.policies+`]}]`)
		var rules []string
		for _, r := range got.Policies["first"] {
			rules = append(rules, r.Name+":"+r.Action)
		}
		if have := strings.Join(rules, " "); have != c.want {
			t.Errorf("%s: %s, want %s\n%v\n%s", name, have, c.want, f.Notes, text)
		}
	}
}

// TestWhatIsNotUnderstoodIsSaid or refused, and nothing of it panics.
func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	for _, data := range []string{``, `null`, `[]`, `{}`, `"x"`, `[1]`, `{"result":null}`, `{"type":"ping"}`, `{"type":"ping","config":{}}`, `{"type":"oidc","config":{"client_id":"a"}}`,
		`{"type":"onetimepin","config":{}}`, `{"policies":[{"decision":"allow"}]}`, strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20),
		`[` + ping + `,{"policies":[]},{"policies":[]}]`} {
		if _, err := starter.Cloudflare([]byte(data)); err == nil {
			t.Errorf("%s is accepted", data)
		}
	}
	_, f, _ := loaded(t, `{"success":true,"result":[`+strings.Replace(ping, `"client_id"`, `"novel":1,"client_id"`, 1)+`,`+ping+`]}`)
	if !strings.Contains(strings.Join(f.Notes, "\n"), `"novel"`) {
		t.Errorf("the unknown field is not named: %v", f.Notes)
	}
	if f.Providers[0].Name == f.Providers[1].Name {
		t.Error("two providers have one name")
	}
}
