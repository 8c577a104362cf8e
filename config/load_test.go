package config

import (
	"io/fs"
	"strings"
	"testing"
)

// testKey is a session key for tests.
const testKey = "8f3c0a6e5d1b49728e6f0c3a9b7d5e1f2a4c6b8d0e1f3a5c7b9d2e4f6a8c0b1d"

// variables is the environment of tests.
func variables(name string) string {
	return map[string]string{
		"GATEHOUSE_KEY":      testKey,
		"PING_CLIENT_ID":     "7d1f",
		"PING_CLIENT_SECRET": plantedSecret,
	}[name]
}

// plantedSecret is what no message may hold.
const plantedSecret = "PLANTED~sEcReT~42"

// head is a valid file up to its routes, and app the rest.
const (
	head = `session:
  keys: ["${GATEHOUSE_KEY}"]
providers:
  - name: ping
    type: oidc
    issuer: https://idp.example.com
    client_id: a
    client_secret: b
`
	app = `routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy: public
`
)

func parse(t *testing.T, text string) (*Config, error) {
	t.Helper()
	return LoadOptions{Getenv: variables, ReadFile: readTestFile, ReadDir: readTestDir}.Parse("gatehouse.yaml", []byte(text))
}

// readTestFile reads from testFiles alone.
func readTestFile(name string) ([]byte, error) {
	data, ok := testFiles()[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := parse(t, text)
	if err != nil {
		t.Fatalf("unexpected problems:\n%v\nin:\n%s", err, text)
	}
	return c
}

// smallest is the smallest useful file of the documentation.
const smallest = `session:
  keys: ["${GATEHOUSE_KEY}"]
providers:
  - name: ping
    type: pingone
    environment_id: 3f2504e0-4f89-41d3-9a0c-0305e82c3301
    region: eu
    client_id: "${PING_CLIENT_ID}"
    client_secret: "${PING_CLIENT_SECRET}"
routes:
  - from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy:
      - allow: {email_domain: example.com}
`

func TestSmallestFileLoads(t *testing.T) {
	c := mustParse(t, smallest)
	if got := c.Providers[0].ClientSecret[0].Reveal(); got != plantedSecret {
		t.Errorf("client secret is %q", got)
	}
	if r := c.Routes[0]; r.Name != "https://wiki.example.com" || r.Policy.Rules[0].Action != "allow" ||
		r.Policy.Rules[0].Include[0].EmailDomain[0] != "example.com" {
		t.Errorf("route is %+v", r)
	}
}

// promise is a mistake and the problem that is reported for it.
type promise struct{ text, want string }

// refuses parses each text inside frame, which makes a whole file of it.
func refuses(t *testing.T, frame func(string) string, promises []promise) {
	t.Helper()
	for _, p := range promises {
		_, err := parse(t, frame(p.text))
		got := "no problem"
		if err != nil {
			got = strings.ReplaceAll(err.Error(), "gatehouse.yaml:", "")
		}
		if got != p.want {
			t.Errorf("in\n%s\ngot  %s\nwant %s", p.text, got, p.want)
		}
	}
}

// accepts is the benign twin of refuses.
func accepts(t *testing.T, frame func(string) string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := parse(t, frame(text)); err != nil {
			t.Errorf("in\n%s\nunexpected problem %v", text, err)
		}
	}
}

// around puts text on line 9 of a file that is otherwise in order, with routes
// unless text has its own.
func around(text string) string {
	if !strings.Contains(text, "routes:") {
		text += "\n" + app
	}
	return head + text
}
